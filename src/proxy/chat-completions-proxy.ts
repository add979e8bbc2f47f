import { parseAllowList } from '../egress/address-policy.ts';
import { guardedFetch, type GuardedFetch } from '../egress/guarded-fetch.ts';
import { memoryRows } from '../login/memory-rows.ts';
import { randomBase62 } from '../login/base62.ts';
import type { LoginRecord, LoginRows } from '../login/login.ts';
import { ASSETS } from '../publish/assets.ts';
import { fetchProxy } from './fetch-proxy.ts';
import { loginPage } from './login-pages.ts';
import { userIn } from './proxy-options.ts';
import type { ChatCompletionsProxyOptions, ProxyPlatform } from './proxy-options.ts';
import { UserLogins } from './user-logins.ts';
import { rowsWithin } from './user-rows.ts';

/** Bytes of one response of a tool server. */
const MAX_BYTES = 4_194_304;
const PATIENCE_MS = 120_000;
const MIN_KEY = 32;

/** What an app puts between itself and `/chat/completions`. */
export interface ChatCompletionsProxy {
  /** A drop-in `fetch`: `new OpenAI({ fetch: fetchProxy })`. */
  readonly fetchProxy: typeof globalThis.fetch;
  /**
   * Answers requests to the login pages, below `/connect` when nothing else was said.
   * @returns null for every other request
   */
  readonly idpMiddleware: (
    request: Request,
    env?: unknown,
    ctx?: unknown,
  ) => Promise<Response | null>;
  /** The logins of a user, without anything secret; of the proxy's own when left out. */
  readonly getProviders: (userId?: string) => Promise<readonly LoginRecord[]>;
  /**
   * Ends the user's login at a tool server, by the server's address or the login's id; revoked
   * where the authorization server offers that.
   * @returns whether there was one
   */
  readonly removeMcp: (urlOrId: string) => Promise<boolean>;
}

/**
 * Makes the proxy of one user on a platform.
 * @throws TypeError for options that cannot work
 */
export function proxyOn(
  platform: ProxyPlatform,
  env: object,
  options: ChatCompletionsProxyOptions,
): ChatCompletionsProxy {
  const who = userIn(options.userId);
  const { origin, protocol } = new URL(options.baseUrl);
  const path = pathIn(options.path ?? '/connect');
  const { name, title = name } = options.clientInfo;
  const vaultKeys = vaultKeysIn(env, platform, options);
  const guarded = guardedBy(platform, options);
  const logins = new UserLogins({
    rowsOf: rowsIn(platform, options),
    vaultKeys,
    fetch: guarded,
    redirectUri: `${origin}${path}/callback`,
    clientMetadataUrl: protocol === 'https:' ? `${origin}${path}/client.json` : null,
    registered: options.loginClients ?? [],
    clientName: title,
  });
  const stylesheet = `${path}/style.css?v=${ASSETS['/assets/style.css'].etag.slice(1, -1)}`;
  const site = { name: title, home: null, stylesheet, connections: null };
  // Signing is another use than sealing: each hashes the key with words of its own.
  const place = { path, key: vaultKeys[0] ?? '', isHttps: protocol === 'https:', site };
  const userOf = async (request: Request): Promise<string | null> => {
    const { verifyUser } = options;
    const verified = verifyUser === undefined ? who.user : await verifyUser(request);
    return verified === null ? null : userIn(verified).user;
  };
  return {
    fetchProxy: fetchProxy({
      options,
      who,
      logins,
      fetch: options.fetch ?? platform.fetch,
      guarded,
      loginUrl: (id) => `${origin}${path}/${id}`,
    }),
    idpMiddleware: (request) =>
      loginPage(request, { place, origin, clientName: title, logins, userOf }),
    getProviders: (userId = options.userId) => logins.list(userIn(userId)),
    removeMcp: (urlOrId) => logins.remove(who, urlOrId),
  };
}

function pathIn(path: string): string {
  if (!/^(?:\/[\w.~-]+)+$/.test(path)) throw new TypeError('path must look like /connect.');
  return path;
}

function rowsIn(
  platform: ProxyPlatform,
  { store }: ChatCompletionsProxyOptions,
): (user: string) => LoginRows {
  if (store === undefined && platform.rowsOf !== null) return platform.rowsOf;
  const shared = store ?? memoryRows();
  return (user) => rowsWithin(shared, user);
}

/** Only what lives no longer than this proxy may be sealed with a key that does not either. */
function vaultKeysIn(
  env: object,
  platform: ProxyPlatform,
  { vaultKey, store }: ChatCompletionsProxyOptions,
): readonly string[] {
  const ofEnv = 'VAULT_KEY' in env && typeof env.VAULT_KEY === 'string' ? env.VAULT_KEY : '';
  const written = (vaultKey ?? ofEnv).split(',').map((key) => key.trim());
  const keys = written.filter((key) => key !== '');
  if (keys.some((key) => key.length < MIN_KEY)) {
    throw new TypeError(`vaultKey must have ${MIN_KEY} characters or more.`);
  }
  if (keys.length > 0) return keys;
  if (store === undefined && platform.rowsOf === null) return [randomBase62(43)];
  throw new TypeError('Logins that are kept need a vaultKey, or VAULT_KEY in the environment.');
}

function guardedBy(
  { network }: ProxyPlatform,
  { allowLocal = [] }: ChatCompletionsProxyOptions,
): GuardedFetch {
  return guardedFetch({
    allow: parseAllowList(allowLocal.join(',')),
    transport: network,
    maxBytes: MAX_BYTES,
    headTimeoutMs: PATIENCE_MS,
    idleTimeoutMs: PATIENCE_MS,
    totalTimeoutMs: Infinity,
    hops: { get: 3, post: 0 },
  });
}
