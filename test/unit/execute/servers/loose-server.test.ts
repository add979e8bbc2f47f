import { afterEach, describe, expect, test } from 'vitest';
import {
  bodyOf,
  handMade,
  plainTools,
  sendResult,
  serve,
  type TestServer,
} from '../references/http-server.ts';
import { connectTo, faultOf, NEVER } from './connect.ts';

const open: TestServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** Connects to a server that lists these tools, and answers every call with this. */
async function connected(list: object, answer: object = { content: [] }) {
  const server = await serve(
    handMade((message, response) =>
      sendResult(response, message, message.method === 'tools/list' ? list : answer),
    ),
  );
  open.push(server);
  return connectTo(`${server.origin}/mcp`);
}

async function outcome(answer: object) {
  const connection = await connected(plainTools('a'), answer);
  return connection.call('a', {}, { signal: NEVER });
}

describe('a server that says it loosely', () => {
  test('may write null for what it leaves out of its list', async () => {
    const nothing = {
      title: null,
      description: null,
      outputSchema: null,
      icons: null,
      _meta: null,
    };
    const annotations = { title: null, readOnlyHint: true, idempotentHint: null };
    const inputSchema = { type: 'object', properties: null, required: null };
    const tool = { name: 'a', inputSchema, annotations, ...nothing };
    const { tools } = await connected({ tools: [tool], nextCursor: null, _meta: null });
    expect(tools).toEqual([{ name: 'a', inputSchema: { type: 'object' }, readOnly: true }]);
  });

  test.each([[{}], [{ inputSchema: null }], [{ inputSchema: {} }]])(
    'may describe a tool without arguments by %j',
    async (schema) => {
      const { tools } = await connected({ tools: [{ name: 'a', ...schema }] });
      expect(tools).toEqual([{ name: 'a', inputSchema: { type: 'object' } }]);
    },
  );

  test('keeps the null that a schema means', async () => {
    const inputSchema = { type: 'object', properties: { a: { enum: [null, 1], default: null } } };
    const { tools } = await connected({ tools: [{ name: 'a', inputSchema }] });
    expect(tools[0]?.inputSchema).toEqual(inputSchema);
  });

  test('may describe its output by something that is no object', async () => {
    const tool = { name: 'a', inputSchema: { type: 'object' }, outputSchema: { type: 'array' } };
    expect((await connected({ tools: [tool] })).tools).toHaveLength(1);
  });

  test('may write null for what it leaves out of a result', async () => {
    const part = { type: 'text', text: 'fine', annotations: null, _meta: null };
    const resource = { uri: 'a:b', text: 'embedded', mimeType: null, _meta: null };
    const link = { type: 'resource_link', uri: 'a:c', name: 'c', description: null, size: null };
    const content = [part, { type: 'resource', resource, annotations: null }, link];
    const { isError, parts } = await outcome({ content, structuredContent: null, isError: null });
    expect(isError).toBe(false);
    expect(JSON.stringify(parts)).toMatch(/fine.*embedded.*a:c/);
  });

  test('may send content of a kind that nobody knows, which hides no other', async () => {
    const { parts } = await outcome({
      content: [
        { type: 'text', text: 'known' },
        { type: 'video', url: 'x' },
      ],
    });
    const text = JSON.stringify(parts);
    expect(text).toContain('known');
    expect(text).toContain('[video, 26 characters, not shown]');
  });

  test('may write null in its answer to initialize', async () => {
    const server = await serve(async (request, response) => {
      if (request.method !== 'POST') return response.writeHead(405).end();
      const text = await bodyOf(request);
      if (text.includes('"server/discover"')) return response.writeHead(400).end();
      const id = /"id":(\d+)/.exec(text)?.[1];
      if (id === undefined) return response.writeHead(202).end();
      const capabilities = { tools: { listChanged: null }, prompts: null, logging: null };
      const serverInfo = { name: 'nulls', version: '1', title: null };
      const hello = { protocolVersion: '2025-06-18', capabilities, serverInfo, instructions: null };
      const result = text.includes('"initialize"') ? hello : plainTools('a');
      return sendResult(response, { id: Number(id), method: '' }, result);
    });
    open.push(server);
    expect(await connectTo(`${server.origin}/mcp`)).toMatchObject({ tools: [{ name: 'a' }] });
  });

  test('may write both a result and an error, one of them null', async () => {
    const server = await serve(
      handMade((message, response) => {
        const isList = message.method === 'tools/list';
        const error = { code: -32_602, message: 'no such colour' };
        const said = isList ? { result: plainTools('a'), error: null } : { result: null, error };
        response.writeHead(200, { 'content-type': 'application/json' });
        return response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...said }));
      }),
    );
    open.push(server);
    const connection = await connectTo(`${server.origin}/mcp`);
    const { isError, parts } = await connection.call('a', {}, { signal: NEVER });
    expect(isError).toBe(true);
    expect(JSON.stringify(parts)).toContain('no such colour');
  });

  test('still has to list tools that are some', async () => {
    expect((await faultOf(connected({ tools: [{ name: 7 }] }))).code).toBe('server_garbage');
    const tools = [{ name: 'a', inputSchema: { type: 'string' } }];
    expect((await faultOf(connected({ tools }))).code).toBe('server_garbage');
  });
});
