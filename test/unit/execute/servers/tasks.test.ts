import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ToolProgressReport } from '../../../../src/execute/ports.ts';
import { isObject } from '../../../../src/protocol/json.ts';
import { overHttp, serve } from '../references/http-server.ts';
import { closedAfterEach, connectTo, faultOf, NEVER } from './connect.ts';
import { everything } from './peers.ts';

const kept = closedAfterEach();

/** For what comes by itself, however busy the machine is. */
const PATIENT = { timeout: 20_000 };
const HOUR = 3_600_000;

const QUICK = { pollIntervalMs: 1 };

/**
 * A stateless server whose tool is a task; `states` are what `tasks/get` answers, one after the
 * other and the last for ever.
 */
async function taskServer(states: readonly object[], first: object = { status: 'working' }) {
  const requests: { method: string; params: Record<string, unknown>; name: string | null }[] = [];
  let asked = 0;
  const plain = createMcpHandler(() => {
    const server = new McpServer({ name: 'tasks', version: '1' });
    server.registerTool('work', { description: 'Takes long' }, () => ({ content: [] }));
    return server;
  });
  const answers = (method: string): object | null => {
    if (method === 'tools/call') return { resultType: 'task', taskId: 't1', ...QUICK, ...first };
    if (method === 'tasks/get') {
      const state = states[Math.min(asked, states.length - 1)] ?? {};
      asked += 1;
      return { resultType: 'complete', taskId: 't1', ...QUICK, ...state };
    }
    return method.startsWith('tasks/') ? { resultType: 'complete' } : null;
  };
  const answer = async (request: Request): Promise<Response> => {
    const message: unknown = await request.clone().json();
    if (!isObject(message) || !isObject(message['params'])) return plain.fetch(request);
    const { method, params, id } = message;
    const result = answers(String(method));
    if (result === null) return plain.fetch(request);
    requests.push({ method: String(method), params, name: request.headers.get('mcp-name') });
    return Response.json({ jsonrpc: '2.0', id, result });
  };
  const server = kept(await serve(overHttp(answer)));
  return Object.assign(server, { requests });
}

const DONE = {
  status: 'completed',
  result: { content: [{ type: 'text', text: 'done' }], structuredContent: { n: 1 } },
};

describe('a task of a stateless server', () => {
  async function connected(server: { origin: string }, limits = {}) {
    return kept(await connectTo(`${server.origin}/mcp`, { limits: { progressMs: 0, ...limits } }));
  }

  test('is asked for until it is done, and its result is the result of the call', async () => {
    const server = await taskServer([
      { status: 'working', statusMessage: 'half' },
      { status: 'working', statusMessage: 'half' },
      DONE,
    ]);
    const seen: ToolProgressReport[] = [];
    const outcome = await (
      await connected(server)
    ).call(
      'work',
      { a: 1 },
      {
        signal: NEVER,
        onProgress: (report) => void seen.push(report),
      },
    );
    expect(outcome).toMatchObject({
      isError: false,
      parts: [{ type: 'text', text: 'done' }],
      structured: { n: 1 },
    });
    expect(seen.map(({ message }) => message)).toEqual(['working', 'half', 'completed']);
    expect(server.requests.map(({ method }) => method)).toEqual([
      'tools/call',
      ...Array.from({ length: 3 }, () => 'tasks/get'),
    ]);
    expect(server.requests[1]).toMatchObject({ params: { taskId: 't1' }, name: 't1' });
    const meta = JSON.stringify(server.requests[0]?.params);
    expect(meta).toContain('"extensions":{"io.modelcontextprotocol/tasks":{}}');
  });

  test('is given more time than a call, and no more than a task may take', async () => {
    const server = await taskServer([{ status: 'working' }]);
    const connection = await connected(server, { callMs: HOUR, taskMs: 10 * HOUR });
    const count = (method: string): number =>
      server.requests.filter((one) => one.method === method).length;
    // Only our own clock: what takes long on a busy machine takes none of the time of the call.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const fault = faultOf(connection.call('work', {}, { signal: NEVER }));
    await expect.poll(() => count('tasks/get'), PATIENT).toBe(1);
    vi.advanceTimersByTime(2 * HOUR);
    const before = count('tasks/get');
    const asked = (): number => {
      vi.advanceTimersByTime(200);
      return count('tasks/get');
    };
    await expect.poll(asked, PATIENT).toBeGreaterThan(before);
    vi.advanceTimersByTime(9 * HOUR);
    expect((await fault).code).toBe('server_timeout');
    await expect.poll(() => count('tasks/cancel'), PATIENT).toBe(1);
  });

  test('is cancelled when the call is aborted', async () => {
    const server = await taskServer([{ status: 'working' }]);
    const connection = await connected(server);
    const abort = new AbortController();
    const calling = faultOf(connection.call('work', {}, { signal: abort.signal }));
    await expect.poll(() => server.requests.length, PATIENT).toBeGreaterThan(1);
    abort.abort();
    expect((await calling).code).toBe('cancelled');
    const cancelled = () => server.requests.filter(({ method }) => method === 'tasks/cancel');
    await expect.poll(cancelled, PATIENT).toMatchObject([{ params: { taskId: 't1' } }]);
  });

  test('asks a person, who is asked each question once', async () => {
    const request = {
      method: 'elicitation/create',
      params: { message: 'Sure?', requestedSchema: { type: 'object', properties: {} } },
    };
    const waiting = { status: 'input_required', inputRequests: { one: request } };
    const server = await taskServer([waiting, waiting, DONE]);
    const onElicit = vi.fn(async () => ({ action: 'accept', content: {} }) as const);
    await (await connected(server)).call('work', {}, { signal: NEVER, onElicit });
    expect(onElicit).toHaveBeenCalledTimes(1);
    const update = server.requests.find(({ method }) => method === 'tasks/update');
    expect(update?.params).toMatchObject({
      taskId: 't1',
      inputResponses: { one: { action: 'accept', content: {} } },
    });
  });

  test('that failed with an error of JSON-RPC is an answer that the model can read', async () => {
    const server = await taskServer([{ status: 'failed', error: { code: -1, message: 'no' } }]);
    const outcome = await (await connected(server)).call('work', {}, { signal: NEVER });
    expect(outcome).toMatchObject({ isError: true, parts: [{ text: 'Error -1: no' }] });
  });

  test.each([
    [{ status: 'failed' }, 'server_error'],
    [{ status: 'cancelled' }, 'server_error'],
    [{ status: 'completed', result: 7 }, 'server_garbage'],
    [{ status: 'sleeping' }, 'server_garbage'],
    [{ status: 'working', taskId: 'another' }, 'server_garbage'],
  ])('that ends as %j is a visible fault', async (state, code) => {
    const server = await taskServer([state]);
    const fault = await faultOf((await connected(server)).call('work', {}, { signal: NEVER }));
    expect(fault.code).toBe(code);
  });
});

describe('a task of server-everything', () => {
  let peer: Awaited<ReturnType<typeof everything>>;
  beforeAll(async () => {
    peer = await everything();
  }, 30_000);
  afterAll(() => peer.close());

  test('is started, waited for, asks in the middle and gives its result', async () => {
    const connection = kept(await connectTo(peer.url, { limits: { progressMs: 0 } }));
    const seen: ToolProgressReport[] = [];
    const onProgress = (report: ToolProgressReport): void => void seen.push(report);
    const onElicit = vi.fn(
      async () => ({ action: 'accept', content: { interpretation: 'technical' } }) as const,
    );
    const outcome = await connection.call(
      'simulate-research-query',
      { topic: 'python', ambiguous: true },
      { signal: NEVER, onElicit, onProgress },
    );
    expect(outcome.isError).toBe(false);
    expect(JSON.stringify(outcome.parts)).toContain('python');
    expect(onElicit).toHaveBeenCalledTimes(1);
    expect(seen.length).toBeGreaterThan(0);
  }, 30_000);
});
