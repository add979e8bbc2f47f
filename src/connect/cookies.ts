/** A cookie to set; without `seconds` it ends with the browser, with 0 it is removed. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly sameSite: 'Strict' | 'Lax';
  /** Whether it is for https alone. */
  readonly secure: boolean;
  readonly seconds?: number;
}

/** A `Set-Cookie` header. No script can read any cookie of ours. */
export function setCookie({ name, value, path, sameSite, secure, seconds }: Cookie): string {
  const age = seconds === undefined ? '' : `; Max-Age=${seconds}`;
  return `${name}=${value}; Path=${path}; HttpOnly; SameSite=${sameSite}${age}${secure ? '; Secure' : ''}`;
}

/** The value of a cookie of the request. */
export function cookieValue(request: Request, name: string): string | null {
  const pairs = (request.headers.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}
