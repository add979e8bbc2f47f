import { Fault } from '../fault/fault.ts';
import { kept } from './code-flow.ts';
import type { LoginParts } from './code-flow.ts';
import type { LoginTarget } from './login.ts';
import { requestTokens, TokenRefusal } from './token-request.ts';
import type { Grant } from './vault-row.ts';
import { grantKey, targetKey } from './vault.ts';

/** Tokens that are kept, and renewed before they end. @see spec/tool-servers.md TS-40 to TS-43 */
export interface Grants {
  of(target: LoginTarget): Promise<Grant | null>;
  /** The grant with a token that can be sent; null when it ended and cannot be renewed. */
  fresh(target: LoginTarget, signal: AbortSignal): Promise<Grant | null>;
  /** The grant with another token than the one refused, or null. */
  renewed(target: LoginTarget, refused: string, signal: AbortSignal): Promise<Grant | null>;
  /** Keeps a new login, and forgets those of other authorization servers for the same target. */
  keep(grant: Grant): Promise<void>;
}

/** A refresh that was begun is finished: its answer may be the only one that the server gives. */
const REFRESH_MS = 20_000;
const RENEWED_MS = 10_000;

export function keptGrants(parts: LoginParts): Grants {
  const { options, vault } = parts;
  const running = new Map<string, Promise<Grant | null>>();
  const of = async (target: LoginTarget): Promise<Grant | null> => {
    const found = await vault.list('grant', await targetKey(target));
    return found.toSorted((a, b) => b.row.created_at - a.row.created_at)[0]?.row ?? null;
  };

  /** One at a time in all processes, and one for all callers of this one. */
  const shared = async (grant: Grant, refused: string | null, signal: AbortSignal) => {
    const key = await grantKey(grant.target, grant.issuer);
    const name = `${key} ${refused ?? ''}`;
    const begin = (): Promise<Grant | null> =>
      vault
        .alone(`refresh ${key}`, () => refreshed(parts, key, refused))
        .finally(() => running.delete(name));
    const work = running.get(name) ?? begin();
    running.set(name, work);
    return untilAborted(work, signal);
  };

  return {
    of,
    fresh: async (target, signal) => {
      const grant = await of(target);
      if (grant === null) return null;
      if (!isDue(grant, options.now()) && !isOver(grant, options.now())) return grant;
      const next = grant.refresh_token === null ? grant : await shared(grant, null, signal);
      return next === null || isOver(next, options.now()) ? null : next;
    },
    renewed: async (target, refused, signal) => {
      const grant = await of(target);
      if (grant === null) return null;
      if (grant.access_token !== refused) return grant;
      if (grant.refresh_token === null || isNew(grant, options.now())) return null;
      const next = await shared(grant, refused, signal);
      return next?.access_token === refused ? null : next;
    },
    keep: async (grant) => {
      const key = await grantKey(grant.target, grant.issuer);
      await vault.alone(`refresh ${key}`, () => vault.put('grant', key, grant));
      for (const other of await vault.list('grant', await targetKey(grant.target))) {
        if (other.key !== key) await vault.delete('grant', other.key);
      }
    },
  };
}

/**
 * Refreshes what is due, or what was refused, unless somebody else just did.
 * @throws Fault when it may work later and there is no token to use until then
 */
async function refreshed(
  parts: LoginParts,
  key: string,
  refused: string | null,
): Promise<Grant | null> {
  const { options, vault } = parts;
  const grant = await vault.get('grant', key);
  if (grant === null || grant.refresh_token === null) return grant;
  if (refused === null ? !isDue(grant, options.now()) : grant.access_token !== refused)
    return grant;
  try {
    const renewed_at = refused === null ? null : options.now();
    const next = { ...(await traded(parts, grant, grant.refresh_token)), renewed_at };
    // Kept before it is used: should this process end now, the old refresh token is worth nothing.
    await vault.put('grant', key, next);
    return next;
  } catch (error) {
    if (error instanceof TokenRefusal) return ended(parts, grant, { key, code: error.code });
    if (refused === null && !isOver(grant, options.now()) && error instanceof Fault) return grant;
    throw error;
  }
}

/** Words after which a login is over. Other refusals are about the request, not the login. */
const OVER = /^(?:invalid_grant|invalid_client|unauthorized_client)$/;

async function ended(
  { vault, clients, options }: LoginParts,
  grant: Grant,
  { key, code }: { readonly key: string; readonly code: string },
): Promise<Grant | null> {
  if (code === 'invalid_client') await clients.forget(grant.issuer, grant.client);
  if (OVER.test(code)) {
    await vault.delete('grant', key);
    return null;
  }
  const rest = { ...grant, refresh_token: null, refresh_at: null };
  await vault.put('grant', key, rest);
  return isOver(rest, options.now()) ? null : rest;
}

async function traded(parts: LoginParts, grant: Grant, refresh_token: string): Promise<Grant> {
  const { options, discovery, clients } = parts;
  const signal = AbortSignal.timeout(REFRESH_MS);
  const server = await discovery.serverOf(grant.issuer, signal);
  const form = { grant_type: 'refresh_token', refresh_token, resource: grant.resource };
  const client = clients.current(grant.issuer, grant.client);
  const asking = { fetch: options.fetch, signal };
  const tokens = await requestTokens(server.token_endpoint, form, client, asking);
  const rotated = tokens.refresh_token ?? refresh_token;
  return { ...grant, ...kept(tokens, grant.scope, options.now()), refresh_token: rotated };
}

function isDue({ refresh_at }: Grant, now: number): boolean {
  return refresh_at !== null && refresh_at <= now;
}

/** Whether a token was made because the one before was refused, so that another would not help. */
function isNew({ renewed_at }: Grant, now: number): boolean {
  return renewed_at !== null && now < renewed_at + RENEWED_MS;
}

function isOver({ expires_at }: Grant, now: number): boolean {
  return expires_at !== null && expires_at <= now;
}

/** Stops waiting, not the work. */
function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      const reason: unknown = signal.reason;
      reject(reason instanceof Error ? reason : new DOMException('Aborted', 'AbortError'));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
