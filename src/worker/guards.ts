import { isForeign } from '../connect/foreign-request.ts';
import type { Settings } from './settings.ts';

/**
 * What every request must pass before a route sees it.
 * @see spec/identity.md
 */

/**
 * Whether the request's `Host` is the name of a host at all. The address of a request is made from
 * it, as it came: with `">` there is no address that anything could be read from, and with `a/b` a
 * part of the name would be taken for the path.
 */
export function namesHost(request: Request): boolean {
  return URL.canParse(request.url) && !/[\s/?#@\\]/.test(hostOf(request));
}

/**
 * Whether this server answers for the request's `Host`.
 * A page of another site can make its own name point to 127.0.0.1 (DNS rebinding) and would then
 * be "same origin" with a local server; its `Host` still gives it away.
 */
export function isOurHost(request: Request, settings: Settings): boolean {
  if (settings.localOrigin === null || isLocalHost(request, settings)) return true;
  return isPublicHost(request, settings);
}

/**
 * Whether the request came to a local server under a name of loopback. What comes under the host
 * of `PUBLIC_URL` comes through a tunnel, from anybody: it must not count as the person at the
 * machine.
 */
export function isLocalHost(request: Request, settings: Settings): boolean {
  return localHosts(settings).includes(hostOf(request));
}

/** `host:port` under every name of loopback; none when deployed. */
function localHosts({ localOrigin }: Settings): string[] {
  if (localOrigin === null) return [];
  const { port } = new URL(localOrigin);
  const suffix = port === '' ? '' : `:${port}`;
  return ['localhost', '127.0.0.1', '[::1]'].map((name) => name + suffix);
}

function isPublicHost(request: Request, { publicOrigin }: Settings): boolean {
  return publicOrigin !== null && hostOf(request) === new URL(publicOrigin).host;
}

function hostOf(request: Request): string {
  return (request.headers.get('host') ?? '').toLowerCase();
}

/** The origin that this request sees us under; behind a tunnel its scheme is not the one we see. */
export function ownOrigin(request: Request, settings: Settings): string {
  const own = new URL(request.url).origin;
  const isPublic = settings.localOrigin === null || isPublicHost(request, settings);
  return isPublic ? (settings.publicOrigin ?? own) : own;
}

/** Every origin that is this server, so that its full URLs in a prompt become paths. */
export function ownOrigins(request: Request, settings: Settings): string[] {
  const seen = [new URL(request.url).origin, settings.publicOrigin];
  const local = localHosts(settings).map((host) => `http://${host}`);
  return [...seen, ...local].filter((origin) => origin !== null);
}

/** Whether a page of another origin sent the request. */
export function isCrossSite(request: Request, settings: Settings): boolean {
  // A deployed Worker may have more names than the one it was told.
  const seen = settings.localOrigin === null ? [new URL(request.url).origin] : [];
  return isForeign(request, [ownOrigin(request, settings), ...seen]);
}

/**
 * Whether a script or an element of another site's page sent the request. Only a person who follows
 * a link from there comes as who they are: a page anywhere can read what a local server answers to
 * every site, and would else be given the logins of whoever sits at the machine.
 */
export function isForeignScript(request: Request, settings: Settings): boolean {
  return isCrossSite(request, settings) && request.headers.get('sec-fetch-mode') !== 'navigate';
}

/** Whether the method can change anything. */
export function changesState(request: Request): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(request.method);
}

/**
 * Whether scripts of other origins may read the answer. Without credentials the public reads are
 * public; running a prompt needs a key in the request, and a local server never allows it.
 */
export function allowsCors(request: Request, settings: Settings): boolean {
  const url = new URL(request.url);
  const { pathname } = url;
  if (isTokenPath(pathname)) return true;
  if (!changesState(request)) return !isPersonal(url);
  if (settings.localOrigin !== null) return false;
  return isMcpPath(pathname) || (isOpenPath(pathname) && request.headers.has('authorization'));
}

/**
 * What is somebody's own. On a local server whoever sits at the machine is known without a key, and
 * a page of another site that they look at could read it in their name. The editor's page says under
 * which names the server is reached, which is not every site's to know either.
 */
function isPersonal({ pathname: written, searchParams }: URL): boolean {
  // Routes are found by the path as it is meant: `/%72uns` is `/runs`.
  const pathname = meant(written);
  if (pathname === null) return true;
  const own = /^\/(?:runs|connections|connect|sign-in|account|from|oauth\/authorize)(?:\/|$)/;
  const isEdit = searchParams.has('edit') && /^\/[0-9A-Za-z]{32}$/.test(pathname);
  const isEditor = pathname === '/' || isEdit || /^\/examples\/[^.]+$/.test(pathname);
  return isEditor || own.test(pathname);
}

/** The path with its escapes read; null where one cannot be. */
function meant(pathname: string): string | null {
  try {
    return decodeURI(pathname);
  } catch {
    return null;
  }
}

/** Paths where a key in the request is all that counts: scripts of any site may use them with one. */
export function isOpenPath(pathname: string): boolean {
  return isChatPath(pathname) || ['/', '/runs'].includes(pathname);
}

/**
 * Paths of the authorization server that know nobody by where they sit or by a cookie: who asks
 * shows a code or a token, or only says who a program is. Programs that are pages use them too.
 */
export function isTokenPath(pathname: string): boolean {
  return /^\/oauth\/(?:token|revoke|register)$/.test(pathname);
}

/**
 * The MCP endpoint. A deployed server knows nobody there but by `Authorization`, which no page has
 * without having been given it: a program that is a page is also told where it can get a token.
 */
export function isMcpPath(pathname: string): boolean {
  return /^\/mcp(?:\/|$)/.test(pathname);
}

/** Paths that speak OpenAI's API. */
export function isChatPath(pathname: string): boolean {
  const [, first = '', ...rest] = pathname.split('/');
  if (rest.length === 0) return false;
  return first === 'v1' || /[.:]/.test(first) || rest.join('/') === 'chat/completions';
}
