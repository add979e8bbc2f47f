import { Fault } from '../../fault/fault.ts';
import { isForeignScript, isLocalHost } from '../guards.ts';
import { cookieValue } from '../../connect/cookies.ts';
import { sameSecret } from '../../connect/keyed-hash.ts';
import { ownerToken } from '../run/run-id.ts';
import { sessionKey } from './session.ts';
import type { ApiKey, Settings } from '../settings.ts';

/**
 * Who asks. Never taken from a field of the request that anybody could fill in: the local owner
 * is a binding that the launcher sets and counts under a name of loopback alone, an API key proves
 * its name, and so does a browser that signed in with it.
 * @see spec/identity.md
 */
export type Principal =
  | { readonly kind: 'local' }
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'anonymous' };

/** The name under which a run remembers who made it; null for nobody. */
export function principalName(principal: Exclude<Principal, { kind: 'anonymous' }>): string;
export function principalName(principal: Principal): string | null;
export function principalName(principal: Principal): string | null {
  switch (principal.kind) {
    case 'local':
      return 'local';
    case 'key':
      return `key:${principal.name}`;
    case 'anonymous':
      return null;
  }
}

/**
 * The principal of a name that {@link principalName} gave.
 * @throws TypeError for any other text
 */
export function namedPrincipal(name: string): Exclude<Principal, { kind: 'anonymous' }> {
  if (name === 'local') return { kind: 'local' };
  if (name.startsWith('key:')) return { kind: 'key', name: name.slice(4) };
  throw new TypeError(`There is no principal of the name ${name}.`);
}

/**
 * Who may run a prompt with this request.
 * @throws Fault `unauthorized` for a key that is not known, and without a key where only known
 *   callers run prompts
 */
export async function runner(request: Request, settings: Settings): Promise<Principal> {
  const known = await knownPrincipal(request, settings);
  if (known !== null) return known;
  if (settings.publicRuns) return { kind: 'anonymous' };
  throw new Fault('unauthorized');
}

/**
 * The sender of a request when it is somebody we know: by a key, a session, or by sitting at the
 * machine. A session wins over the last: whoever signed in at a local server wants to be that one.
 * @throws Fault `unauthorized` for a key that is not known
 */
export async function knownPrincipal(
  request: Request,
  settings: Settings,
): Promise<Exclude<Principal, { kind: 'anonymous' }> | null> {
  const token = bearer(request);
  if (token !== null) {
    const key = await keyOf(token, settings);
    if (key === null) throw new Fault('unauthorized', 'This API key is not known.');
    return { kind: 'key', name: key.name };
  }
  const name = await sessionKey(request, settings);
  if (name !== null) return { kind: 'key', name };
  const isHere = settings.localOwner && isLocalHost(request, settings);
  return isHere && !isForeignScript(request, settings) ? { kind: 'local' } : null;
}

/** What a request proves about its sender and one run. */
export interface Proof {
  /** It carries the run's owner token, as a bearer or in the cookie. */
  readonly holdsToken: boolean;
  /** The API key it carries or signed in with; the run knows whether that key made it. */
  readonly principal: string | null;
}

/** Nothing is proven. */
export const NO_PROOF: Proof = { holdsToken: false, principal: null };

/** The cookie that a form's reply sets; its paths are the run's, so one name serves all runs. */
export const OWNER_COOKIE = 'run_owner';

/** Reads the proof of ownership from a request about run `id`. */
export async function proofOf(request: Request, settings: Settings, id: string): Promise<Proof> {
  const token = bearer(request);
  const cookie = cookieValue(request, OWNER_COOKIE);
  const session = token === null ? await sessionKey(request, settings) : null;
  if (token === null && cookie === null && session === null) return NO_PROOF;
  const expected = await ownerToken(settings.idKey, id);
  const matches = async (given: string | null) =>
    given !== null && (await sameSecret(given, expected));
  const holdsToken = (await matches(token)) || (await matches(cookie));
  const name = token === null ? session : (await keyOf(token, settings))?.name;
  return { holdsToken, principal: typeof name === 'string' ? `key:${name}` : null };
}

/** The token of `Authorization: Bearer …`. */
function bearer(request: Request): string | null {
  const value = request.headers.get('authorization');
  return value === null ? null : (/^Bearer +(\S+) *$/i.exec(value)?.[1] ?? '');
}

/** The API key that a text is. Every key is compared, so that the time says nothing of which one matched. */
export async function keyOf(token: string, settings: Settings): Promise<ApiKey | null> {
  const matches = await Promise.all(settings.apiKeys.map(({ key }) => sameSecret(token, key)));
  return settings.apiKeys.find((_, index) => matches[index]) ?? null;
}
