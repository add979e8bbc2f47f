import { Fault } from '../../fault/fault.ts';
import { cookieValue } from '../../connect/cookies.ts';
import { sameSecret } from '../../connect/keyed-hash.ts';
import type { Env } from '../env.ts';
import { ownerToken } from '../run/run-id.ts';
import type { Settings } from '../settings.ts';
import { bearer, identityOf, identityOfKey, identityOfSession } from './identity.ts';
import { principalName } from './principal-name.ts';
import type { KnownPrincipal, Principal } from './principal-name.ts';

export { principalName } from './principal-name.ts';
export type { KnownPrincipal, Principal } from './principal-name.ts';

/**
 * Who may run a prompt with this request.
 * @throws Fault `unauthorized` for a key that is not known, and without a key where only known
 *   callers run prompts
 */
export async function runner(request: Request, env: Env, settings: Settings): Promise<Principal> {
  const known = await knownPrincipal(request, env, settings);
  if (known !== null) return known;
  if (settings.publicRuns) return { kind: 'anonymous' };
  throw new Fault('unauthorized');
}

/**
 * The sender of a request when it is somebody we know; see {@link identityOf}.
 * @throws Fault `unauthorized` for a key that is not known
 */
export async function knownPrincipal(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<KnownPrincipal | null> {
  return (await identityOf(request, env, settings))?.principal ?? null;
}

/** What a request proves about its sender and one run. */
export interface Proof {
  /** It carries the run's owner token, as a bearer or in the cookie. */
  readonly holdsToken: boolean;
  /** Whom it shows by a key or a session; the run knows whether they made it. */
  readonly principal: string | null;
  /** Which program acts for them, by its client id; absent for themselves. */
  readonly program?: string;
}

/** Nothing is proven. */
export const NO_PROOF: Proof = { holdsToken: false, principal: null };

/** The cookie that a form's reply sets; its paths are the run's, so one name serves all runs. */
export const OWNER_COOKIE = 'run_owner';

/** Reads the proof of ownership from a request about run `id`. */
export async function proofOf(
  request: Request,
  env: Env,
  settings: Settings,
  id: string,
): Promise<Proof> {
  const token = bearer(request);
  const cookie = cookieValue(request, OWNER_COOKIE);
  const session = token === null ? await identityOfSession(request, env, settings) : null;
  if (token === null && cookie === null && session === null) return NO_PROOF;
  const expected = await ownerToken(settings.idKey, id);
  const matches = async (given: string | null) =>
    given !== null && (await sameSecret(given, expected));
  const holdsToken = (await matches(token)) || (await matches(cookie));
  const identity = token === null ? session : await identityOfKey(token, env, settings);
  return { holdsToken, principal: identity === null ? null : principalName(identity.principal) };
}
