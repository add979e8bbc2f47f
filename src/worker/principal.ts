import { Fault } from '../fault/fault.ts';
import { isLocalHost } from './guards.ts';
import { ownerToken, sameSecret } from './run-id.ts';
import type { Settings } from './settings.ts';

/**
 * Who asks. Never taken from a field of the request that anybody could fill in: the local owner
 * is a binding that the launcher sets and counts under a name of loopback alone, an API key proves
 * its name.
 * @see spec/identity.md
 */
export type Principal =
  | { readonly kind: 'local' }
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'anonymous' };

/** The name under which a run remembers who made it; null for nobody. */
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
 * Who may run a prompt with this request.
 * @throws Fault `unauthorized` for a key that is not known, and without a key where only known
 *   callers run prompts
 */
export async function runner(request: Request, settings: Settings): Promise<Principal> {
  const token = bearer(request);
  if (token !== null) {
    const name = await keyName(token, settings);
    if (name === null) throw new Fault('unauthorized', 'This API key is not known.');
    return { kind: 'key', name };
  }
  if (settings.localOwner && isLocalHost(request, settings)) return { kind: 'local' };
  if (settings.publicRuns) return { kind: 'anonymous' };
  throw new Fault('unauthorized');
}

/** What a request proves about its sender and one run. */
export interface Proof {
  /** It carries the run's owner token, as a bearer or in the cookie. */
  readonly holdsToken: boolean;
  /** Name of the API key it carries; the run knows whether that key made it. */
  readonly principal: string | null;
}

/** Nothing is proven. */
export const NO_PROOF: Proof = { holdsToken: false, principal: null };

/** The cookie that a form's reply sets; its path is the run's, so one name serves all runs. */
export const OWNER_COOKIE = 'run_owner';

/** Reads the proof of ownership from a request about run `id`. */
export async function proofOf(request: Request, settings: Settings, id: string): Promise<Proof> {
  const token = bearer(request);
  const cookie = cookieValue(request, OWNER_COOKIE);
  if (token === null && cookie === null) return NO_PROOF;
  const expected = await ownerToken(settings.idKey, id);
  const matches = async (given: string | null) =>
    given !== null && (await sameSecret(given, expected));
  const holdsToken = (await matches(token)) || (await matches(cookie));
  const name = token === null ? null : await keyName(token, settings);
  return { holdsToken, principal: name === null ? null : `key:${name}` };
}

/** The token of `Authorization: Bearer …`. */
function bearer(request: Request): string | null {
  const value = request.headers.get('authorization');
  return value === null ? null : (/^Bearer +(\S+) *$/i.exec(value)?.[1] ?? '');
}

/** Every key is compared, so that the time says nothing of which one matched. */
async function keyName(token: string, settings: Settings): Promise<string | null> {
  const matches = await Promise.all(settings.apiKeys.map(({ key }) => sameSecret(token, key)));
  return settings.apiKeys.find((_, index) => matches[index])?.name ?? null;
}

function cookieValue(request: Request, name: string): string | null {
  const pairs = (request.headers.get('cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}
