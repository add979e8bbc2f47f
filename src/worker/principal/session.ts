import { cookieValue, setCookie } from '../../connect/cookies.ts';
import { accountClient } from '../account/account-client.ts';
import type { Env } from '../env.ts';
import { ownOrigin } from '../guards.ts';
import type { ApiKey, Settings } from '../settings.ts';
import { sameSecret } from '../../connect/keyed-hash.ts';
import { markOf, signed, unsigned } from '../../connect/signed.ts';

/** Seconds that a browser stays signed in. */
const SESSION_S = 30 * 86_400;

/** What stands before the id of a user in a session; no name of an API key has a colon. */
const USER = 'user:';

/** As whom a browser is signed in: with an API key of the operator, or as a user. */
export type Session =
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'user'; readonly id: string; readonly person: string };

/**
 * The session of a browser. It carries a mark that is compared with what is true now: of the API key,
 * so that it ends when the key is taken out of `API_KEYS` or replaced by another of the same name; or
 * of the user's account, so that it ends when they sign out everywhere.
 * @returns null without a session that still holds
 */
export async function sessionOf(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Session | null> {
  const text = cookieValue(request, cookieName(request, settings));
  if (text === null) return null;
  const [name = '', mark = ''] = (await unsigned(settings.idKey, 'session', text)) ?? [];
  if (name.startsWith(USER)) return userSession(env, settings, name.slice(USER.length), mark);
  // While a key is replaced, one name may have two.
  const keys = settings.apiKeys.filter((each) => each.name === name);
  const matches = keys.map(async ({ key }) => sameSecret(mark, await markOf(settings.idKey, key)));
  return (await Promise.all(matches)).includes(true) ? { kind: 'key', name } : null;
}

async function userSession(
  env: Env,
  settings: Settings,
  id: string,
  generation: string,
): Promise<Session | null> {
  if (!mayBeHere(settings, id)) return null;
  const person = await accountClient(env, USER + id).session(generation);
  return person === null ? null : { kind: 'user', id, person };
}

/** Whether the operator still lets in who was signed in so. */
export function mayBeHere({ signIn }: Settings, id: string): boolean {
  return (id.startsWith('o') ? signIn.openRouter : signIn.openId) !== null;
}

/** The cookie of a new session with an API key. */
export async function sessionCookie(
  request: Request,
  settings: Settings,
  { name, key }: ApiKey,
): Promise<string> {
  return newCookie(request, settings, [name, await markOf(settings.idKey, key)]);
}

/** The cookie of a new session of a user. */
export function userCookie(
  request: Request,
  settings: Settings,
  { id, generation }: { readonly id: string; readonly generation: string },
): Promise<string> {
  return newCookie(request, settings, [USER + id, generation]);
}

async function newCookie(
  request: Request,
  settings: Settings,
  fields: readonly string[],
): Promise<string> {
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
