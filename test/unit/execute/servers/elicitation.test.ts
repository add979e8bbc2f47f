import {
  createMcpHandler,
  inputRequired,
  McpServer as StatelessServer,
} from '@modelcontextprotocol/server';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  ElicitResultSchema,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { ElicitAnswer, Elicitation } from '../../../../src/execute/ports.ts';
import {
  event,
  handMade,
  overHttp,
  plainTools,
  sendResult,
  serve,
} from '../references/http-server.ts';
import { closedAfterEach, connectTo, faultOf, NEVER } from './connect.ts';
import { v1Http, v1Sse } from './peers.ts';

const kept = closedAfterEach();

const FORM = {
  type: 'object' as const,
  properties: {
    name: { type: 'string' as const },
    color: { type: 'string' as const, default: 'green' },
    size: { type: 'integer' as const, default: 3 },
  },
};

/** Tools of 2025-11-25 that ask in the middle of a call, and say what they were answered. */
function asking(server: McpServer): void {
  let paid = false;
  server.registerTool(
    'ask',
    { inputSchema: { who: z.string() } },
    async ({ who }, { sendRequest }) => {
      const params = { mode: 'form' as const, message: `Name of ${who}?`, requestedSchema: FORM };
      const answer = await sendRequest(
        { method: 'elicitation/create', params },
        ElicitResultSchema,
      );
      return { content: [{ type: 'text', text: JSON.stringify(answer) }] };
    },
  );
  server.registerTool(
    'open',
    { inputSchema: { url: z.string() } },
    async ({ url }, { sendRequest }) => {
      const params = { mode: 'url' as const, message: 'Pay', url, elicitationId: 'e1' };
      const answer = await sendRequest(
        { method: 'elicitation/create', params },
        ElicitResultSchema,
      );
      return { content: [{ type: 'text', text: JSON.stringify(answer) }] };
    },
  );
  server.registerTool('pay', { description: 'Wants to be paid first' }, () => {
    if (paid) return { content: [{ type: 'text', text: 'paid' }] };
    paid = true;
    throw new UrlElicitationRequiredError([
      { mode: 'url', message: 'Pay', url: 'https://pay.example/1', elicitationId: 'e1' },
    ]);
  });
  server.registerTool('sample', { description: 'Asks for a model' }, async ({ sendRequest }) => {
    const params = { messages: [], maxTokens: 1 };
    await sendRequest({ method: 'sampling/createMessage', params }, z.object({}));
    return { content: [] };
  });
}

/** A person who says the same to everything, and what they were asked. */
function person(answer: ElicitAnswer) {
  const asked: Elicitation[] = [];
  const onElicit = async (question: Elicitation): Promise<ElicitAnswer> => {
    asked.push(question);
    return answer;
  };
  return { asked, onElicit };
}

const textOf = (outcome: { parts: readonly unknown[] }): string => JSON.stringify(outcome.parts);

describe.each([
  ['Streamable HTTP', v1Http],
  ['HTTP+SSE', v1Sse],
])('a question in the middle of a call over %s', (_name, start) => {
  async function connected() {
    const server = kept(await start(asking));
    return kept(await connectTo(`${server.origin}/mcp`));
  }

  test('is answered by the person of the call, with the defaults of the form', async () => {
    const connection = await connected();
    const { asked, onElicit } = person({ action: 'accept', content: { name: 'Ada', size: 5 } });
    const outcome = await connection.call('ask', { who: 'x' }, { signal: NEVER, onElicit });
    expect(asked).toEqual([{ mode: 'form', message: 'Name of x?', schema: FORM }]);
    expect(outcome.parts).toEqual([
      {
        type: 'text',
        text: '{"action":"accept","content":{"color":"green","size":5,"name":"Ada"}}',
      },
    ]);
  });

  test('is declined where nobody can answer', async () => {
    const connection = await connected();
    const outcome = await connection.call('ask', { who: 'x' }, { signal: NEVER });
    expect(outcome.parts).toEqual([{ type: 'text', text: '{"action":"decline"}' }]);
  });

  test('for a model is refused', async () => {
    const connection = await connected();
    const outcome = await connection.call('sample', {}, { signal: NEVER, onElicit: vi.fn() });
    expect(outcome.isError).toBe(true);
  });
});

describe('a question of a server with sessions', () => {
  async function connected(limits = {}) {
    const server = kept(await v1Http(asking));
    return kept(await connectTo(`${server.origin}/mcp`, { limits }));
  }

  test('finds the call that it belongs to among many', async () => {
    const connection = await connected();
    const call = async (who: string): Promise<string> => {
      const onElicit = async ({ message }: Elicitation): Promise<ElicitAnswer> => ({
        action: 'accept',
        content: { name: `${who} was asked: ${message}` },
      });
      return textOf(await connection.call('ask', { who }, { signal: NEVER, onElicit }));
    };
    const names = Array.from({ length: 10 }, (_, index) => `n${index}`);
    const answers = await Promise.all(names.map(call));
    names.forEach((who, index) =>
      expect(answers[index]).toContain(`${who} was asked: Name of ${who}?`),
    );
  });

  test('is not answered by the person of another call', async () => {
    const connection = await connected();
    const { asked, onElicit } = person({ action: 'accept', content: {} });
    const abort = new AbortController();
    const other = faultOf(connection.call('sleep', {}, { signal: abort.signal, onElicit }));
    const outcome = await connection.call('ask', { who: 'x' }, { signal: NEVER });
    expect(textOf(outcome)).toContain('decline');
    expect(asked).toEqual([]);
    abort.abort();
    await other;
  });

  test('may take a person longer than a call may take', async () => {
    // What is left of the call must be enough on a busy machine.
    const connection = await connected({ callMs: 6000 });
    const onElicit = async (): Promise<ElicitAnswer> => {
      await new Promise((resolve) => setTimeout(resolve, 6500));
      return { action: 'cancel' };
    };
    const outcome = await connection.call('ask', { who: 'x' }, { signal: NEVER, onElicit });
    expect(textOf(outcome)).toContain('cancel');
  });

  test('ends for the person when the call is aborted', async () => {
    const connection = await connected();
    const abort = new AbortController();
    let ended = false;
    const onElicit = async (_question: Elicitation, signal: AbortSignal): Promise<ElicitAnswer> => {
      abort.abort();
      await vi.waitUntil(() => signal.aborted, { timeout: 10_000 });
      ended = true;
      return { action: 'cancel' };
    };
    const calling = connection.call('ask', { who: 'x' }, { signal: abort.signal, onElicit });
    expect((await faultOf(calling)).code).toBe('cancelled');
    await vi.waitUntil(() => ended, { timeout: 10_000 });
  });

  test('with an address shows the address and says only that it was accepted', async () => {
    const connection = await connected();
    const { asked, onElicit } = person({ action: 'accept', content: { secret: 'x' } });
    const url = 'https://pay.example/1?id=2';
    const outcome = await connection.call('open', { url }, { signal: NEVER, onElicit });
    expect(asked).toEqual([{ mode: 'url', message: 'Pay', url }]);
    expect(outcome.parts).toEqual([{ type: 'text', text: '{"action":"accept"}' }]);
  });

  test('with an address of letters that look like others shows what they are', async () => {
    const connection = await connected();
    const { asked, onElicit } = person({ action: 'accept' });
    const url = 'https://b\u0430nk.example/\u202egnp';
    await connection.call('open', { url }, { signal: NEVER, onElicit });
    const shown = 'https://xn--bnk-6cd.example/%E2%80%AEgnp';
    expect(asked).toEqual([{ mode: 'url', message: 'Pay', url: shown }]);
  });

  test.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'http://pay.example/1',
    'https://bank.example@evil.example/',
    `https://pay.example/${'x'.repeat(3000)}`,
  ])('with the address %s is declined unseen', async (url) => {
    const connection = await connected();
    const { asked, onElicit } = person({ action: 'accept' });
    const outcome = await connection.call('open', { url }, { signal: NEVER, onElicit });
    expect(textOf(outcome)).toContain('decline');
    expect(asked).toEqual([]);
  });
});

describe('an error that wants an address to be opened first', () => {
  /** The code of `URLElicitationRequired`, which the v1 SDK throws out of a tool. */
  async function connected(always: boolean) {
    let calls = 0;
    const elicitations = [
      { mode: 'url', message: 'Pay', url: 'https://p.example', elicitationId: 'e' },
    ];
    const server = kept(
      await serve(
        handMade((message, response) => {
          if (message.method === 'tools/list')
            return sendResult(response, message, plainTools('pay'));
          if (message.method !== 'tools/call') return undefined;
          calls += 1;
          if (calls > 1 && !always) return sendResult(response, message, { content: [] });
          const error = { code: -32042, message: 'Pay first', data: { elicitations } };
          response.writeHead(200, { 'content-type': 'application/json' });
          return response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
        }),
      ),
    );
    return { connection: kept(await connectTo(`${server.origin}/mcp`)), calls: () => calls };
  }

  test('is tried once more when the person did', async () => {
    const { connection, calls } = await connected(false);
    const { asked, onElicit } = person({ action: 'accept' });
    const outcome = await connection.call('pay', {}, { signal: NEVER, onElicit });
    expect(outcome.isError).toBe(false);
    expect(asked).toEqual([{ mode: 'url', message: 'Pay', url: 'https://p.example/' }]);
    expect(calls()).toBe(2);
  });

  test('is tried no more than once', async () => {
    const { connection, calls } = await connected(true);
    const { onElicit } = person({ action: 'accept' });
    const outcome = await connection.call('pay', {}, { signal: NEVER, onElicit });
    expect(textOf(outcome)).toContain('-32042');
    expect(calls()).toBe(2);
  });

  test.each([
    ['the person did not', person({ action: 'decline' }).onElicit],
    ['nobody can be asked', undefined],
  ])('is the answer when %s', async (_why, onElicit) => {
    const { connection, calls } = await connected(false);
    const outcome = await connection.call(
      'pay',
      {},
      {
        signal: NEVER,
        ...(onElicit === undefined ? {} : { onElicit }),
      },
    );
    expect(textOf(outcome)).toContain('-32042');
    expect(calls()).toBe(1);
  });

  test('of the v1 SDK is understood', async () => {
    const server = kept(await v1Http(asking));
    const connection = kept(await connectTo(`${server.origin}/mcp`));
    const { asked, onElicit } = person({ action: 'accept' });
    await connection.call('pay', {}, { signal: NEVER, onElicit });
    expect(asked).toHaveLength(1);
  });
});

describe('a stateless server that needs input', () => {
  /** Asks for so many rounds, and shows what it was answered and what came back as its state. */
  async function connected(rounds: number) {
    const seen: unknown[] = [];
    const handler = createMcpHandler(() => {
      const server = new StatelessServer({ name: 'stateless', version: '1' });
      server.registerTool('ask', { description: 'Asks' }, ({ mcpReq }) => {
        seen.push([mcpReq.inputResponses ?? null, mcpReq.requestState() ?? null]);
        if (seen.length > rounds) return { content: [{ type: 'text', text: 'done' }] };
        return inputRequired({
          inputRequests: { who: inputRequired.elicit({ message: 'Who?', requestedSchema: FORM }) },
          requestState: `state "${seen.length}"`,
        });
      });
      return server;
    });
    const server = kept(await serve(overHttp((request) => handler.fetch(request))));
    return { seen, connection: kept(await connectTo(`${server.origin}/mcp`)) };
  }

  test('is answered in as many rounds, with its state as it was', async () => {
    const { seen, connection } = await connected(3);
    const { asked, onElicit } = person({ action: 'accept', content: { name: 'Ada' } });
    const outcome = await connection.call('ask', {}, { signal: NEVER, onElicit });
    expect(outcome.parts).toEqual([{ type: 'text', text: 'done' }]);
    expect(asked).toHaveLength(3);
    const who = { action: 'accept', content: { name: 'Ada', color: 'green', size: 3 } };
    expect(seen).toEqual([
      [null, null],
      [{ who }, 'state "1"'],
      [{ who }, 'state "2"'],
      [{ who }, 'state "3"'],
    ]);
  });

  test('is told that nobody answers', async () => {
    const { seen, connection } = await connected(1);
    const outcome = await connection.call('ask', {}, { signal: NEVER });
    expect(outcome.parts).toEqual([{ type: 'text', text: 'done' }]);
    expect(seen[1]).toEqual([{ who: { action: 'decline' } }, 'state "1"']);
  });

  test('is asked no more than five rounds', async () => {
    const { asked, onElicit } = person({ action: 'accept' });
    const { connection } = await connected(100);
    const fault = await faultOf(connection.call('ask', {}, { signal: NEVER, onElicit }));
    expect(fault.code).toBe('server_limit');
    expect(asked).toHaveLength(5);
  });
});

test('a flood of questions in one call is declined after a while', async () => {
  const server = kept(
    await serve(
      handMade((message, response) => {
        if (message.method === 'tools/list') return sendResult(response, message, plainTools('a'));
        // The answers to its questions.
        if (message.method !== 'tools/call') return response.writeHead(202).end();
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (let id = 1; id <= 500; id += 1) {
          const params = { message: 'Why?', requestedSchema: FORM };
          response.write(event({ jsonrpc: '2.0', id, method: 'elicitation/create', params }));
        }
        const end = (): unknown =>
          response.end(event({ jsonrpc: '2.0', id: message.id, result: { content: [] } }));
        return setTimeout(end, 300);
      }),
    ),
  );
  const connection = kept(await connectTo(`${server.origin}/mcp`));
  const { asked, onElicit } = person({ action: 'decline' });
  await connection.call('a', {}, { signal: NEVER, onElicit });
  expect(asked).toHaveLength(20);
});
