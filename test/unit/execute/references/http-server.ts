import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { isObject } from '../../../../src/protocol/json.ts';

/** A server of a test on a free port of loopback. */
export interface TestServer {
  readonly origin: string;
  /** Every request so far, as `METHOD path`. */
  readonly seen: { readonly line: string; readonly headers: IncomingMessage['headers'] }[];
  close(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Serves on 127.0.0.1 until it is closed. */
export async function serve(handler: Handler): Promise<TestServer> {
  const seen: TestServer['seen'] = [];
  const server = createServer((request, response) => {
    seen.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    void handler(request, response);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    seen,
    close: () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      return closed.promise;
    },
  };
}

/** The body of a request as text. */
export function bodyOf(request: IncomingMessage): Promise<string> {
  return text(request);
}

/** Serves a function of web requests over node:http. */
export function overHttp(answer: (request: Request) => Promise<Response>): Handler {
  return async (request, response) => {
    const body = await bodyOf(request);
    const abort = new AbortController();
    response.on('close', () => abort.abort());
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) {
      if (typeof value === 'string') headers.set(name, value);
    }
    const { method = 'GET' } = request;
    const web = await answer(
      new Request(`http://${request.headers.host}${request.url}`, {
        method,
        headers,
        signal: abort.signal,
        ...(body === '' ? {} : { body }),
      }),
    );
    response.writeHead(web.status, Object.fromEntries(web.headers));
    for await (const chunk of web.body ?? []) response.write(chunk);
    response.end();
  };
}

/** One JSON-RPC message as it arrived. */
export interface RpcMessage {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly [key: string]: unknown;
    readonly _meta?: { progressToken?: number };
  };
}

function isRpc(value: unknown): value is RpcMessage {
  return isObject(value) && value['jsonrpc'] === '2.0';
}

/** What a test server does with a request; the default is a plain server of the 2025 handshake. */
export type Rpc = (message: RpcMessage, response: ServerResponse) => unknown;

/** A stateless 2025 server written by hand; `rpc` answers what is not the handshake. */
export function handMade(rpc: Rpc): Handler {
  return async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const message: unknown = JSON.parse(await bodyOf(request));
    if (!isRpc(message)) throw new TypeError('Not a JSON-RPC message.');
    if (message.method === 'server/discover') return void response.writeHead(400).end('{}');
    if (message.id === undefined) {
      await rpc(message, response);
      if (!response.headersSent) response.writeHead(202).end();
      return undefined;
    }
    if (message.method !== 'initialize') return rpc(message, response);
    return sendResult(response, message, {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'hand-made', version: '1' },
    });
  };
}

/** Answers a request with a result as JSON. */
export function sendResult(response: ServerResponse, { id }: RpcMessage, result: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

/** One message on an event stream. */
export function event(message: unknown): string {
  return `data: ${JSON.stringify(message)}\n\n`;
}

/** Tools that take nothing. */
export function plainTools(...names: string[]): { tools: unknown[] } {
  return { tools: names.map((name) => ({ name, inputSchema: { type: 'object' } })) };
}
