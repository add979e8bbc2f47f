import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Connection } from '../../../../src/execute/ports.ts';
import { demoMcp } from '../../../../src/demo/demo-mcp.ts';
import { closedAfterEach, connectTo, faultOf, NEVER, serverAt } from './connect.ts';
import {
  event,
  handMade,
  overHttp,
  plainTools,
  sendResult,
  serve,
  type TestServer,
} from '../references/http-server.ts';
import { everything, v1Http, v1Sse, type V1Server } from './peers.ts';

const kept = closedAfterEach();

async function textOf(connection: Connection, tool: string, args = {}): Promise<string> {
  const { parts } = await connection.call(tool, args, { signal: NEVER });
  return parts.map((part) => (part.type === 'text' ? part.text : '<image>')).join('|');
}

const own = (path: string, request: Request): Promise<Response | null> =>
  path === '/demo/mcp' ? demoMcp(request) : Promise.resolve(null);

describe('server-everything', () => {
  let peer: Awaited<ReturnType<typeof everything>>;
  beforeAll(async () => {
    peer = await everything();
  }, 30_000);
  afterAll(() => peer.close());

  test('speaks the handshake of 2025, and its tools are called', async () => {
    const connection = kept(await connectTo(peer.url));
    expect(connection.protocolVersion).toBe('2025-11-25');
    expect(connection.instructions).toBeTypeOf('string');
    expect(await textOf(connection, 'echo', { message: 'hello' })).toBe('Echo: hello');
  });

  test('an image comes as an image part', async () => {
    const connection = kept(await connectTo(peer.url));
    const { parts } = await connection.call('get-tiny-image', {}, { signal: NEVER });
    expect(parts.map(({ type }) => type)).toEqual(['text', 'image_url', 'text']);
  });

  test('structured content is kept beside the text', async () => {
    const connection = kept(await connectTo(peer.url));
    const outcome = await connection.call(
      'get-structured-content',
      { location: 'New York' },
      { signal: NEVER },
    );
    expect(outcome.structured).toHaveProperty('temperature');
  });

  test('resource links are text with their address', async () => {
    const connection = kept(await connectTo(peer.url));
    expect(await textOf(connection, 'get-resource-links', { count: 2 })).toContain('[resource ');
  });

  test('progress is reported', async () => {
    const connection = kept(await connectTo(peer.url, { limits: { progressMs: 0 } }));
    const seen: number[] = [];
    const outcome = await connection.call(
      'trigger-long-running-operation',
      { duration: 0.4, steps: 4 },
      { signal: NEVER, onProgress: ({ progress }) => seen.push(progress) },
    );
    expect(outcome.isError).toBe(false);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  test('tools for clients that offer sampling or roots are not there', async () => {
    const connection = kept(await connectTo(peer.url));
    const names = connection.tools.map(({ name }) => name);
    expect(names.filter((name) => /sampling-request|roots/.test(name))).toEqual([]);
  });

  test('50 calls at once on one connection each get their own answer', async () => {
    const connection = kept(await connectTo(peer.url));
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const answers = await Promise.all(
      numbers.map((number) => textOf(connection, 'echo', { message: String(number) })),
    );
    expect(answers).toEqual(numbers.map((number) => `Echo: ${number}`));
  });
});

describe.each([
  ['Streamable HTTP with sessions', v1Http],
  ['HTTP+SSE', v1Sse],
])('a server of the v1 SDK over %s', (_name, start) => {
  async function connected(): Promise<[V1Server, Connection]> {
    const server = kept(await start());
    return [server, kept(await connectTo(`${server.origin}/mcp`, { limits: { progressMs: 0 } }))];
  }

  test('is called', async () => {
    const [, connection] = await connected();
    expect(connection).toMatchObject({
      name: 'v1',
      tools: [{ name: 'echo' }, { name: 'sleep' }, { name: 'flood' }],
    });
    expect(await textOf(connection, 'echo', { text: 'ä' })).toBe('ä');
  });

  test('wrong arguments are an answer that the model can read', async () => {
    const [, connection] = await connected();
    const outcome = await connection.call('echo', {}, { signal: NEVER });
    expect(outcome.isError).toBe(true);
    expect(JSON.stringify(outcome.parts)).toContain('text');
  });

  test('an abort in the middle of a call reaches the server, and the connection lives on', async () => {
    const [server, connection] = await connected();
    const abort = new AbortController();
    const calling = faultOf(connection.call('sleep', {}, { signal: abort.signal }));
    await expect.poll(() => server.asleep).toHaveLength(1);
    abort.abort();
    expect((await calling).code).toBe('cancelled');
    await expect.poll(() => server.cancelled).toHaveLength(1);
    expect(await textOf(connection, 'echo', { text: 'still here' })).toBe('still here');
  });

  test('a call that takes too long is cancelled on the server', async () => {
    const server = kept(await start());
    const connection = kept(await connectTo(`${server.origin}/mcp`, { limits: { callMs: 1000 } }));
    expect((await faultOf(connection.call('sleep', {}, { signal: NEVER }))).code).toBe(
      'server_timeout',
    );
    await expect.poll(() => server.cancelled).toHaveLength(1);
  });

  test('50 calls at once each get their own answer', async () => {
    const [, connection] = await connected();
    const texts = Array.from({ length: 50 }, (_, index) => `n${index}`);
    expect(await Promise.all(texts.map((text) => textOf(connection, 'echo', { text })))).toEqual(
      texts,
    );
  });

  test('a flood of progress is thinned out', async () => {
    const [, connection] = await connected();
    let reports = 0;
    const { parts } = await connection.call(
      'flood',
      {},
      { signal: NEVER, onProgress: () => (reports += 1) },
    );
    expect(parts).toEqual([{ type: 'text', text: 'done' }]);
    expect(reports).toBe(500);
  });
});

test('a session is ended when the connection is closed', async () => {
  const server = kept(await v1Http());
  const connection = await connectTo(`${server.origin}/mcp`);
  expect(server.sessions.size).toBe(1);
  await connection.close();
  expect(server.sessions.size).toBe(0);
});

test('an SSE server that goes away fails the calls that wait for it', async () => {
  const server = await v1Sse();
  const connection = kept(await connectTo(`${server.origin}/sse`));
  const calling = faultOf(connection.call('sleep', {}, { signal: NEVER }));
  await expect.poll(() => server.asleep).toHaveLength(1);
  await server.close();
  expect((await calling).code).toBe('server_unreachable');
});

test('progress does not stretch a call beyond its limit', async () => {
  const timers: NodeJS.Timeout[] = [];
  const server = kept(
    await serve(
      handMade((message, response) => {
        if (message.method === 'tools/list') return sendResult(response, message, plainTools('a'));
        if (message.method !== 'tools/call') return undefined;
        const progressToken = message.params?.['_meta']?.progressToken;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const params = { progressToken, progress: 1 };
        const tick = (): unknown =>
          response.write(event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
        return timers.push(setInterval(tick, 10));
      }),
    ),
  );
  const connection = kept(await connectTo(`${server.origin}/mcp`, { limits: { callMs: 200 } }));
  const fault = await faultOf(connection.call('a', {}, { signal: NEVER, onProgress: () => {} }));
  timers.forEach(clearInterval);
  expect(fault.code).toBe('server_timeout');
});

describe('the demo server', () => {
  test('is called in process by its path, never over the network', async () => {
    const network = vi.fn<typeof fetch>();
    const connection = kept(await connectTo('/demo/mcp', { own, fetch: network }));
    expect(connection.protocolVersion).toBe('2026-07-28');
    expect(await textOf(connection, 'calculate', { expression: '6*7' })).toBe('6*7 = 42');
    expect(network).not.toHaveBeenCalled();
  });

  test('says which tools are safe to repeat', async () => {
    const connection = kept(await connectTo('/demo/mcp', { own }));
    expect(connection.tools[0]).toMatchObject({
      name: 'time_in_zone',
      readOnly: true,
      idempotent: true,
    });
  });

  test('is called over HTTP as any other server', async () => {
    const server: TestServer = kept(await serve(overHttp(demoMcp)));
    const connection = kept(await connectTo(`${server.origin}/demo/mcp`));
    expect(await textOf(connection, 'count_words', { text: 'one two' })).toContain('2 words');
  });

  test('two connections of one run are independent of each other', async () => {
    const [one, two] = await Promise.all([
      connectTo(serverAt('/demo/mcp', { label: 'one' }), { own }),
      connectTo(serverAt('/demo/mcp', { label: 'two' }), { own }),
    ]);
    kept(two);
    await one.close();
    expect(await textOf(two, 'calculate', { expression: '1+1' })).toBe('1+1 = 2');
  });
});
