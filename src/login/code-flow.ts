import { Fault } from '../fault/fault.ts';
import type { Clients } from './registration.ts';
import type { Discovery, Place } from './discovery.ts';
import type { LoginClientOptions } from './login-client.ts';
import type { LoginTarget } from './login.ts';
import { digest, randomName } from './random.ts';
import { scopesIn, union } from './scopes.ts';
import { requestTokens, TokenRefusal } from './token-request.ts';
import type { Tokens } from './token-request.ts';
import { hostOf, unavailable } from './unavailable.ts';
import type { Flow, Grant } from './vault-row.ts';
import type { Vault } from './vault.ts';

/** The parts of a login client. */
export interface LoginParts {
  readonly options: LoginClientOptions;
  readonly vault: Vault;
  readonly discovery: Discovery;
  readonly clients: Clients;
}

const FLOW_MS = 600_000;
const MAX_FLOWS = 20;

/**
 * Starts the code flow: everything the answer will be checked against is kept under the digest of
 * a random state, sealed.
 * @see spec/tool-servers.md TS-36, RFC 6749 section 4.1.1, RFC 7636, RFC 8707
 */
export async function beginFlow(
  { options, vault, clients }: LoginParts,
  target: LoginTarget,
  wish: { readonly place: Place; readonly scopes: readonly string[]; readonly browser: string },
  signal: AbortSignal,
): Promise<{ readonly url: string; readonly state: string }> {
  const { server, resource } = wish.place;
  const client = await clients.clientAt(server, { fetch: options.fetch, signal });
  const state = randomName();
  const verifier = randomName();
  const flow: Flow = {
    target,
    browser: await digest(wish.browser),
    issuer: server.issuer,
    is_iss_sent: server.is_iss_sent,
    resource: resource.resource,
    token_endpoint: server.token_endpoint,
    client,
    verifier,
    redirect_uri: options.redirectUri,
    requested: wish.scopes.join(' '),
    created_at: options.now(),
  };
  await makeRoom(vault, options.now());
  await vault.put('flow', await digest(state), flow);
  const url = new URL(server.authorization_endpoint);
  const parameters: Record<string, string> = {
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: flow.redirect_uri,
    state,
    code_challenge: await digest(verifier),
    code_challenge_method: 'S256',
    resource: flow.resource,
    ...(flow.requested === '' ? {} : { scope: flow.requested }),
    // OpenID servers give offline access only to somebody who was asked for it.
    ...(wish.scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url: url.href, state };
}

/** What a browser brought back. @see RFC 6749 section 4.1.2 */
interface Returned {
  readonly flow: Flow;
  readonly code: string;
}

/**
 * Checks what the browser brought back, in the order that matters: the state, which ends here
 * whatever comes next; the browser; the issuer, before the code is sent to anybody; the answer.
 * @throws Fault `login_invalid`, `login_denied`
 * @see spec/tool-servers.md TS-38
 */
export async function returned(
  { options, vault, clients }: LoginParts,
  parameters: URLSearchParams,
  browser: string,
): Promise<Returned> {
  const flow = await taken(vault, single(parameters, 'state') ?? '');
  const isOver = flow === null || flow.created_at + FLOW_MS <= options.now();
  if (isOver || flow.browser !== (await digest(browser))) throw new Fault('login_invalid');
  const host = hostOf(flow.issuer);
  const issuers = parameters.getAll('iss');
  // Mix-up: another authorization server must not get a code that was meant for this one.
  const isMissing = issuers.length === 0 && flow.is_iss_sent;
  if (isMissing || issuers.some((issuer) => issuer !== flow.issuer)) {
    throw new Fault('login_denied', `The answer does not come from ${host}, so it is not used.`);
  }
  const error = single(parameters, 'error');
  if (error !== null) {
    if (/^(?:invalid|unauthorized)_client$/.test(error))
      await clients.forget(flow.issuer, flow.client);
    throw new Fault('login_denied', denial(host, error));
  }
  const code = single(parameters, 'code');
  if (code === null) throw new Fault('login_invalid', `${host} sent no code. Open the link again.`);
  return { flow, code };
}

/**
 * Trades the code for tokens.
 * @throws Fault `login_denied`, `login_unavailable`
 */
export async function granted(
  { options, clients }: LoginParts,
  { flow, code }: Returned,
  signal: AbortSignal,
): Promise<Grant> {
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: flow.verifier,
    redirect_uri: flow.redirect_uri,
    resource: flow.resource,
  };
  const client = clients.current(flow.issuer, flow.client);
  const asking = { fetch: options.fetch, signal };
  const tokens = await requestTokens(flow.token_endpoint, form, client, asking).catch(
    async (error: unknown) => {
      if (!(error instanceof TokenRefusal)) throw error;
      if (error.code !== 'invalid_client') {
        throw new Fault('login_denied', denial(hostOf(flow.issuer), error.code));
      }
      await clients.forget(flow.issuer, flow.client);
      throw unavailable(`${hostOf(flow.issuer)} does not know this client. Open the link again.`);
    },
  );
  const now = options.now();
  return {
    id: randomName(),
    target: flow.target,
    issuer: flow.issuer,
    resource: flow.resource,
    client: flow.client,
    requested: flow.requested,
    created_at: now,
    ...kept(tokens, flow.requested, now),
    refresh_token: tokens.refresh_token,
    renewed_at: null,
  };
}

/** What of a token answer goes into a grant. */
export function kept(
  tokens: Tokens,
  asked: string,
  now: number,
): Pick<Grant, 'access_token' | 'scope' | 'expires_at' | 'refresh_at'> {
  const lifetime = tokens.expires_in === null ? null : tokens.expires_in * 1000;
  return {
    access_token: tokens.access_token,
    // Not said means: as asked for (RFC 6749 section 5.1).
    scope: tokens.scope ?? asked,
    expires_at: lifetime === null ? null : now + lifetime,
    // A token of less than two minutes would else be refreshed by every call.
    refresh_at: lifetime === null ? null : now + lifetime - Math.min(60_000, lifetime / 2),
  };
}

/**
 * The scopes to ask for: those of the challenge, else those that the server lists, else none. A
 * widened login also asks for what it had.
 * @see MCP 2025-11-25, Authorization, Scope Selection Strategy
 */
export function scopesFor(place: Place, has: Grant | null): readonly string[] {
  const { challenged, resource, server } = place;
  const wanted = challenged ?? resource.scopes.join(' ');
  const before = place.is_widening && has !== null ? `${has.requested} ${has.scope}` : '';
  const scopes = scopesIn(union(before, wanted));
  const isOffline = server.scopes.includes('offline_access') && scopes.length > 0;
  return isOffline ? scopesIn(union(...scopes, 'offline_access')) : scopes;
}

/** The flow of a state, which from now on nobody can use again. */
function taken(vault: Vault, state: string): Promise<Flow | null> {
  return digest(state).then((key) =>
    vault.alone(`flow ${key}`, async () => {
      const flow = await vault.get('flow', key);
      if (flow !== null) await vault.delete('flow', key);
      return flow;
    }),
  );
}

/** Those that are over, and the oldest, make room. */
async function makeRoom(vault: Vault, now: number): Promise<void> {
  await vault.makeRoom('flow', MAX_FLOWS, (flow) => flow.created_at);
  for (const { key, row } of await vault.list('flow')) {
    if (row.created_at + FLOW_MS <= now) await vault.delete('flow', key);
  }
}

/** A parameter that came once; twice is as good as never, because two readers could differ. */
function single(parameters: URLSearchParams, name: string): string | null {
  const [value, ...more] = parameters.getAll(name);
  return value === undefined || more.length > 0 ? null : value;
}

/** Only the code of the table in RFC 6749 is repeated: the description is a stranger's text. */
function denial(host: string, error: string): string {
  if (error === 'access_denied') return `The login at ${host} was declined.`;
  return /^[a-z_]{1,40}$/.test(error)
    ? `${host} refused the login: ${error}.`
    : `${host} refused the login.`;
}
