import { Fault } from '../../fault/fault.ts';
import { digest } from '../../login/random.ts';
import { sameSecret } from '../../connect/keyed-hash.ts';
import { accountClient } from '../account/account-client.ts';
import { isUserKey, userOfToken } from '../account/user-token.ts';
import type { Env } from '../env.ts';
import { isForeignScript, isLocalHost } from '../guards.ts';
import type { ApiKey, Settings } from '../settings.ts';
import { principalName } from './principal-name.ts';
import type { KnownPrincipal } from './principal-name.ts';
import { mayBeHere, sessionOf } from './session.ts';

/** Somebody we know, and how they proved it. */
export interface Identity {
  readonly principal: KnownPrincipal;
  /** The same, for a person to read. */
  readonly person: string;
  readonly by: 'key' | 'session' | 'machine';
  /** Id of the key that a user made and sent; null for everything else. */
  readonly keyId: string | null;
}

/**
 * The sender of a request when it is somebody we know: by a key, a session, or by sitting at the
 * machine. A session wins over the last: whoever signed in at a local server wants to be that one.
 * @throws Fault `unauthorized` for a key that is not known
 */
export async function identityOf(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Identity | null> {
  const token = bearer(request);
  if (token !== null) {
    const identity = await identityOfKey(token, env, settings);
    if (identity === null)
      throw new Fault('unauthorized', 'This API key is not known. Copy it anew, or make another.');
    return identity;
  }
  const identity = await identityOfSession(request, env, settings);
  if (identity !== null) return identity;
  const isHere = settings.localOwner && isLocalHost(request, settings);
  if (!isHere || isForeignScript(request, settings)) return null;
  const person = 'you, at this machine';
  return { principal: { kind: 'local' }, person, by: 'machine', keyId: null };
}

/** Who a browser signed in as; null without a session that holds. */
export async function identityOfSession(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Identity | null> {
  const session = await sessionOf(request, env, settings);
  if (session === null) return null;
  const by = { by: 'session', keyId: null } as const;
  if (session.kind === 'key') {
    const { name } = session;
    return { principal: { kind: 'key', name }, person: name, ...by };
  }
  const { id, person } = session;
  return { principal: { kind: 'user', id }, person, ...by };
}

/** Who a key stands for: one of the operator's, or one that a user made; null for any other text. */
export async function identityOfKey(
  token: string,
  env: Env,
  settings: Settings,
): Promise<Identity | null> {
  if (isUserKey(token)) return identityOfUserKey(token, env, settings);
  const key = await keyOf(token, settings);
  if (key === null) return null;
  const { name } = key;
  return { principal: { kind: 'key', name }, person: name, by: 'key', keyId: null };
}

async function identityOfUserKey(
  token: string,
  env: Env,
  settings: Settings,
): Promise<Identity | null> {
  const id = await userOfToken(settings, 'mdo', token);
  if (id === null || !mayBeHere(settings, id)) return null;
  const principal = { kind: 'user', id } as const;
  const found = await accountClient(env, principalName(principal)).useKey(await digest(token));
  return found === null ? null : { principal, person: found.person, by: 'key', keyId: found.id };
}

/** The token of `Authorization: Bearer …`. */
export function bearer(request: Request): string | null {
  const value = request.headers.get('authorization');
  return value === null ? null : (/^Bearer +(\S+) *$/i.exec(value)?.[1] ?? '');
}

/** The API key that a text is. Every key is compared, so that the time says nothing of which one matched. */
export async function keyOf(token: string, settings: Settings): Promise<ApiKey | null> {
  const matches = await Promise.all(settings.apiKeys.map(({ key }) => sameSecret(token, key)));
  return settings.apiKeys.find((_, index) => matches[index]) ?? null;
}
