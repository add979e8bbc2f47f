/** What tests of logging in share: a login client, and a person with a browser. */
import { memoryRows } from '../../src/login/memory-rows.ts';
import { loginClient } from '../../src/login/oauth-client.ts';
import type { LoginClient, LoginClientOptions } from '../../src/login/login-client.ts';
import type { LoginRecord, LoginTarget } from '../../src/login/login.ts';
import type { AuthorizationServer } from './authorization-server.ts';

/** A clock that stands still until it is moved. */
export interface HandClock {
  readonly now: () => number;
  pass(ms: number): void;
}

export function handClock(start = 1_800_000_000_000): HandClock {
  let at = start;
  return {
    now: () => at,
    pass: (ms) => {
      at += ms;
    },
  };
}

export const REDIRECT = 'http://127.0.0.1:8787/connect/callback';
export const VAULT_KEY = 'a-vault-key-of-tests-that-is-long-enough';

/** A login client with everything it needs, kept in memory. */
export function testLogins(wishes: Partial<LoginClientOptions> = {}): LoginClient {
  return loginClient({
    principal: 'key:alice',
    rows: memoryRows(),
    vaultKeys: [VAULT_KEY],
    fetch: (url, init) => fetch(url, init),
    now: () => Date.now(),
    redirectUri: REDIRECT,
    clientMetadataUrl: null,
    registered: [],
    ...wishes,
  });
}

/** A server as the default profile of nobody in particular. */
export function targetOf(url: string, profile = 'default', user = ''): LoginTarget {
  return { url, user, profile };
}

/** A signal that never fires. */
export const NEVER = new AbortController().signal;

/** A person logs in: begins, goes to the authorization server, comes back. */
export async function logIn(
  logins: LoginClient,
  server: AuthorizationServer,
  target: LoginTarget,
  browser = 'browser-1',
): Promise<LoginRecord> {
  const { url } = await logins.begin(target, browser, NEVER);
  return logins.finish(await server.visit(url), browser, NEVER);
}

/** A request to a tool server as `toolServers` makes it, with one more try after a refusal. */
export async function callServer(
  logins: LoginClient,
  target: LoginTarget,
  method = 'tools/list',
): Promise<number> {
  const send = async (token: string | null): Promise<Response> =>
    fetch(target.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method }),
    });
  const token = await logins.token(target, NEVER);
  const first = await send(token);
  await first.body?.cancel();
  if (first.status !== 401 && first.status !== 403) return first.status;
  const challenge = first.headers.get('www-authenticate');
  const status = first.status === 401 ? 401 : 403;
  const other = await logins.refused(target, { status, challenge, token }, NEVER);
  if (other === null) return first.status;
  const second = await send(other);
  await second.body?.cancel();
  return second.status;
}
