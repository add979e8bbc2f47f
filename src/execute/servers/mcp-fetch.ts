import type { FetchLike } from '@modelcontextprotocol/client';
import { Fault } from '../../fault/fault.ts';
import { isObject } from '../../protocol/json.ts';
import { faultWithin, limitFault, notMcp, statusFault } from './server-faults.ts';
import { questionId } from './asked-questions.ts';
import type { LeftOutTools } from './left-out.ts';
import { withoutNull } from './loose-message.ts';
import type { OpenCalls } from './open-calls.ts';
import type { SentSecrets } from './sent-secrets.ts';
import type { ServerLimits } from './server-limits.ts';
import { tidyEvents } from './tidy-events.ts';
import { watchedBody, watchedText, type BodyWatch } from './watched-body.ts';

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
  readonly secrets: SentSecrets;
  /** Whether a token of a login was sent. */
  readonly usedLogin: () => boolean;
  /** The calls under way, to which questions of the server belong. */
  readonly calls: OpenCalls;
  /** Tools that it lists and that cannot be used. */
  readonly leftOut: LeftOutTools;
  /** Bytes that may still be read until the tools are listed. */
  connectBytes: number;
  /** The first thing that went wrong; the event source of the SDK forgets what its fetch threw. */
  fault: Fault | null;
  /** Streams that were opened with a GET so far. */
  streams: number;
  /** Whether the server has answered `server/discover`, or was asked something else since. */
  isDiscovered: boolean;
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
  if (method === 'GET') checkReopening(wire);
  const response = await sent(wire, url, { ...init, redirect: 'manual' });
  // Whoever reads it in an answer that shows the request could speak in the session of this run.
  const session = response.headers.get('mcp-session-id');
  if (session !== null) wire.secrets.add(session);
  const refusal = refusalOf(wire, response, method);
  if (refusal !== null) {
    await response.body?.cancel();
    throw refusal;
  }
  const asked: Asked = { id: method === 'POST' ? requestId(init.body) : null, signal: init.signal };
  if (method !== 'GET') return answer(wire, response, asked);
  return wire.kind === 'sse' ? openStream(wire, response, asked) : limited(wire, response, asked);
}

/** A server that ends its streams at once, and says to come back at once, would keep us busy. */
function checkReopening(wire: Wire): void {
  wire.streams += 1;
  if (wire.streams > wire.limits.streams)
    throw limitFault(`${wire.host} ends its streams too often.`);
}

/** What a response answers. */
interface Asked {
  /** Of a JSON-RPC request; null for anything else. */
  readonly id: string | number | null;
  readonly signal: AbortSignal | null | undefined;
}

async function sent(wire: Wire, url: URL, init: RequestInit): Promise<Response> {
  // Called by itself: workerd refuses its own fetch as a method of something else.
  const { send } = wire;
  try {
    return await send(url, init);
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
async function answer(wire: Wire, response: Response, asked: Asked): Promise<Response> {
  const { id } = asked;
  if (wire.kind === 'sse' || id === null || !response.ok) return limited(wire, response, asked);
  const type = mediaType(response);
  if (type === 'text/event-stream') return limited(wire, response, asked);
  if (type === 'application/json') return checkedJson(wire, response, asked, id);
  await response.body?.cancel();
  const silent = type === '' || response.status === 202;
  throw silent ? garbage(wire, 'answered with nothing') : notMcp(wire.host);
}

async function checkedJson(
  wire: Wire,
  response: Response,
  asked: Asked,
  id: string | number,
): Promise<Response> {
  let body: unknown;
  try {
    body = JSON.parse(await watchedText(response.body, watch(wire, asked, false)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw garbage(wire, 'sent JSON that cannot be read', error);
  }
  const list: unknown[] = Array.isArray(body) ? body : [body];
  if (!list.some((message) => isObject(message) && 'jsonrpc' in message)) throw notMcp(wire.host);
  const messages = list.map((message) => withId(withoutNull(message), id));
  // The SDK would wait for an answer with the right id until the time limit.
  if (!messages.some((message) => isObject(message) && message['id'] === id)) {
    throw garbage(wire, 'answered something else than it was asked');
  }
  return parsedAlready(response, Array.isArray(body) ? messages : messages[0]);
}

/** A response whose JSON was read: the SDK asks for nothing but the value, and gets it as it is. */
function parsedAlready({ status, statusText, headers }: Response, value: unknown): Response {
  const response = new Response(null, { status, statusText, headers });
  return Object.defineProperty(response, 'json', { value: async () => value });
}

/** A server that could not read the id of a request reports its error without one. */
function withId(message: unknown, id: string | number): unknown {
  const isNameless = isObject(message) && 'error' in message && (message['id'] ?? null) === null;
  return isNameless ? { ...message, id } : message;
}

function garbage(wire: Wire, what: string, cause?: unknown): Fault {
  return new Fault('server_garbage', `${wire.host} ${what}.`, { cause });
}

function openStream(wire: Wire, response: Response, asked: Asked): Response {
  if (response.ok && mediaType(response) === 'text/event-stream') {
    return limited(wire, response, asked);
  }
  void response.body?.cancel();
  throw notMcp(wire.host);
}

/** The response with its bytes counted: a server that sends without end would fill the memory. */
function limited(wire: Wire, response: Response, asked: Asked): Response {
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  // The body is counted after decompression, so these are no longer true of it.
  headers.delete('content-encoding');
  headers.delete('content-length');
  const isStream = mediaType(response) === 'text/event-stream';
  if (response.body === null) return new Response(null, { status, statusText, headers });
  const body = watchedBody(response.body, watch(wire, asked, isStream));
  const tidy = isStream ? tidyEvents(body, questionsOf(wire, asked)) : body;
  return new Response(tidy, { status, statusText, headers });
}

/** Tells the questions in the stream that answers a request. */
function questionsOf({ kind, calls }: Wire, { id }: Asked): (data: string) => void {
  if (id === null || kind === 'sse') return () => {};
  return (data) => {
    const question = questionId(data);
    if (question !== null) calls.askedIn(id, question);
  };
}

function watch(wire: Wire, { id, signal }: Asked, isStream: boolean): BodyWatch {
  const long = id === null && isStream;
  const most = long ? wire.limits.streamBytes : wire.limits.responseBytes;
  let left = most;
  return {
    onBytes: (bytes) => {
      const count = bytes.byteLength;
      left -= count;
      wire.connectBytes -= count;
      if (left >= 0 && wire.connectBytes >= 0) return null;
      const fault = limitFault(`${wire.host} sent more than ${most} bytes.`);
      wire.cut = true;
      wire.onBroken(fault, id);
      return fault;
    },
    onEnd: () => {
      if (!long || wire.kind === 'http' || signal?.aborted === true) return;
      const message = `${wire.host} closed the connection.`;
      wire.onBroken(new Fault('server_unreachable', message), null);
    },
  };
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
