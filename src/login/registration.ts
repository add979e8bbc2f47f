import type { AuthorizationServer } from './authorization-server.ts';
import { postJson } from './exchange.ts';
import type { Answer, Asking } from './exchange.ts';
import type { LoginClientOptions } from './login-client.ts';
import { isLoopback } from './stranger-url.ts';
import { hostOf, unavailable } from './unavailable.ts';
import type { OAuthClient, Registration } from './vault-row.ts';
import type { Vault } from './vault.ts';

type Method = OAuthClient['method'];

const METHODS: readonly Method[] = ['none', 'client_secret_post', 'client_secret_basic'];
/** Logins begun in vain until the registration itself is doubted. */
const MAX_IN_VAIN = 3;
const MAX_REGISTRATIONS = 100;

/**
 * Who we are at authorization servers, in the order of the MCP specification: a client made by
 * hand, the document that this server publishes, a client that registers itself.
 * @see spec/tool-servers.md TS-34, TS-35
 */
export interface Clients {
  /** @throws Fault `login_unavailable` when there is no way to become a client */
  check(server: AuthorizationServer): void;
  /** The client to begin a login with. */
  clientAt(server: AuthorizationServer, asking: Asking): Promise<OAuthClient>;
  /** The same client with the secret that the operator has set now. */
  current(issuer: string, client: OAuthClient): OAuthClient;
  /** The authorization server does not know this client any more. */
  forget(issuer: string, client: OAuthClient): Promise<void>;
  /** A login succeeded with it. */
  proved(issuer: string, client: OAuthClient): Promise<void>;
}

export function oauthClients(options: LoginClientOptions, vault: Vault): Clients {
  const { now, redirectUri } = options;
  const keyOf = (issuer: string): string => JSON.stringify([issuer, redirectUri]);
  const preset = (server: AuthorizationServer): OAuthClient | null =>
    byHand(options, server) ?? byDocument(options, server);
  const kept = async (issuer: string, client: OAuthClient): Promise<Registration | null> => {
    const row = await vault.get('client', keyOf(issuer));
    return row?.client.client_id === client.client_id ? row : null;
  };
  return {
    check: (server) => {
      if (preset(server) === null && server.registration_endpoint === null) throw noWay(server);
    },
    clientAt: async (server, asking) => {
      const known = preset(server);
      if (known !== null) return known;
      const key = keyOf(server.issuer);
      return vault.alone(`client ${key}`, async () => {
        const row = await vault.get('client', key);
        if (row !== null && isGood(row, now())) {
          await vault.put('client', key, { ...row, begun: row.begun + 1 });
          return row.client;
        }
        const made = await registered(options, server, asking);
        await vault.makeRoom('client', MAX_REGISTRATIONS, ({ created_at }) => created_at);
        await vault.put('client', key, made);
        return made.client;
      });
    },
    current: (issuer, client) => {
      const own = options.registered.find(
        (each) => each.issuer === issuer && each.client_id === client.client_id,
      );
      const secret = own?.client_secret;
      return secret === undefined ? client : { ...client, client_secret: secret };
    },
    forget: async (issuer, client) => {
      if ((await kept(issuer, client)) !== null) await vault.delete('client', keyOf(issuer));
    },
    proved: async (issuer, client) => {
      const row = await kept(issuer, client);
      if (row !== null) await vault.put('client', keyOf(issuer), { ...row, begun: 0 });
    },
  };
}

/**
 * A server that forgot us shows that to the person and never to us, so a registration with which
 * several logins were begun and none finished is made again.
 */
function isGood(row: Registration, now: number): boolean {
  return row.begun < MAX_IN_VAIN && (row.expires_at === null || row.expires_at > now);
}

function byHand(options: LoginClientOptions, server: AuthorizationServer): OAuthClient | null {
  const own = options.registered.find((each) => each.issuer === server.issuer);
  if (own === undefined) return null;
  const { client_id, client_secret } = own;
  const method = methodOf(server, client_secret !== undefined, undefined);
  const source = 'registered';
  return client_secret === undefined
    ? { client_id, method, source }
    : { client_id, client_secret, method, source };
}

function byDocument(options: LoginClientOptions, server: AuthorizationServer): OAuthClient | null {
  if (!server.takes_documents || options.clientMetadataUrl === null) return null;
  return { client_id: options.clientMetadataUrl, method: 'none', source: 'document' };
}

/** @see RFC 7591 section 3 */
async function registered(
  options: LoginClientOptions,
  server: AuthorizationServer,
  asking: Asking,
): Promise<Registration> {
  if (server.registration_endpoint === null) throw noWay(server);
  const { redirectUri, now, clientName = 'MarkdownOps' } = options;
  const request = {
    client_name: clientName,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: METHODS.find((method) => server.auth_methods.includes(method)),
    application_type: isLoopback(new URL(redirectUri)) ? 'native' : 'web',
  };
  const answer = await postJson(server.registration_endpoint, request, asking);
  return registrationOf(answer, server, now());
}

function registrationOf(
  { status, body }: Answer,
  server: AuthorizationServer,
  now: number,
): Registration {
  const { client_id, client_secret, client_secret_expires_at: end, ...rest } = body ?? {};
  if (status < 200 || status > 299 || typeof client_id !== 'string' || client_id === '') {
    throw unavailable(
      `${hostOf(server.issuer)} did not let this server register itself (${status}). An operator can register a client there by hand.`,
      status >= 500,
    );
  }
  const stated = rest['token_endpoint_auth_method'];
  const source = 'dynamic';
  const base = { created_at: now, begun: 1 };
  if (typeof client_secret !== 'string' || client_secret === '') {
    const client = { client_id, method: 'none', source } as const;
    return { ...base, client, expires_at: null };
  }
  const method = methodOf(server, true, stated);
  const expires_at = typeof end === 'number' && end > 0 ? end * 1000 : null;
  return { ...base, client: { client_id, client_secret, method, source }, expires_at };
}

/** What the registration says, if the server takes it; else what fits the secret there is. */
function methodOf(server: AuthorizationServer, hasSecret: boolean, stated: unknown): Method {
  if (!hasSecret) return 'none';
  const said = METHODS.find((method) => method === stated);
  if (said !== undefined) return said;
  const byPreference = ['client_secret_basic', 'client_secret_post', 'none'] as const;
  return (
    byPreference.find((method) => server.auth_methods.includes(method)) ?? 'client_secret_basic'
  );
}

function noWay(server: AuthorizationServer): Error {
  return unavailable(
    `${hostOf(server.issuer)} takes only clients that were registered by hand. The operator of this server can register one there and add its id to the settings.`,
  );
}
