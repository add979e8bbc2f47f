import type { FetchLike, Implementation } from '@modelcontextprotocol/client';
import { Fault } from '../../fault/fault.ts';
import type { ToolServer } from '../../normalize/request.ts';
import type { Endpoint } from './mcp-client.ts';
import { mcpConnection } from './mcp-connection.ts';
import { openSession, opening } from './mcp-session.ts';
import type { Connection, ServerMemory, ServerTokens, ToolServers } from '../ports.ts';
import { abortFault, notMcp, serverFault } from './server-faults.ts';
import { serverHeaders } from './server-headers.ts';
import { bringsAuthorization, loggedInFetch, namesItsLogin } from './server-login.ts';
import { knownServer, memoKey } from './server-memo.ts';
import { SentSecrets } from './sent-secrets.ts';
import { SERVER_LIMITS, type ServerLimits } from './server-limits.ts';

/** What connecting to tool servers needs of the world. */
export interface ToolServersOptions {
  /** The guarded fetch; honours `redirect: 'manual'`. */
  readonly fetch: FetchLike;
  /** Serves a path on this server in process; null when there is nothing. */
  readonly own: (path: string, request: Request) => Promise<Response | null>;
  /**
   * The value of a secret for the server at a host (`host:port` where the port is not the usual one), or
   * null when it is not set. May throw Fault `secret_refused`.
   */
  readonly secrets: (name: string, host: string) => string | null;
  /** What was found out about servers before, of this principal. */
  readonly memory?: ServerMemory;
  /** Logins of the principal; sent to servers for which the prompt brings no `Authorization`. */
  readonly tokens?: ServerTokens;
  readonly clientInfo?: Implementation;
  readonly limits?: Partial<ServerLimits>;
}

/** Never leaves the process: it only completes the path of an own server to a URL. */
const OWN_ORIGIN = 'http://own.invalid';

/**
 * The tool servers of runs. Holds nothing between connections: every one has its own client,
 * transport and request ids.
 * @see spec/tool-servers.md
 */
export function toolServers(options: ToolServersOptions): ToolServers {
  return {
    connect: async (server, signal) => {
      if (signal.aborted) throw abortFault(signal);
      if (server.type === 'openapi') return connectApi(server, options, signal);
      try {
        return await connect(endpointOf(server, options), signal);
      } catch (error) {
        // The operator's list does not say what its addresses are; a prompt does.
        if (server.from !== 'operator' || !isNoMcp(error)) throw error;
        return await connectApi({ ...server, type: 'openapi' }, options, signal).catch(
          (second: unknown) => {
            throw isNoDocument(second) ? error : second;
          },
        );
      }
    },
  };
}

function isNoMcp(error: unknown): boolean {
  return error instanceof Fault && error.code === 'server_not_mcp';
}

function isNoDocument(error: unknown): boolean {
  return error instanceof Fault && error.detail?.['status'] === 404;
}

/** Loaded when the first server of this kind is called. */
async function connectApi(
  server: ToolServer,
  options: ToolServersOptions,
  signal: AbortSignal,
): Promise<Connection> {
  const { connectOpenapi } = await import('./openapi/openapi-connection.ts');
  const { allowed_tools: allowed } = server;
  const endpoint = { ...endpointOf(server, options), plain: options.fetch };
  return connectOpenapi(allowed === undefined ? endpoint : { ...endpoint, allowed }, signal);
}

function endpointOf(server: ToolServer, options: ToolServersOptions): Endpoint {
  const isOwn = server.url.startsWith('/');
  const url = new URL(isOwn ? `${OWN_ORIGIN}${server.url}` : server.url);
  const secrets = new SentSecrets();
  const host = isOwn ? server.url : url.host;
  let usedLogin = false;
  const onToken = (token: string): void => {
    usedLogin = true;
    secrets.add(token);
  };
  const { fetch, memory } = options;
  const tokens = isOwn || bringsAuthorization(server) ? undefined : options.tokens;
  const asks = server.type === 'openapi' ? { asks: namesItsLogin } : {};
  const outside =
    tokens === undefined ? fetch : loggedInFetch(fetch, { tokens, server, host, onToken, ...asks });
  const headers = serverHeaders(
    server,
    remembering((name) => options.secrets(name, host), secrets),
  );
  const key = async (): Promise<string> =>
    memoKey(url, headers, (await tokens?.token(server, new AbortController().signal)) ?? null);
  return {
    url,
    host,
    send: isOwn ? ownFetch(options.own) : outside,
    headers,
    clientInfo: options.clientInfo ?? { name: 'markdownops', version: '0.1.0' },
    limits: { ...SERVER_LIMITS, ...options.limits },
    secrets,
    usedLogin: () => usedLogin,
    known: memory === undefined ? null : knownServer(memory, key),
  };
}

/** The same secrets, each remembered when it is asked for: what is asked for is sent. */
function remembering(
  secrets: (name: string) => string | null,
  sent: SentSecrets,
): (name: string) => string | null {
  return (name) => {
    const value = secrets(name);
    if (value !== null) sent.add(value);
    return value;
  };
}

function ownFetch(own: ToolServersOptions['own']): FetchLike {
  return async (url, init) => {
    const { pathname, search } = new URL(url);
    const response = await own(pathname, new Request(`${OWN_ORIGIN}${pathname}${search}`, init));
    if (response === null) throw notMcp(pathname);
    return response;
  };
}

async function connect(endpoint: Endpoint, signal: AbortSignal): Promise<Connection> {
  try {
    const session = await opening(endpoint, signal, (onOpen) => openSession(endpoint, onOpen));
    return mcpConnection(session);
  } catch (error) {
    throw endpoint.secrets.cleanFault(serverFault(error, endpoint.host));
  }
}
