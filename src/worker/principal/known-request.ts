import { Fault } from '../../fault/fault.ts';
import { principalClient } from './principal-client.ts';
import type { PrincipalClient } from './principal-client.ts';
import type { Env } from '../env.ts';
import { ownOrigin } from '../guards.ts';
import { identityOf } from './identity.ts';
import { principalName } from './principal-name.ts';
import { sessionOf } from './session.ts';
import type { Settings } from '../settings.ts';

/** A request of somebody we know, who acts for themselves alone. */
export interface KnownRequest {
  readonly env: Env;
  readonly settings: Settings;
  readonly request: Request;
  /** Origin under which the browser sees us. */
  readonly origin: string;
  /** As `principalName` says it. */
  readonly principal: string;
  /** The same, for a person to read. */
  readonly person: string;
  /** Whether a browser signed in. */
  readonly hasSession: boolean;
  /** Id of the key that a user made and sent; null for everything else. */
  readonly keyId: string | null;
  /** What belongs to them. */
  readonly own: PrincipalClient;
}

/** The request with its sender, or null when it is nobody we know. */
export async function knownRequest(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<KnownRequest | null> {
  const known = await identityOf(request, env, settings);
  if (known === null) return null;
  const principal = principalName(known.principal);
  const origin = ownOrigin(request, settings);
  return {
    env,
    settings,
    request,
    origin,
    principal,
    person: known.person,
    hasSession: known.by === 'session' || (await sessionOf(request, env, settings)) !== null,
    keyId: known.keyId,
    own: principalClient(env, { principal, origin }),
  };
}

/**
 * What a key that a user made may not do itself, so that one that is lost can be ended for good.
 * @throws Fault `unauthorized`
 */
export function checkSession({ keyId }: Pick<KnownRequest, 'keyId'>): void {
  if (keyId === null) return;
  throw new Fault('unauthorized', 'Sign in with a browser for this; an API key may not do it.');
}
