import type { FetchLike } from '@modelcontextprotocol/client';
import { Fault } from '../../fault/fault.ts';
import type { Refusal } from '../../login/login.ts';
import type { ToolServer } from '../../normalize/request.ts';
import type { ServerTokens } from '../ports.ts';
import { isInsufficientScope, loginFault } from './server-faults.ts';

/** UTF-16 code units of a `WWW-Authenticate` header that are read. */
const MAX_CHALLENGE = 4096;

/** The login of the principal at one server, for the requests of one connection. */
export interface ServerLogin {
  readonly tokens: ServerTokens;
  readonly server: ToolServer;
  /** How the server is called in messages. */
  readonly host: string;
  /** Is given every token before it is sent. */
  readonly onToken: (token: string) => void;
  /** Whether a refusal asks for a login; every one does when absent. */
  readonly asks?: (refusal: Refusal) => boolean;
}

/** Whether a prompt brings its own `Authorization`: nobody logs in to a server then. */
export function bringsAuthorization({ authorization, headers }: ToolServer): boolean {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  return authorization !== undefined || names.includes('authorization');
}

/**
 * The fetch with the access token of a login in each request. A request that is refused was not
 * carried out, so it is sent once more when there is another token.
 *
 * The caller sends it nothing but requests to the origin of the server.
 * @throws Fault `login_required` with `can_login`, `login_unavailable`
 * @see spec/tool-servers.md, Login; RFC 6750
 */
export function loggedInFetch(send: FetchLike, login: ServerLogin): FetchLike {
  const { tokens, server } = login;
  return async (url, init = {}) => {
    const signal = init.signal ?? new AbortController().signal;
    const token = await tokens.token(server, signal);
    const response = await sendWith(token, { send, login, url, init });
    const refusal = refusalOf(response, token);
    // Saying goodbye is not worth a login.
    if (refusal === null || init.method === 'DELETE') return response;
    if (login.asks?.(refusal) === false) return response;
    await response.body?.cancel();
    const another = await tokens.refused(server, refusal, signal);
    if (another === null) throw loginFault(login.host, refusal.status);
    const second = await sendWith(another, { send, login, url, init });
    const still = refusalOf(second, another);
    if (still === null) return second;
    await second.body?.cancel();
    // What it asked for this time is what the next login must bring; a third try is not made.
    await tokens.refused(server, still, signal);
    throw loginFault(login.host, still.status);
  };
}

interface Sending {
  readonly send: FetchLike;
  readonly login: ServerLogin;
  readonly url: string | URL;
  readonly init: RequestInit;
}

function sendWith(token: string | null, { send, login, url, init }: Sending): Promise<Response> {
  if (token === null) return send(url, init);
  // A line break in a token would begin a header of its own, and the error of `Headers` repeats it.
  if (!/^[\u0021-\u007E]{1,16384}$/.test(token)) throw new Fault('login_unavailable');
  login.onToken(token);
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  return send(url, { ...init, headers });
}

function refusalOf({ status, headers }: Response, token: string | null): Refusal | null {
  const challenge = headers.get('www-authenticate')?.slice(0, MAX_CHALLENGE) ?? null;
  if (status === 401) return { status, challenge, token };
  return status === 403 && isInsufficientScope(challenge) ? { status, challenge, token } : null;
}

/**
 * Whether a server that is no MCP server asks for a login: it says where that is made (RFC 9728), or
 * refused a token that came from one. An API that takes keys answers 401 as well.
 */
export function namesItsLogin({ token, challenge }: Refusal): boolean {
  return token !== null || /\bresource_metadata\s*=/i.test(challenge ?? '');
}
