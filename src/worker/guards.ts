import type { Settings } from './settings.ts';

/**
 * What every request must pass before a route sees it.
 * @see spec/identity.md
 */

/**
 * Whether this server answers for the request's `Host`.
 * A page of another site can make its own name point to 127.0.0.1 (DNS rebinding) and would then
 * be "same origin" with a local server; its `Host` still gives it away.
 */
export function isOurHost(request: Request, settings: Settings): boolean {
  if (settings.localOrigin === null || isLocalHost(request, settings)) return true;
  return settings.publicOrigin !== null && hostOf(request) === new URL(settings.publicOrigin).host;
}

/**
 * Whether the request came to a local server under a name of loopback. What comes under the host
 * of `PUBLIC_URL` comes through a tunnel, from anybody: it must not count as the person at the
 * machine.
 */
export function isLocalHost(request: Request, { localOrigin }: Settings): boolean {
  if (localOrigin === null) return false;
  const { port } = new URL(localOrigin);
  const suffix = port === '' ? '' : `:${port}`;
  const host = hostOf(request);
  return ['localhost', '127.0.0.1', '[::1]'].some((name) => name + suffix === host);
}

function hostOf(request: Request): string {
  return (request.headers.get('host') ?? '').toLowerCase();
}

/** The origin that this request sees us under. */
export function ownOrigin(request: Request, settings: Settings): string {
  const own = new URL(request.url).origin;
  return settings.localOrigin === null ? (settings.publicOrigin ?? own) : own;
}

/**
 * Whether a page of another origin sent the request. A form or a no-cors `fetch` reaches us with
 * the cookies and the network place of whoever looks at that page. Another port of the same host
 * is "same-site" and just as foreign. Without the header, `Origin` decides; without both, no
 * browser sent it.
 */
export function isCrossSite(request: Request, settings: Settings): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) return site !== 'same-origin' && site !== 'none';
  const origin = request.headers.get('origin');
  if (origin === null) return false;
  return origin !== new URL(request.url).origin && origin !== settings.publicOrigin;
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
  if (!changesState(request)) return true;
  const runs = ['/', '/runs'].includes(new URL(request.url).pathname);
  return runs && settings.localOrigin === null && request.headers.has('authorization');
}
