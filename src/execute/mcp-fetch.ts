import type { FetchLike } from '@modelcontextprotocol/client';
import { Fault } from '../fault/fault.ts';
import { isObject } from '../protocol/json.ts';
import { faultWithin, limitFault, notMcp, statusFault } from './server-faults.ts';
import type { ServerLimits } from './server-limits.ts';

/** One connection as its fetch sees it. */
export interface Wire {
  /** Performs a request; redirects are left to the caller. */
  readonly send: FetchLike;
  readonly url: URL;
  /** How the server is called in messages. */
  readonly host: string;
  /** `sse`: answers come on the one stream of a GET, and a POST is only acknowledged. */
  readonly kind: 'http' | 'sse';
  readonly limits: ServerLimits;
  /** Bytes that may still be read until the tools are listed. */
  connectBytes: number;
  /** The first thing that went wrong; the event source of the SDK forgets what its fetch threw. */
  fault: Fault | null;
  /** Set once a response was cut: it is not to be fetched again by resuming its stream. */
  cut: boolean;
  /** A request that can get no answer any more; without an id it is the whole connection. */
  onBroken: (fault: Fault, id: string | number | null) => void;
}

/**
 * The fetch of one MCP connection: looks at what comes back before the SDK does, because the SDK
 * tells "not MCP" from "broken" from "down" only by the text of its errors, and reads without
 * limit.
 * @throws Fault `server_*`, `login_required`, and whatever the guarded fetch throws
 */
export function mcpFetch(wire: Wire): FetchLike {
  return async (url, init = {}) => {
    try {
      return await exchange(wire, new URL(url), init);
    } catch (error) {
      wire.fault ??= faultWithin(error);
      throw error;
    }
  };
}

async function exchange(wire: Wire, url: URL, init: RequestInit): Promise<Response> {
  // The headers of this server may hold a token: they go to its own origin and nowhere else,
  // whatever a redirect or an `endpoint` event says.
  if (url.origin !== wire.url.origin) throw new Fault('address_refused');
  const method = init.method ?? 'GET';
  if (wire.cut && method === 'GET') throw limitFault(`${wire.host} sent too much.`);
  const response = await sent(wire, url, { ...init, redirect: 'manual' });
  const refusal = refusalOf(wire, response, method);
  if (refusal !== null) {
    await response.body?.cancel();
    throw refusal;
  }
  if (wire.kind === 'sse' && method === 'GET') return openStream(wire, response);
  const id = method === 'POST' ? requestId(init.body) : null;
  return method === 'GET' ? limited(wire, response, null) : answer(wire, response, id);
}

async function sent(wire: Wire, url: URL, init: RequestInit): Promise<Response> {
  try {
    return await wire.send(url, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    const known = faultWithin(error);
    if (known !== null) throw known;
    throw new Fault('server_unreachable', `${wire.host} could not be reached.`, { cause: error });
  }
}

/** 400, 404 and 405 go to the SDK: they may mean an older protocol. */
function refusalOf(wire: Wire, { status }: Response, method: string): Fault | null {
  if (status === 401 || status === 403 || status >= 500) return statusFault(status, wire.host);
  const opensStream = wire.kind === 'sse' && method === 'GET';
  return opensStream && status >= 400 ? statusFault(status, wire.host) : null;
}

/** The answer to a POST. */
async function answer(
  wire: Wire,
  response: Response,
  id: string | number | null,
): Promise<Response> {
  if (wire.kind === 'sse' || id === null || !response.ok) return limited(wire, response, id);
  const type = mediaType(response);
  if (type === 'text/event-stream') return limited(wire, response, id);
  if (type === 'application/json') return checkedJson(wire, limited(wire, response, id));
  await response.body?.cancel();
  const silent = type === '' || response.status === 202;
  throw silent
    ? new Fault('server_garbage', `${wire.host} answered with nothing.`)
    : notMcp(wire.host);
}

async function checkedJson(wire: Wire, response: Response): Promise<Response> {
  const text = await response.text();
  let messages: unknown;
  try {
    messages = JSON.parse(text);
  } catch (cause) {
    throw new Fault('server_garbage', `${wire.host} sent JSON that cannot be read.`, { cause });
  }
  const list: unknown[] = Array.isArray(messages) ? messages : [messages];
  if (!list.some((message) => isObject(message) && 'jsonrpc' in message)) throw notMcp(wire.host);
  return new Response(text, { status: response.status, headers: response.headers });
}

function openStream(wire: Wire, response: Response): Response {
  if (response.ok && mediaType(response) === 'text/event-stream') {
    return limited(wire, response, null);
  }
  void response.body?.cancel();
  throw notMcp(wire.host);
}

/** The response with its bytes counted: a server that sends without end would fill the memory. */
function limited(wire: Wire, response: Response, id: string | number | null): Response {
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  // The body is counted after decompression, so these are no longer true of it.
  headers.delete('content-encoding');
  headers.delete('content-length');
  const long = id === null && mediaType(response) === 'text/event-stream';
  let left = long ? wire.limits.streamBytes : wire.limits.responseBytes;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      left -= chunk.byteLength;
      wire.connectBytes -= chunk.byteLength;
      if (left >= 0 && wire.connectBytes >= 0) return controller.enqueue(chunk);
      const fault = limitFault(`${wire.host} sent more than ${wire.limits.responseBytes} bytes.`);
      wire.cut = true;
      controller.error(fault);
      wire.onBroken(fault, id);
    },
    flush() {
      if (!long || wire.kind === 'http') return;
      const gone = new Fault('server_unreachable', `${wire.host} closed the connection.`);
      wire.onBroken(gone, null);
    },
  });
  const body = response.body === null ? null : response.body.pipeThrough(counter);
  return new Response(body, { status, statusText, headers });
}

function mediaType(response: Response): string {
  const type = response.headers.get('content-type') ?? '';
  return (type.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** The id of the JSON-RPC request in a body; null for a notification or an answer. */
function requestId(body: RequestInit['body']): string | number | null {
  const message: unknown = typeof body === 'string' ? JSON.parse(body) : null;
  if (!isObject(message) || typeof message['method'] !== 'string') return null;
  const id = message['id'];
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}
