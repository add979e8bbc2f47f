import { afterEach, describe, expect, test } from 'vitest';
import { demoMcp } from '../../../../src/demo/demo-mcp.ts';
import {
  bodyOf,
  handMade,
  overHttp,
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

describe('a tool that cannot be used', () => {
  const fine = { name: 'fine', inputSchema: { type: 'object' } };
  const deep: unknown = JSON.parse('{"a":'.repeat(40) + '1' + '}'.repeat(40));

  test.each([
    ['(no name)', { name: 7 }, 'A tool of HOST has no name.'],
    ['(no name)', 'text', 'A tool of HOST has no name.'],
    [
      'a',
      { name: 'a', inputSchema: { type: 'string' } },
      'The tool a of HOST has an input schema that is none.',
    ],
    [
      'a',
      { name: 'a', inputSchema: { type: 'object', properties: [] } },
      'The tool a of HOST has an input schema that is none.',
    ],
    [
      'a',
      { name: 'a', inputSchema: { type: 'object', required: 'x' } },
      'The tool a of HOST has an input schema that is none.',
    ],
    [
      'a',
      { name: 'a', inputSchema: { type: 'object', properties: deep } },
      'The schema of the tool a of HOST is nested too deep.',
    ],
    [
      'a',
      { ...fine, name: 'a', description: 'x'.repeat(66_000) },
      'The tool a of HOST is described at too great a length.',
    ],
  ])('%s as %j is left out alone, and it is said why', async (name, tool, why) => {
    const { tools, leftOut } = await connected({ tools: [tool, fine] });
    expect(tools.map((one) => one.name)).toEqual(['fine']);
    const host = new URL(open[0]?.origin ?? '').host;
    expect(leftOut).toEqual([{ name, why: why.replace('HOST', host) }]);
  });

  test('of a stateless server with a header that is none is told as well', async () => {
    const server = await serve(
      overHttp(async (request) => {
        const answer = await demoMcp(request.clone());
        if (request.headers.get('mcp-method') !== 'tools/list') return answer;
        const message: unknown = await answer.json();
        const routed = { type: 'object', properties: { a: { 'x-mcp-header': 'no header' } } };
        const list = JSON.stringify(message).replace(
          '"tools":[',
          `"tools":[{"name":"routed","inputSchema":${JSON.stringify(routed)}},`,
        );
        return new Response(list, { headers: { 'content-type': 'application/json' } });
      }),
    );
    open.push(server);
    const { tools, leftOut } = await connectTo(`${server.origin}/demo/mcp`);
    expect(tools.map((one) => one.name)).toContain('calculate');
    expect(leftOut).toMatchObject([{ name: 'routed' }]);
  });

  test('is still counted: a list of more than 512 is a fault', async () => {
    const tools = Array.from({ length: 512 }, (_, index) => ({ name: `n${index}` }));
    const bad = { name: 'bad', inputSchema: { type: 'array' } };
    expect((await faultOf(connected({ tools: [...tools, bad] }))).code).toBe('server_limit');
  });

  test('is not one whose decorations are wrong', async () => {
    const annotations = { readOnlyHint: true, idempotentHint: 'yes', title: 7 };
    const tool = { ...fine, title: 7, icons: 'none', description: [], annotations, _meta: [] };
    const { tools, leftOut } = await connected({ tools: [tool] });
    expect(tools).toEqual([{ name: 'fine', inputSchema: { type: 'object' }, readOnly: true }]);
    expect(leftOut).toBeUndefined();
  });
});
