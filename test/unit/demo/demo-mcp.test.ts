import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, test } from 'vitest';
import { demoMcp } from '../../../src/demo/demo-mcp.ts';

const URL_HERE = new URL('http://demo.invalid/demo/mcp');
const INFO = { name: 'test', version: '1' };
const TOOLS = ['time_in_zone', 'roll_dice', 'calculate', 'count_words'];

const inProcess = (url: string | URL, init?: RequestInit): Promise<Response> =>
  demoMcp(new Request(url, init));

function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  const all = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  };
  return demoMcp(new Request(URL_HERE, { method: 'POST', headers: all, body }));
}

test.each([
  ['legacy', '2025-11-25'],
  ['auto', '2026-07-28'],
] as const)('a client in mode %s speaks %s with it', async (mode, version) => {
  const client = new Client(INFO, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(URL_HERE, { fetch: inProcess }));
  expect(client.getNegotiatedProtocolVersion()).toBe(version);
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(TOOLS);
  const result = await client.callTool({ name: 'roll_dice', arguments: { count: 2, seed: 3 } });
  expect(result.structuredContent).toMatchObject({ seed: 3 });
  await client.close();
});

test('a client of the v1 SDK lists and calls its tools, checking every result', async () => {
  const client = new V1Client(INFO);
  await client.connect(new V1Transport(URL_HERE, { fetch: inProcess }));
  const { tools } = await client.listTools();
  expect(
    tools.every(
      ({ description, annotations }) => description !== undefined && annotations?.readOnlyHint,
    ),
  ).toBe(true);
  for (const [name, args] of [
    ['time_in_zone', { zone: 'Europe/Berlin' }],
    ['roll_dice', {}],
    ['calculate', { expression: '2^10' }],
    ['count_words', { text: 'a b' }],
  ] as const) {
    const result = await client.callTool({ name, arguments: args });
    expect(result.isError ?? false).toBe(false);
    expect(result.structuredContent).toBeTypeOf('object');
  }
  await client.close();
});

test.each([
  ['time_in_zone', { zone: 'Mars/Olympus' }, 'Europe/Berlin'],
  ['calculate', { expression: '2 +' }, 'ends too early'],
  ['calculate', {}, 'expression'],
  ['roll_dice', { count: 1000 }, 'count'],
  ['roll_dice', { sides: 1 }, 'sides'],
])('%s with %j is an error that says what is wrong', async (name, args, text) => {
  const client = new Client(INFO);
  await client.connect(new StreamableHTTPClientTransport(URL_HERE, { fetch: inProcess }));
  const result = await client.callTool({ name, arguments: args });
  expect(result.isError).toBe(true);
  expect(JSON.stringify(result.content)).toContain(text);
  await client.close();
});

test.each([
  ['no JSON', '{', 400],
  ['no JSON-RPC', '{"a": 1}', 400],
  ['a body over the limit', `{"x": "${'x'.repeat(300_000)}"}`, 413],
])('%s is refused', async (_what, body, status) => {
  expect((await post(body)).status).toBe(status);
});

test('a GET is refused: there is no stream to open', async () => {
  expect((await demoMcp(new Request(URL_HERE))).status).toBe(405);
});
