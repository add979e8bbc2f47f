import { createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { demoMcp } from '../../../../src/demo/demo-mcp.ts';
import type { Connection } from '../../../../src/execute/ports.ts';
import { isObject } from '../../../../src/protocol/json.ts';
import { connectTo, faultOf, NEVER } from './connect.ts';
import { overHttp, serve, type TestServer } from '../references/http-server.ts';

/** A server of the stateless protocol of 2026-07-28 with calls that are more than plain calls. */
function statelessServer(cancelled: string[]): McpServer {
  const server = new McpServer({ name: 'stateless', version: '1' });
  server.registerTool('sleep', { description: 'Never ends' }, async ({ mcpReq: { signal } }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
    await promise;
    cancelled.push('sleep');
    return { content: [] };
  });
  server.registerTool('ask', { description: 'Asks a person' }, () =>
    inputRequired({
      inputRequests: {
        name: inputRequired.elicit({
          message: 'Who?',
          requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
        }),
      },
    }),
  );
  const region = z.string().meta({ 'x-mcp-header': 'Region' });
  server.registerTool(
    'query',
    { description: 'Routed by a header', inputSchema: z.object({ region }) },
    (args) => ({ content: [{ type: 'text', text: args.region }] }),
  );
  return server;
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.close();
});

async function connected(
  cancelled: string[] = [],
): Promise<{ server: TestServer; connection: Connection }> {
  const handler = createMcpHandler(() => statelessServer(cancelled));
  const server = await serve(overHttp((request) => handler.fetch(request)));
  const connection = await connectTo(`${server.origin}/mcp`);
  open.push(server, connection);
  return { server, connection };
}

describe('a server of the stateless protocol', () => {
  test('is spoken to without a handshake', async () => {
    const { server, connection } = await connected();
    expect(connection).toMatchObject({ name: 'stateless', protocolVersion: '2026-07-28' });
    expect(server.seen.map(({ headers }) => headers['mcp-method'])).toEqual([
      'server/discover',
      'tools/list',
    ]);
  });

  test('an abort in the middle of a call closes its stream, which cancels it there', async () => {
    const cancelled: string[] = [];
    const { server, connection } = await connected(cancelled);
    const abort = new AbortController();
    const calling = faultOf(connection.call('sleep', {}, { signal: abort.signal }));
    await expect.poll(() => server.seen).toHaveLength(3);
    abort.abort();
    expect((await calling).code).toBe('cancelled');
    await expect.poll(() => cancelled).toHaveLength(1);
  });

  test('arguments marked for it are sent as headers too', async () => {
    const { server, connection } = await connected();
    const { parts } = await connection.call('query', { region: 'eu' }, { signal: NEVER });
    expect(parts).toEqual([{ type: 'text', text: 'eu' }]);
    expect(server.seen.at(-1)?.headers).toMatchObject({
      'mcp-name': 'query',
      'mcp-param-region': 'eu',
    });
  });

  test('a tool that asks again after it was told that nobody answers is a visible fault', async () => {
    const { connection } = await connected();
    const fault = await faultOf(connection.call('ask', {}, { signal: NEVER }));
    expect(fault.code).toBe('server_unsupported');
  });

  test.each([
    [{ resultType: 'input_required', requestState: 'x' }, 'server_limit'],
    [{ resultType: 'input_required' }, 'server_garbage'],
    [
      { resultType: 'input_required', inputRequests: { a: { method: 'roots/list' } } },
      'server_unsupported',
    ],
    [{ resultType: 'task', taskId: '1' }, 'server_garbage'],
    [{ resultType: 'later' }, 'server_unsupported'],
  ])('a result that is no end, %j, is a visible fault', async (result, code) => {
    const server = await serve(
      overHttp(async (request) => {
        if (request.headers.get('mcp-method') !== 'tools/call') return demoMcp(request);
        const message: unknown = await request.json();
        const id = isObject(message) ? message['id'] : null;
        return Response.json({ jsonrpc: '2.0', id, result });
      }),
    );
    const connection = await connectTo(`${server.origin}/mcp`);
    open.push(server, connection);
    const fault = await faultOf(connection.call('calculate', {}, { signal: NEVER }));
    expect(fault.code).toBe(code);
  });
});
