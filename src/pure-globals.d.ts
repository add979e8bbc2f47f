// The only web globals that the pure folders may use; everything else is a compile error there.
declare class URL {
  constructor(url: string, base?: string | URL);
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
  static canParse(url: string, base?: string): boolean;
}
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
