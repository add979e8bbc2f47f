/** The other side of the measurements: a chat server and an MCP server on loopback. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on a free port of loopback. */
export interface Peer {
  readonly origin: string;
  readonly host: string;
  close(): Promise<void>;
}

type Handler = (request: IncomingMessage, body: string, response: ServerResponse) => unknown;

async function listen(handler: Handler): Promise<Peer> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => handler(request, body, response));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has one
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const sse = (data: unknown): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A chat server whose answers depend on the request alone: with tools offered and none used it
 * calls every tool, `n` times where the prompt says `times n`, in `n` steps where it says
 * `turns n`; `apart n` puts so many milliseconds after each call, of which the first is then one
 * of 400 ms. Else it says ten words, or as many as `tokens n` asks for, each in a turn of its own.
 */
export function chatPeer(): Promise<Peer> {
  return listen(async (_request, body, response) => {
    const { messages, tools = [] } = JSON.parse(body) as {
      messages: { role: string; content: unknown }[];
      tools?: { function: { name: string } }[];
    };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const prompt = JSON.stringify(messages.findLast(({ role }) => role === 'user')?.content);
    const said = (word: string): number =>
      Number(new RegExp(`${word} (\\d+)`).exec(prompt)?.[1] ?? 0);
    const done = messages.filter(({ role }) => role === 'assistant').length;
    if (tools.length > 0 && done < Math.max(1, said('turns'))) {
      const names = tools.flatMap((tool) =>
        Array.from({ length: Math.max(1, said('times')) }, () => tool.function.name),
      );
      for (const [index, name] of names.entries()) {
        const wanted = said('apart') > 0 && index === 0 ? '{"ms":400}' : '{}';
        const call = { index, id: `c${done}_${index}`, function: { name, arguments: wanted } };
        response.write(sse({ choices: [{ index: 0, delta: { tool_calls: [call] } }] }));
        if (said('apart') > 0) await later(said('apart'));
      }
      response.write(sse({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }));
    } else {
      for (let word = 0; word < (said('tokens') || 10); word += 1) {
        response.write(sse({ choices: [{ index: 0, delta: { content: `word${word} ` } }] }));
        // What is written in one turn leaves as one piece.
        if (said('tokens') > 0) await new Promise((resolve) => setImmediate(resolve));
      }
      response.write(sse({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    }
    response.end(sse('[DONE]'));
  });
}

/** A chat server that says the name of the prompt `Say {name}.` with a number, `n` times, 20 ms apart. */
export function wordsPeer(n: number): Promise<Peer> {
  return listen(async (_request, body, response) => {
    const name = /Say (\w+)\./.exec(body)?.[1] ?? '';
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let word = 0; word < n; word += 1) {
      const content = `${word === 0 ? '' : ' '}${name}-${word}`;
      response.write(sse({ choices: [{ index: 0, delta: { content } }] }));
      await later(20);
    }
    response.write(sse({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    response.end(sse('[DONE]'));
  });
}

/** How an MCP server of the bench behaves. */
export interface McpPeerOptions {
  /** Milliseconds that a tool call takes which does not say it itself. */
  readonly delay?: number;
  /** Milliseconds that every answer comes later, as if the server were far away. */
  readonly roundTrip?: number;
  /** The protocol of 2026-07-28 knows no handshake. */
  readonly era?: 'handshake' | 'stateless';
  /** Milliseconds for which a stateless server allows to keep its tool list. */
  readonly ttlMs?: number;
}

/** An MCP server written by hand, so that it costs nothing but its delays. */
export function mcpPeer(options: McpPeerOptions = {}): Promise<Peer> {
  const { delay = 0, roundTrip = 0, era = 'handshake', ttlMs = 0 } = options;
  return listen(async (request, body, response) => {
    if (roundTrip > 0) await later(roundTrip);
    if (request.method !== 'POST') return response.writeHead(405).end();
    const message = JSON.parse(body) as {
      id?: number;
      method: string;
      params?: { arguments?: { ms?: number } };
    };
    if (message.id === undefined) return response.writeHead(202).end();
    const result = RESULTS[era][message.method];
    const takes = message.method === 'tools/call' ? (message.params?.arguments?.ms ?? delay) : 0;
    if (takes > 0) await later(takes);
    const error = { code: -32601, message: 'Method not found' };
    response.writeHead(200, { 'content-type': 'application/json' });
    const answer =
      result === undefined
        ? { error }
        : { result: 'ttlMs' in result ? { ...result, ttlMs } : result };
    return response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...answer }));
  });
}

const SERVER_INFO = { name: 'bench', version: '1' };
const CAPABILITIES = { tools: {} };
const TOOLS = {
  tools: [{ name: 'wait', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }],
};
const CONTENT = { content: [{ type: 'text', text: 'done' }] };
const COMPLETE = {
  resultType: 'complete',
  ttlMs: 0,
  cacheScope: 'private',
  _meta: { 'io.modelcontextprotocol/serverInfo': SERVER_INFO },
};

const RESULTS: Readonly<Record<'handshake' | 'stateless', Readonly<Record<string, object>>>> = {
  handshake: {
    initialize: {
      protocolVersion: '2025-11-25',
      capabilities: CAPABILITIES,
      serverInfo: SERVER_INFO,
    },
    'tools/list': TOOLS,
    'tools/call': CONTENT,
  },
  stateless: {
    'server/discover': {
      ...COMPLETE,
      supportedVersions: ['2026-07-28'],
      capabilities: CAPABILITIES,
    },
    'tools/list': { ...COMPLETE, ...TOOLS },
    'tools/call': { ...COMPLETE, ...CONTENT },
  },
};
