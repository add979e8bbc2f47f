import { isObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import { CannotCall } from './cannot-call.ts';
import { listAt, plainObject } from './pointer.ts';

/** Where operations are called. */
export interface BaseAddress {
  /** Origin and path, without a slash at the end. */
  readonly url: string;
  readonly origin: string;
  /** Whether it is the origin of the document, the only one that is sent headers and logins. */
  readonly isOwn: boolean;
}

/** Entries of `servers` that are looked at. */
const MAX_SERVERS = 32;

/**
 * The address under which an operation is called: the first of `servers` at the origin of the
 * document, else the first on https whose host is above or below the document's in the same name.
 * A document must not send a run anywhere else: the person named this server, and a public document
 * could otherwise reach what only this machine may reach.
 * @param levels `servers` of the operation, its path and the document; the first that is there counts
 * @throws CannotCall when there is none
 * @see spec/tool-servers.md TS-86, spec/decisions/0008-openapi-servers.md
 */
export function baseAddress(levels: readonly (Json | undefined)[], document: URL): BaseAddress {
  const given = levels.map(listAt).find((list) => list.length > 0) ?? [{ url: '/' }];
  const urls = given.slice(0, MAX_SERVERS).flatMap((server) => addressOf(server, document));
  const own = urls.find(({ origin }) => origin === document.origin);
  const found = own ?? urls.find((url) => isRelated(url, document));
  if (found !== undefined) return baseAt(found, document);
  const [first] = urls;
  const where = first === undefined ? 'an address that cannot be read' : first.host;
  throw new CannotCall(
    `it is at ${where.slice(0, 256)}, and only the server of the document is called`,
    true,
  );
}

function baseAt(url: URL, document: URL): BaseAddress {
  const { origin } = url;
  return {
    url: origin + url.pathname.replace(/\/$/, ''),
    origin,
    isOwn: origin === document.origin,
  };
}

function addressOf(server: Json, document: URL): URL[] {
  const written = plainObject(server)['url'];
  if (typeof written !== 'string' || written.length > 2048) return [];
  const text = withDefaults(written, plainObject(plainObject(server)['variables']));
  // An empty address means the root, not the document itself.
  if (text.length > 2048 || !URL.canParse(text === '' ? '/' : text, document.href)) return [];
  const url = new URL(text === '' ? '/' : text, document);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  return isWeb && url.username === '' && url.password === '' ? [url] : [];
}

function withDefaults(text: string, variables: JsonObject): string {
  return text.replaceAll(/\{([^{}]{1,128})\}/g, (_placeholder, name: string) => {
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
    const value = isObject(variable) ? variable['default'] : undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  });
}

/** `api.example.com` and `example.com`, both over https at the usual port. */
function isRelated(url: URL, document: URL): boolean {
  const areSafe = [url, document].every(
    ({ protocol, port }) => protocol === 'https:' && port === '',
  );
  const isBelow = url.hostname.endsWith(`.${document.hostname}`);
  const isAbove = document.hostname.endsWith(`.${url.hostname}`) && url.hostname.includes('.');
  return areSafe && (isBelow || isAbove);
}
