import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ServerMemo, ServerMemory, ServerTokens } from '../../../../src/execute/ports.ts';
import { serverMemory } from '../../../../src/execute/servers/server-memory.ts';
import type { ToolServersOptions } from '../../../../src/execute/servers/tool-servers.ts';
import {
  handMade,
  overHttp,
  plainTools,
  sendResult,
  serve,
  type TestServer,
} from '../references/http-server.ts';
import { closedAfterEach, connectTo, faultOf, NEVER, serverAt } from './connect.ts';
import { v1Http, v1Sse } from './peers.ts';

const kept = closedAfterEach();

interface Offer {
  /** How long its tool list may be kept; 0 for not at all. */
  ttlMs?: number;
  description?: string;
}

/** What a stateless server of the v2 SDK answers. */
function stateless({ ttlMs = 0, description = 'Says it' }: Offer = {}) {
  const handler = createMcpHandler(() => {
    const server = new McpServer(
      { name: 'stateless', version: '1' },
      { cacheHints: { 'tools/list': { ttlMs, cacheScope: 'private' } } },
    );
    server.registerTool(
      'say',
      { description, inputSchema: z.object({ it: z.string() }) },
      (args) => ({
        content: [{ type: 'text', text: args.it }],
      }),
    );
    return server;
  });
  return overHttp((request) => handler.fetch(request));
}

type Handler = Parameters<typeof serve>[0];

/** A server that can become another one. */
async function changeable(first: Handler): Promise<TestServer & { become(next: Handler): void }> {
  let current = first;
  const server = kept(await serve((request, response) => current(request, response)));
  return Object.assign(server, { become: (next: Handler) => void (current = next) });
}

/** The methods of the requests that a server got since the last time. */
function methods(server: TestServer): unknown[] {
  return server.seen
    .splice(0)
    .map(({ line, headers }) => headers['mcp-method'] ?? line.slice(0, 4));
}

async function connected(server: TestServer, options: Partial<ToolServersOptions>) {
  return kept(await connectTo(`${server.origin}/mcp`, options));
}

const said = (connection: Awaited<ReturnType<typeof connectTo>>) =>
  connection.call('say', { it: 'x' }, { signal: NEVER });

const legacy = handMade((message, response) => {
  if (message.id === undefined) return undefined;
  if (message.method === 'tools/list') return sendResult(response, message, plainTools('say'));
  return sendResult(response, message, { content: [{ type: 'text', text: 'old' }] });
});

describe('a stateless server that is known', () => {
  test('is connected to without a round trip while its tool list is fresh', async () => {
    const server = await changeable(stateless({ ttlMs: 60_000 }));
    const memory = serverMemory();
    const first = await connected(server, { memory });
    expect(methods(server)).toEqual(['server/discover', 'tools/list']);
    const second = await connected(server, { memory });
    expect(methods(server)).toEqual([]);
    expect(second.tools).toEqual(first.tools);
    expect(second).toMatchObject({ name: 'stateless', protocolVersion: '2026-07-28' });
    expect((await said(second)).parts).toEqual([{ type: 'text', text: 'x' }]);
    expect(methods(server)).toEqual(['tools/call']);
  });

  test('is asked only for its tools where they may not be kept', async () => {
    const server = await changeable(stateless());
    const memory = serverMemory();
    await connected(server, { memory });
    methods(server);
    await connected(server, { memory });
    expect(methods(server)).toEqual(['tools/list']);
  });

  test('that was changed for one of the handshake is spoken to anew, and its tools are fixed', async () => {
    const server = await changeable(stateless({ ttlMs: 60_000 }));
    const memory = serverMemory();
    await connected(server, { memory });
    server.become((request, response) =>
      request.headers['mcp-protocol-version'] === '2026-07-28'
        ? response.writeHead(400).end('{}')
        : legacy(request, response),
    );
    const fault = await faultOf(said(await connected(server, { memory })));
    expect(fault.code).toBe('tools_changed');
    const next = await connected(server, { memory });
    expect((await said(next)).parts).toEqual([{ type: 'text', text: 'old' }]);
  });

  test('that refuses what was remembered is asked anew in the middle of a call', async () => {
    const server = await changeable(stateless({ ttlMs: 60_000 }));
    const memory = serverMemory();
    await connected(server, { memory });
    const connection = await connected(server, { memory });
    let refused = 0;
    server.become((request, response) => {
      refused += 1;
      if (refused === 1) return response.writeHead(400).end('{}');
      return stateless({ ttlMs: 60_000 })(request, response);
    });
    methods(server);
    expect((await said(connection)).parts).toEqual([{ type: 'text', text: 'x' }]);
    expect(methods(server)).toEqual(['tools/call', 'server/discover', 'tools/list', 'tools/call']);
  });

  test('whose list is too old is listed again', async () => {
    const server = await changeable(stateless({ ttlMs: 1 }));
    const memory = serverMemory();
    await connected(server, { memory });
    methods(server);
    await new Promise((resolve) => setTimeout(resolve, 10));
    await connected(server, { memory });
    expect(methods(server)).toEqual(['tools/list']);
  });
});

describe('a server of the handshake that is known', () => {
  test('is not asked whether it is stateless', async () => {
    const server = kept(await v1Http());
    const memory = serverMemory();
    await connected(server, { memory });
    methods(server);
    await connected(server, { memory });
    expect(methods(server)).not.toContain('server/discover');
  });

  test('that now speaks only the newer protocol is found out', async () => {
    const server = await changeable(legacy);
    const memory = serverMemory();
    await connected(server, { memory });
    const modern = createMcpHandler(() => new McpServer({ name: 'new', version: '1' }), {
      legacy: 'reject',
    });
    server.become(overHttp((request) => modern.fetch(request)));
    expect((await connected(server, { memory })).protocolVersion).toBe('2026-07-28');
  });

  test('of HTTP+SSE is spoken to with its transport at once', async () => {
    const server = kept(await v1Sse());
    const memory = serverMemory();
    await connected(server, { memory });
    methods(server);
    await connected(server, { memory });
    expect(methods(server)[0]).toBe('GET ');
  });
});

describe('what is known of a server', () => {
  const bearer = (authorization: string) => ({ authorization });

  test('belongs to one set of credentials and one address', async () => {
    const server = await changeable(stateless({ ttlMs: 60_000 }));
    const memory = serverMemory();
    const at = `${server.origin}/mcp`;
    for (const own of [bearer('token-of-alice'), bearer('token-of-bob'), {}]) {
      kept(await connectTo(serverAt(at, own), { memory }));
      expect(methods(server)).toEqual(['server/discover', 'tools/list']);
    }
    kept(await connectTo(`${at}/`, { memory }));
    expect(methods(server)).toEqual(['server/discover', 'tools/list']);
    kept(await connectTo(serverAt(at, bearer('token-of-bob')), { memory }));
    expect(methods(server)).toEqual([]);
  });

  test('belongs to one login, and holds nothing of its token', async () => {
    const server = await changeable(stateless({ ttlMs: 60_000 }));
    const inner = serverMemory();
    const written: unknown[] = [];
    const memory: ServerMemory = {
      recall: (key) => inner.recall(key),
      keep: async (key, memo) => {
        written.push(key, memo);
        await inner.keep(key, memo);
      },
    };
    const tokens = (token: string): ServerTokens => ({
      token: async () => token,
      refused: async () => null,
    });
    await connected(server, { memory, tokens: tokens('canary-token-of-alice') });
    methods(server);
    await connected(server, { memory, tokens: tokens('canary-token-of-bob') });
    expect(methods(server)).toEqual(['server/discover', 'tools/list']);
    expect(JSON.stringify(written)).not.toContain('canary');
  });

  test('may be lost or broken without harm', async () => {
    const server = await changeable(stateless());
    const broken = async (): Promise<never> => {
      throw new Error('The disk is full.');
    };
    expect(
      (await connected(server, { memory: { recall: broken, keep: broken } })).tools,
    ).toHaveLength(1);
    const memo: ServerMemo = { era: 'stateless', until: Infinity, discover: { no: 'answer' } };
    const strange: ServerMemory = { recall: async () => memo, keep: async () => {} };
    expect((await connected(server, { memory: strange })).tools).toHaveLength(1);
  });
});

describe('a memory of servers', () => {
  const memo = (size: number): ServerMemo => ({
    era: 'stateless',
    until: 1,
    discover: 'x'.repeat(size),
  });

  test('forgets first what was used longest ago', async () => {
    const memory = serverMemory({ entries: 2, length: 1000 });
    await memory.keep('a', memo(1));
    await memory.keep('b', memo(1));
    await memory.recall('a');
    await memory.keep('c', memo(1));
    expect(await memory.recall('b')).toBeNull();
    expect(await memory.recall('a')).toEqual(memo(1));
  });

  test('holds no more than it may', async () => {
    const memory = serverMemory({ entries: 10, length: 300 });
    await memory.keep('a', memo(100));
    await memory.keep('b', memo(200));
    await memory.keep('c', memo(1000));
    expect(await memory.recall('a')).toBeNull();
    expect(await memory.recall('c')).toBeNull();
    expect(await memory.recall('b')).not.toBeNull();
    await memory.keep('b', null);
    expect(await memory.recall('b')).toBeNull();
  });
});
