import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
// oxlint-disable-next-line typescript/no-deprecated -- servers in use still speak only this
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';
import { freePort } from '../../../support/peers.ts';
import { bodyOf, serve, type TestServer } from '../references/http-server.ts';

/** Starts `server-everything`, a server that nobody here wrote; `close` ends that process. */
export async function everything(): Promise<{ url: string; close: () => Promise<void> }> {
  const port = await freePort();
  const entry = 'node_modules/@modelcontextprotocol/server-everything/dist/index.js';
  const child = spawn(process.execPath, [entry, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const listening = Promise.withResolvers<void>();
  const heard = (text: Buffer): void => {
    if (text.toString().includes('listening')) listening.resolve();
  };
  child.stdout.on('data', heard);
  child.stderr.on('data', heard);
  const ended = Promise.withResolvers<void>();
  child.on('exit', () => {
    ended.resolve();
    listening.reject(new Error('server-everything ended.'));
  });
  await listening.promise;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    close: async () => {
      child.kill();
      await ended.promise;
    },
  };
}

/** What happened on a server of the v1 SDK. */
export interface V1Server extends TestServer {
  /** Names of calls that were cancelled by their client. */
  readonly cancelled: string[];
  /** Names of calls that have begun to wait for that. */
  readonly asleep: string[];
  readonly sessions: Map<string, unknown>;
}

/** Registers tools besides those that every v1 server of the tests has. */
type MoreTools = (server: McpServer) => void;

type Sleep = Pick<V1Server, 'asleep' | 'cancelled'>;

function v1Tools({ asleep, cancelled }: Sleep, more: MoreTools): McpServer {
  const server = new McpServer({ name: 'v1', version: '1.0.0' });
  more(server);
  server.registerTool(
    'echo',
    { description: 'Says it again', inputSchema: { text: z.string() } },
    ({ text }) => ({ content: [{ type: 'text', text }] }),
  );
  server.registerTool('sleep', { description: 'Never ends' }, async ({ signal }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
    asleep.push('sleep');
    await promise;
    cancelled.push('sleep');
    return { content: [] };
  });
  server.registerTool(
    'flood',
    { description: 'Much progress' },
    async ({ _meta, sendNotification }) => {
      const progressToken = _meta?.progressToken ?? 0;
      for (let progress = 1; progress <= 3000; progress += 1) {
        await sendNotification({
          method: 'notifications/progress',
          params: { progressToken, progress },
        });
      }
      return { content: [{ type: 'text', text: 'done' }] };
    },
  );
  return server;
}

/** A server of the v1 SDK over Streamable HTTP, with sessions. */
export async function v1Http(more: MoreTools = () => {}): Promise<V1Server> {
  const sleep: Sleep = { asleep: [], cancelled: [] };
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const server = await serve(async (request, response) => {
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    if (known !== undefined) return known.handleRequest(request, response);
    if (typeof id === 'string') return response.writeHead(404).end();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (made) => void sessions.set(made, transport),
      onsessionclosed: (gone) => void sessions.delete(gone),
    });
    await v1Tools(sleep, more).connect(transport);
    return transport.handleRequest(request, response);
  });
  return Object.assign(server, { ...sleep, sessions });
}

/** A server of the v1 SDK over the HTTP+SSE transport of 2024. */
export async function v1Sse(more: MoreTools = () => {}): Promise<V1Server> {
  const sleep: Sleep = { asleep: [], cancelled: [] };
  // oxlint-disable-next-line typescript/no-deprecated -- see above
  const sessions = new Map<string, SSEServerTransport>();
  const server = await serve(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://test.invalid');
    if (url.pathname === '/post') {
      const body: unknown = JSON.parse(await bodyOf(request));
      return sessions
        .get(url.searchParams.get('sessionId') ?? '')
        ?.handlePostMessage(request, response, body);
    }
    if (request.method !== 'GET') return response.writeHead(404).end();
    // oxlint-disable-next-line typescript/no-deprecated -- see above
    const transport = new SSEServerTransport('/post', response);
    sessions.set(transport.sessionId, transport);
    return v1Tools(sleep, more).connect(transport);
  });
  return Object.assign(server, { ...sleep, sessions });
}
