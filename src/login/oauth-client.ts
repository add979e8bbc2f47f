import { beginFlow, granted, returned, scopesFor } from './code-flow.ts';
import type { LoginParts } from './code-flow.ts';
import { discovery } from './discovery.ts';
import type { Place } from './discovery.ts';
import { keptGrants } from './grants.ts';
import type { Grants } from './grants.ts';
import type { LoginClient, LoginClientOptions } from './login-client.ts';
import type { LoginRecord, LoginTarget, Refusal } from './login.ts';
import { oauthClients } from './registration.ts';
import { revoke } from './revocation.ts';
import { scopesIn } from './scopes.ts';
import { answered, countRefusal, remember } from './step-up.ts';
import { hostOf, unavailable } from './unavailable.ts';
import type { Grant } from './vault-row.ts';
import { openVault, targetKey } from './vault.ts';

const MAX_GRANTS = 200;

/**
 * Makes the login client of one principal.
 * @throws TypeError without a vault key
 * @see spec/tool-servers.md, Login
 */
export function loginClient(options: LoginClientOptions): LoginClient {
  const vault = openVault(options.rows, options.principal, options.vaultKeys);
  const parts: LoginParts = {
    options,
    vault,
    discovery: discovery({ fetch: options.fetch, now: options.now, vault }),
    clients: oauthClients(options, vault),
  };
  const grants = keptGrants(parts);

  const wished = async (target: LoginTarget, signal: AbortSignal) => {
    const place = await parts.discovery.placeOf(target, signal);
    parts.clients.check(place.server);
    // `resource` stands in the address bar of whoever logs in: an operator's key is not theirs.
    if (options.mayShow?.(place.resource.resource) === false) {
      throw unavailable(
        `${hostOf(target.url)} repeats a part of its address that may be a key, which only the operator of this server may know, so nobody can log in there.`,
      );
    }
    const has = sameIssuer(await grants.of(target), place);
    return { place, has, scopes: scopesFor(place, has) };
  };

  return {
    token: async (target, signal) => (await grants.fresh(target, signal))?.access_token ?? null,
    refused: (target, refusal, signal) => refusedToken({ parts, grants }, target, refusal, signal),
    plan: async (target, signal) => {
      const { place, has, scopes } = await wished(target, signal);
      const has_scopes = scopesIn(has?.scope ?? '');
      const { issuer, authorization_endpoint } = place.server;
      const sends_to = new URL(authorization_endpoint).origin;
      return { target, issuer, sends_to, scopes, has_scopes };
    },
    begin: async (target, browser, signal) => {
      const { place, scopes } = await wished(target, signal);
      if ((await vault.isFull('grant', MAX_GRANTS)) && (await grants.of(target)) === null) {
        throw unavailable(`There are ${MAX_GRANTS} logins already. Disconnect one of them first.`);
      }
      return beginFlow(parts, target, { place, scopes, browser }, signal);
    },
    finish: async (parameters, browser, signal) => {
      const answer = await returned(parts, parameters, browser);
      const grant = await granted(parts, answer, signal);
      await grants.keep(grant);
      await parts.clients.proved(grant.issuer, grant.client);
      await answered(vault, grant.target);
      return recordOf(grant);
    },
    list: async () => (await vault.list('grant')).map(({ row }) => recordOf(row)),
    disconnect: (id, signal) => disconnected(parts, id, signal),
  };
}

async function disconnected(parts: LoginParts, id: string, signal: AbortSignal): Promise<boolean> {
  const { vault } = parts;
  const found = (await vault.list('grant')).find(({ row }) => row.id === id);
  if (found === undefined) return false;
  return vault.alone(`refresh ${found.key}`, async () => {
    const grant = await vault.get('grant', found.key);
    if (grant?.id !== id) return false;
    await revoke(parts, grant, signal);
    await vault.delete('grant', found.key);
    await vault.delete('challenge', await targetKey(grant.target));
    return true;
  });
}

async function refusedToken(
  { parts, grants }: { readonly parts: LoginParts; readonly grants: Grants },
  target: LoginTarget,
  refusal: Refusal,
  signal: AbortSignal,
): Promise<string | null> {
  const { discovery: places, vault, options } = parts;
  const grant = await grants.of(target);
  const isGrantRefused = grant !== null && grant.access_token === refusal.token;
  if (grant !== null && !isGrantRefused) {
    // Somebody logged in or refreshed while the refused request was under way.
    const newer = await grants.fresh(target, signal);
    if (newer !== null && newer.access_token !== refusal.token) return newer.access_token;
  }
  places.forget(target.url, grant?.issuer);
  await remember(vault, { target, refusal, grant }, options.now());
  if (grant === null || !isGrantRefused) return null;
  if (refusal.status === 401 && (await isStillOf(parts, grant, signal))) {
    const renewed = await grants.renewed(target, grant.access_token, signal);
    if (renewed !== null) return renewed.access_token;
  }
  await countRefusal(vault, { target, refusal, grant }, options.now());
  return null;
}

/** Whether the server still names the authorization server of a login; unknown counts as yes. */
async function isStillOf(parts: LoginParts, grant: Grant, signal: AbortSignal): Promise<boolean> {
  try {
    return (await parts.discovery.resourceOf(grant.target, signal)).issuer === grant.issuer;
  } catch {
    signal.throwIfAborted();
    return true;
  }
}

/** A login at another authorization server says nothing about this one. */
function sameIssuer(grant: Grant | null, place: Place): Grant | null {
  return grant?.issuer === place.server.issuer ? grant : null;
}

function recordOf(grant: Grant): LoginRecord {
  const { id, target, issuer, scope, created_at, expires_at, refresh_token } = grant;
  return { id, target, issuer, scope, created_at, expires_at, can_refresh: refresh_token !== null };
}
