import {
  Client,
  SdkHttpError,
  type FetchLike,
  type Implementation,
  type PriorDiscovery,
  type jsonSchemaValidator,
  type Transport,
} from '@modelcontextprotocol/client';
import type { Fault } from '../../fault/fault.ts';
import type { ServerMemo } from '../ports.ts';
import { greeted, type Opening } from './greeting.ts';
import type { Wire } from './mcp-fetch.ts';
import { LeftOutTools } from './left-out.ts';
import { movedFetch } from './moved-server.ts';
import { mcpTransport } from './mcp-transport.ts';
import { OpenCalls } from './open-calls.ts';
import { refusedFault, serverFault } from './server-faults.ts';
import { discoverOf, type KnownServer } from './server-memo.ts';
import type { SentSecrets } from './sent-secrets.ts';
import type { ServerLimits } from './server-limits.ts';

/** What part of the time for connecting a server may be silent to `server/discover`. */
const PATIENCE = 4;

/** Where a server is and how to speak to it. */
export interface Endpoint {
  readonly url: URL;
  /** How the server is called in messages. */
  readonly host: string;
  readonly send: FetchLike;
  readonly headers: Headers;
  readonly clientInfo: Implementation;
  readonly limits: ServerLimits;
  /** What was sent to the server and must not be seen in what it says. */
  readonly secrets: SentSecrets;
  /** Whether a token of a login was sent. */
  readonly usedLogin: () => boolean;
  /** What was found out about the server before; null where nothing is kept. */
  readonly known: KnownServer | null;
}

/** A client that has agreed on a protocol version with its server. */
export interface OpenClient {
  readonly client: Client;
  readonly transport: Transport;
  readonly wire: Wire;
}

/** Is given every transport as it is made, so that it can be closed from outside. */
export type OnOpen = (transport: Transport) => void;

/**
 * Connects in whichever way the server speaks: the stateless protocol, the handshake before it, or
 * the HTTP+SSE transport of 2024; in the way that is known, when there is a memo.
 * @throws Fault `server_*` or `login_required`; with a memo also what the SDK throws
 * @see spec/tool-servers.md TS-1
 */
export async function openClient(
  endpoint: Endpoint,
  onOpen: OnOpen,
  memo: ServerMemo | null = null,
): Promise<OpenClient> {
  if (memo !== null) {
    return connected(endpoint, memo.era === 'sse' ? 'sse' : 'http', onOpen, priorOf(memo));
  }
  try {
    return await negotiated(endpoint, onOpen);
  } catch (error) {
    if (!mayBeOlder(error)) throw serverFault(error, endpoint.host);
    return await connected(endpoint, 'sse', onOpen).catch((second: unknown) => {
      throw neitherFault(error, serverFault(second, endpoint.host), endpoint.host);
    });
  }
}

/** The stateless protocol or the handshake, whichever the server speaks. */
function negotiated(endpoint: Endpoint, onOpen: OnOpen): Promise<OpenClient> {
  const asking = started(endpoint, 'http', onOpen);
  return greeted({
    asking,
    shake: () => started(endpoint, 'http', onOpen, { kind: 'legacy' }),
    patienceMs: endpoint.limits.connectMs / PATIENCE,
    isUnanswered: () => !asking.wire.isDiscovered,
  });
}

function priorOf(memo: ServerMemo): PriorDiscovery | undefined {
  if (memo.era === 'handshake') return { kind: 'legacy' };
  const discover = memo.era === 'stateless' ? discoverOf(memo) : null;
  return discover === null ? undefined : { kind: 'modern', discover };
}

/** The statuses with which servers of the HTTP+SSE transport answer a POST to their stream. */
function mayBeOlder(error: unknown): error is SdkHttpError {
  return error instanceof SdkHttpError && [400, 404, 405].includes(error.status);
}

/**
 * A server that understood the POST well enough to reject it is not a document, even when it has
 * nothing for a GET either: many MCP servers answer 400 when a key is missing.
 */
function neitherFault(post: SdkHttpError, get: Fault, host: string): Fault {
  const shownDocument = get.code === 'server_not_mcp' && get.detail?.['status'] === undefined;
  const { text } = post.data;
  const spoke = post.status === 400 || (typeof text === 'string' && text.includes('"jsonrpc"'));
  const isMcp = spoke && get.code === 'server_not_mcp' && !shownDocument;
  return isMcp ? refusedFault(post.status, host, post) : get;
}

function connected(
  endpoint: Endpoint,
  kind: Wire['kind'],
  onOpen: OnOpen,
  prior?: PriorDiscovery,
): Promise<OpenClient> {
  return started(endpoint, kind, onOpen, prior).opened;
}

/** A connection that is being opened. */
function started(
  endpoint: Endpoint,
  kind: Wire['kind'],
  onOpen: OnOpen,
  prior?: PriorDiscovery,
): Opening<OpenClient> & { readonly wire: Wire } {
  const wire = newWire(endpoint, kind);
  const transport = mcpTransport(wire, endpoint.headers);
  onOpen(transport);
  const opened = openOver(transport, { endpoint, wire, prior });
  return { wire, opened, close: () => transport.close().catch(() => {}) };
}

async function openOver(
  transport: Transport,
  { endpoint, wire, prior }: { endpoint: Endpoint; wire: Wire; prior: PriorDiscovery | undefined },
): Promise<OpenClient> {
  const client = newClient(endpoint, wire);
  try {
    await client.connect(transport, {
      timeout: endpoint.limits.connectMs,
      ...(prior === undefined ? {} : { prior }),
    });
    return { client, transport, wire };
  } catch (error) {
    await transport.close();
    // The event source reports only that something failed; the wire knows what.
    if (wire.kind === 'sse') throw wire.fault ?? serverFault(error, endpoint.host);
    throw error;
  }
}

function newWire(endpoint: Endpoint, kind: Wire['kind']): Wire {
  const { send, url, host, limits, secrets, usedLogin } = endpoint;
  return {
    send: movedFetch(send),
    url,
    host,
    kind,
    limits,
    secrets,
    usedLogin,
    calls: new OpenCalls(),
    leftOut: new LeftOutTools(limits, host),
    connectBytes: limits.connectBytes,
    fault: null,
    streams: 0,
    isDiscovered: false,
    cut: false,
    onBroken: () => {},
  };
}

/** Offers neither sampling nor roots: a server that asks for them is told that there are none. */
function newClient({ clientInfo, limits }: Endpoint, { kind, calls }: Wire): Client {
  const client = new Client(clientInfo, {
    capabilities: CAPABILITIES,
    inputRequired: { autoFulfill: false },
    jsonSchemaValidator: NO_VALIDATION,
    listMaxPages: limits.pages,
    ...(kind === 'http' ? { versionNegotiation: { mode: 'auto' } } : {}),
  });
  client.setRequestHandler('elicitation/create', async ({ params }, { mcpReq }) => ({
    ...(await calls.answer(mcpReq.id, params, mcpReq.signal)),
  }));
  return client;
}

/** What every server is told, whoever calls: whether somebody can answer shows when it asks. */
const CAPABILITIES = {
  elicitation: { form: {}, url: {} },
  extensions: { 'io.modelcontextprotocol/tasks': {} },
};

/**
 * Schemas of a server are never run here: a hostile `pattern` can keep a regular expression busy
 * for seconds, and compiling one with ajv is code generation that workerd forbids.
 */
const NO_VALIDATION: jsonSchemaValidator = {
  getValidator: () => {
    throw new TypeError(
      'Leave the output schema out of the definition of the tool that is called.',
    );
  },
};
