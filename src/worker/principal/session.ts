import { cookieValue, setCookie } from '../../connect/cookies.ts';
import { ownOrigin } from '../guards.ts';
import type { ApiKey, Settings } from '../settings.ts';
import { sameSecret } from '../../connect/keyed-hash.ts';
import { markOf, signed, unsigned } from '../../connect/signed.ts';

/** Seconds that a browser stays signed in. */
const SESSION_S = 30 * 86_400;

/**
 * The API key that a browser signed in with. The session carries a mark of the key, so that it
 * ends when the key is taken out of `API_KEYS` or replaced by another of the same name.
 * @returns the name of the key, or null without a session that still holds
 */
export async function sessionKey(request: Request, settings: Settings): Promise<string | null> {
  const text = cookieValue(request, cookieName(request, settings));
  if (text === null) return null;
  const [name = '', mark = ''] = (await unsigned(settings.idKey, 'session', text)) ?? [];
  // While a key is replaced, one name may have two.
  const keys = settings.apiKeys.filter((each) => each.name === name);
  const matches = keys.map(async ({ key }) => sameSecret(mark, await markOf(settings.idKey, key)));
  return (await Promise.all(matches)).includes(true) ? name : null;
}

/** The cookie of a new session. */
export async function sessionCookie(
  request: Request,
  settings: Settings,
  { name, key }: ApiKey,
): Promise<string> {
  const fields = [name, await markOf(settings.idKey, key)];
  const until = Date.now() + SESSION_S * 1000;
  const value = await signed(settings.idKey, 'session', { fields, until });
  return cookie(request, settings, value, SESSION_S);
}

/** Takes the session from the browser. */
export function endedSession(request: Request, settings: Settings): string {
  return cookie(request, settings, '', 0);
}

function cookie(request: Request, settings: Settings, value: string, seconds: number): string {
  const name = cookieName(request, settings);
  const secure = isHttps(request, settings);
  // Lax: a login comes back from another site and must still find who it is for.
  return setCookie({ name, value, path: '/', sameSite: 'Lax', secure, seconds });
}

/** With `__Host-` a browser takes it from this host alone, and not from a neighbour's subdomain. */
function cookieName(request: Request, settings: Settings): string {
  return isHttps(request, settings) ? '__Host-session' : 'session';
}

/** Whether the browser sees us under https. */
export function isHttps(request: Request, settings: Settings): boolean {
  return ownOrigin(request, settings).startsWith('https:');
}
