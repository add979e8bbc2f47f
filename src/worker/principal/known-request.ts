import { principalClient } from './principal-client.ts';
import type { PrincipalClient } from './principal-client.ts';
import type { Env } from '../env.ts';
import { ownOrigin } from '../guards.ts';
import { knownPrincipal, principalName } from './principal.ts';
import { sessionKey } from './session.ts';
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
  /** What belongs to them. */
  readonly own: PrincipalClient;
}

/** The request with its sender, or null when it is nobody we know. */
export async function knownRequest(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<KnownRequest | null> {
  const known = await knownPrincipal(request, settings);
  if (known === null) return null;
  const principal = principalName(known);
  const origin = ownOrigin(request, settings);
  return {
    env,
    settings,
    request,
    origin,
    principal,
    person: known.kind === 'key' ? known.name : 'you, at this machine',
    hasSession: (await sessionKey(request, settings)) !== null,
    own: principalClient(env, { principal, origin }),
  };
}
