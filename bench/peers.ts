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

/**
 * A chat server whose answers depend on the request alone: with tools offered and none used it
 * calls every tool whose name the prompt holds, `n` times where the prompt says `times n`;
 * else it says ten words.
 */
export function chatPeer(): Promise<Peer> {
  return listen((_request, body, response) => {
    const { messages, tools = [] } = JSON.parse(body) as {
      messages: { role: string; content: unknown }[];
      tools?: { function: { name: string } }[];
    };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const prompt = JSON.stringify(messages.findLast(({ role }) => role === 'user')?.content);
    const times = Number(/times (\d+)/.exec(prompt)?.[1] ?? 1);
    const turns = Number(/turns (\d+)/.exec(prompt)?.[1] ?? 1);
    const done = messages.filter(({ role }) => role === 'assistant').length;
    if (tools.length > 0 && done < turns) {
      let index = 0;
      for (const tool of tools) {
        for (let n = 0; n < times; n += 1) {
          const call = {
            index,
            id: `c${done}_${index}`,
            function: { name: tool.function.name, arguments: '{}' },
          };
          response.write(sse({ choices: [{ index: 0, delta: { tool_calls: [call] } }] }));
          index += 1;
        }
      }
      response.write(sse({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }));
    } else {
      for (let word = 0; word < 10; word += 1) {
        response.write(sse({ choices: [{ index: 0, delta: { content: `word${word} ` } }] }));
      }
      response.write(sse({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    }
    response.end(sse('[DONE]'));
  });
}

/** An MCP server of the 2025 era, written by hand so that it costs nothing but its `delay`. */
export function mcpPeer(delay: number): Promise<Peer> {
  return listen(async (request, body, response) => {
    if (request.method !== 'POST') return response.writeHead(405).end();
    const message = JSON.parse(body) as { id?: number; method: string };
    if (message.id === undefined) return response.writeHead(202).end();
    const result = resultOf(message.method);
    if (result === null) {
      const error = { code: -32601, message: 'Method not found' };
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
    }
    if (message.method === 'tools/call' && delay > 0) {
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
  });
}

function resultOf(method: string): unknown {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'bench', version: '1' },
      };
    case 'tools/list':
      return { tools: [{ name: 'wait', inputSchema: { type: 'object' } }] };
    case 'tools/call':
      return { content: [{ type: 'text', text: 'done' }] };
    case 'ping':
      return {};
    default:
      return null;
  }
}
