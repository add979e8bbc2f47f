import type { EgressFaults } from '../../egress/guarded-fetch.ts';
import { Fault, FAULTS } from '../../fault/fault.ts';
import type { LoginClient } from '../../login/login-client.ts';
import type { LoginRows } from '../../login/login.ts';
import { isLiteralSecret } from '../../normalize/secrets.ts';
import { readOperatorServer } from '../../normalize/server-url.ts';
import { readEnv } from '../env.ts';
import type { Env } from '../env.ts';
import { network } from '../network.ts';
import type { Network } from '../network.ts';
import type { Settings } from '../settings.ts';
import { isGuest } from './principal-name.ts';

/** Who asks for logins, and under which origin of this server. */
export interface Who {
  /** As `principalName` says it; never from a request's fields. */
  readonly principal: string;
  readonly origin: string;
}

/** Where authorization servers send the browser back to. */
export const CALLBACK_PATH = '/connect/callback';

/** Clients for so many of the operator's servers are kept beside the common one. */
const MOST_CLIENTS = 32;

/**
 * The login clients of one principal. They are kept as long as its object lives in memory, because
 * a client remembers what it discovered; nothing of it is shared between principals.
 */
export class PrincipalLogins {
  readonly #env: Env;
  readonly #rows: LoginRows;
  readonly #clients = new Map<string, Promise<LoginClient>>();

  constructor(env: Env, rows: LoginRows) {
    this.#env = env;
    this.#rows = rows;
  }

  /**
   * The client for work on one server.
   * @param url the tool server it is about; null when it is about none
   * @throws Fault `misconfigured`
   */
  client(who: Who, url: string | null): Promise<LoginClient> {
    const { settings } = readEnv(this.#env);
    if (settings === null) throw new Fault('misconfigured');
    const own = url !== null && isOfOperator(url, settings) ? url : null;
    const key = JSON.stringify([who.principal, who.origin, own]);
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    if (this.#clients.size >= MOST_CLIENTS) this.#clients.clear();
    const made = newClient(this.#env, this.#rows, who, { settings, own });
    this.#clients.set(key, made);
    return made;
  }
}

async function newClient(
  env: Env,
  rows: LoginRows,
  { principal, origin }: Who,
  { settings, own }: { settings: Settings; own: string | null },
): Promise<LoginClient> {
  // Loaded by the first login: a start does not pay for it.
  const { loginClient } = await import('../../login/oauth-client.ts');
  const outside = network({
    env,
    settings,
    origin,
    isTrusted: !isGuest(principal),
    faults: NO_LOGIN,
  });
  return loginClient({
    principal,
    rows,
    vaultKeys: settings.vaultKeys,
    fetch: fetchFor(outside, own),
    now: () => Date.now(),
    redirectUri: origin + CALLBACK_PATH,
    clientMetadataUrl: settings.clientMetadataUrl,
    registered: settings.loginClients,
    ...(own === null ? {} : { mayShow: hasNoKey }),
  });
}

/**
 * Whether nothing in the address of an operator's server looks like a key. Every query may be one; a
 * path is one of most servers, and only a part like a token counts.
 */
function hasNoKey(address: string): boolean {
  const { pathname, search } = new URL(address);
  return search === '' && !pathname.split('/').some((part) => isLiteralSecret('', part));
}

/** A tool server that the operator configured may be local, it alone and in that role. */
function fetchFor(outside: Network, url: string | null) {
  const own = url === null ? null : outside.forServer(url);
  const origin = url === null ? null : new URL(url).origin;
  return (asked: string, init?: RequestInit): Promise<Response> => {
    const isServer = own !== null && URL.canParse(asked) && new URL(asked).origin === origin;
    return (isServer ? own : outside.forPrompts)(asked, init).catch((error: unknown) => {
      throw isSilent(error) ? silent(asked, error) : error;
    });
  };
}

/** Who cannot be reached is mostly not the tool server, so it is not said of that. */
const NO_LOGIN = {
  unreachable: 'login_unavailable',
  timeout: 'login_unavailable',
  limit: 'login_unavailable',
  redirect: 'login_unavailable',
} as const satisfies Partial<EgressFaults>;

/** Whether there was no answer; what else went wrong says so in its own words. */
function isSilent(error: unknown): boolean {
  const { login_unavailable } = FAULTS;
  return error instanceof Fault && error.message === login_unavailable.text;
}

function silent(url: string, cause: unknown): Fault {
  const message = `${new URL(url).host}, where the login is made, could not be reached. Try again later.`;
  return new Fault('login_unavailable', message, { detail: { retryable: true }, cause });
}

/** Whether a tool server is one that the operator added to every run. */
export function isOfOperator(url: string, { operatorServers }: Settings): boolean {
  return operatorServers.some((written) => {
    const address = readOperatorServer(written, [])?.url ?? '';
    return URL.canParse(address) && new URL(address).href === url;
  });
}
