import { Fault } from '../fault/fault.ts';
import { loginClient } from '../login/oauth-client.ts';
import type { LoginClient } from '../login/login-client.ts';
import type { LoginRows } from '../login/login.ts';
import { readOperatorServer } from '../normalize/server-url.ts';
import { readEnv } from './env.ts';
import type { Env } from './env.ts';
import { network } from './network.ts';
import type { Network } from './network.ts';
import type { Settings } from './settings.ts';

/** Who asks for logins, and under which origin of this server. */
export interface Who {
  /** As `principalName` says it; never from a request's fields. */
  readonly principal: string;
  readonly origin: string;
}

/** Where authorization servers send the browser back to. */
export const CALLBACK_PATH = '/connect/callback';

/**
 * The login client of one principal for work on one server.
 * @param url the tool server it is about; null when it is about none
 * @throws Fault `misconfigured`
 */
export function principalLogins(
  env: Env,
  rows: LoginRows,
  { principal, origin }: Who,
  url: string | null,
): LoginClient {
  const { settings } = readEnv(env);
  if (settings === null) throw new Fault('misconfigured');
  // Only principals that we know have an object, and they may reach what the operator opened.
  const outside = network({ env, settings, origin, isTrusted: true });
  return loginClient({
    principal,
    rows,
    vaultKeys: settings.vaultKeys,
    fetch: fetchFor(outside, settings, url),
    now: () => Date.now(),
    redirectUri: origin + CALLBACK_PATH,
    clientMetadataUrl: settings.clientMetadataUrl,
    registered: settings.loginClients,
  });
}

/** A tool server that the operator configured may be local, it alone and in that role. */
function fetchFor(outside: Network, settings: Settings, url: string | null) {
  const own = url !== null && isOfOperator(url, settings) ? outside.forServer(url) : null;
  const origin = url === null ? null : new URL(url).origin;
  return (asked: string, init?: RequestInit): Promise<Response> => {
    const isServer = own !== null && URL.canParse(asked) && new URL(asked).origin === origin;
    return (isServer ? own : outside.forPrompts)(asked, init);
  };
}

/** Whether a tool server is one that the operator added to every run. */
export function isOfOperator(url: string, { operatorServers }: Settings): boolean {
  return operatorServers.some((written) => {
    const address = readOperatorServer(written, [])?.url ?? '';
    return URL.canParse(address) && new URL(address).href === url;
  });
}
