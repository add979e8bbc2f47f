import { createHash } from 'node:crypto';
import { request, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  authorizationServer,
  protectedServer,
  type AuthorizationServer,
  type ProtectedServer,
} from '../support/authorization-server.ts';
import { CHAT_CLIENTS, type ClientAsk, type WireTool } from '../support/chat-clients.ts';
import { httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';
import { v1Http, type V1Server } from '../unit/execute/servers/peers.ts';

let product: Product;
let provider: Peer;
let tools: V1Server;
let login: { readonly auth: AuthorizationServer; readonly server: ProtectedServer };

const BUSY = new Set<string>();
/** Models whose connection was closed before they had finished. */
const closed: string[] = [];
const seen: Asked[] = [];

interface Asked {
  readonly model: string;
  readonly messages: readonly {
    readonly role: string;
    readonly content: string | null;
    readonly tool_calls?: readonly { readonly function: { readonly name: string } }[];
  }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

/** What each model of the provider does. */
const MODELS: Record<string, (response: ServerResponse, asked: Asked) => void> = {
  loop: (response, asked) => {
    if (isAnswered(asked)) return speak(response, ['It ', 'said grüße 😀.']);
    chunk(response, { reasoning_content: 'I shall ask.' });
    return call(response, [['tools__echo', { text: 'grüße 😀' }]]);
  },
  functions: (response, asked) => {
    if (isAnswered(asked)) return speak(response, ['Paid.']);
    return call(response, [
      ['tools__echo', { text: 'first' }],
      ['pay', { sum: 3 }],
    ]);
  },
  breaks: (response) => {
    chunk(response, { content: 'Half' });
    setTimeout(() => response.destroy(), 50);
  },
  endless: (response, { model }) => {
    const timer = setInterval(() => chunk(response, { content: 'on and on ' }), 10);
    response.once('close', () => {
      clearInterval(timer);
      closed.push(model);
    });
  },
  sleeps: (response) => {
    chunk(response, { content: 'Wait.' });
    return call(response, [['tools__sleep', {}]]);
  },
};

function isAnswered({ messages }: Asked): boolean {
  return messages.at(-1)?.role === 'tool';
}

function chunk(response: ServerResponse, delta: object, finish_reason: string | null = null): void {
  const choices = [{ index: 0, delta, finish_reason }];
  response.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', choices })}\n\n`);
}

function speak(response: ServerResponse, words: readonly string[]): void {
  for (const content of words) chunk(response, { content });
  finish(response, 'stop');
}

function call(response: ServerResponse, calls: readonly (readonly [string, object])[]): void {
  for (const [index, [name, args]] of calls.entries()) {
    const made = { name, arguments: JSON.stringify(args) };
    const id = `call_${createHash('sha1').update(made.name).digest('hex').slice(0, 8)}`;
    chunk(response, { tool_calls: [{ index, id, type: 'function', function: made }] });
  }
  finish(response, 'tool_calls');
}

function finish(response: ServerResponse, reason: string): void {
  chunk(response, {}, reason);
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  response.write(`data: ${JSON.stringify({ choices: [], usage })}\n\n`);
  response.end('data: [DONE]\n\n');
}

/** A provider that answers as the model is named; `busy-…` refuses once, `refuses-…` always. */
function answer(response: ServerResponse, asked: Asked): void {
  const [model = '', wish = ''] = asked.model.split('/');
  if (wish.startsWith('refuses') || (wish.startsWith('busy') && !BUSY.has(wish))) {
    BUSY.add(wish);
    const headers = { 'content-type': 'application/json', 'retry-after': '0' };
    response.writeHead(429, headers);
    return void response.end('{"error":{"message":"slow down","code":"rate_limited"}}');
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  return MODELS[model]?.(response, asked);
}

beforeAll(async () => {
  tools = await v1Http();
  const auth = await authorizationServer();
  login = { auth, server: await protectedServer(auth) };
  provider = await httpPeer((_request, response, body) => {
    const asked = JSON.parse(body) as Asked;
    seen.push(asked);
    answer(response, asked);
  });
  product = await startProduct({
    EGRESS_ALLOW: [new URL(tools.origin).host, auth.host, login.server.host].join(','),
    PROVIDER_HOSTS: provider.origin,
  });
});

afterAll(async () => {
  await product.stop();
  await Promise.all([
    provider.stop(),
    tools.close(),
    login.server[Symbol.asyncDispose](),
    login.auth[Symbol.asyncDispose](),
  ]);
});

const pay: WireTool = {
  type: 'function',
  function: {
    name: 'pay',
    parameters: { type: 'object', properties: { sum: { type: 'number' } } },
  },
};
const mcp = (server_label: string, server_url: string): WireTool => ({
  type: 'mcp',
  server_label,
  server_url,
});
const echo = (): WireTool => mcp('tools', `${tools.origin}/mcp`);

function asking(change: Partial<ClientAsk>): ClientAsk {
  return {
    door: `${product.origin}/${provider.host}`,
    model: 'loop',
    messages: [{ role: 'user', content: 'Say grüße.' }],
    tools: [echo()],
    more: {},
    maxRetries: 0,
    signal: new AbortController().signal,
    onText: () => {},
    ...change,
  };
}

describe.each(CHAT_CLIENTS)('$name', ({ ask, streams, name }) => {
  it('gets the answer of a tool loop, the usage of all rounds, and no call', async () => {
    const heard = await ask(asking({ more: { view: 'text' } }));
    expect(heard.text).toBe('It said grüße 😀.');
    expect(heard.calls).toEqual([]);
    expect(heard.finish).toBe('stop');
    expect(heard.tokens).toEqual({ input: 20, output: 10 });
  });

  it('shows tools folded in the text, or in the reasoning, as it is asked', async () => {
    const folded = await ask(asking({}));
    expect(folded.text).toContain('<summary>tools: echo</summary>');
    expect(folded.text.endsWith('It said grüße 😀.')).toBe(true);
    const thought = await ask(asking({ more: { view: 'reasoning' } }));
    expect(thought.text).toBe('It said grüße 😀.');
    if (thought.reasoning === null) return;
    expect(thought.reasoning).toContain('I shall ask.');
    expect(thought.reasoning).toContain('<summary>tools: echo</summary>');
  });

  it('gets the link of a server that wants a login, as an answer', async () => {
    const locked = mcp('locked', login.server.url);
    const heard = await ask(asking({ tools: [locked] }));
    expect(heard.text).toContain(`[Log in to locked](${product.origin}/connect/`);
    expect(heard.finish).toBe('stop');
    expect(heard.calls).toEqual([]);
    const failing = ask(asking({ tools: [locked], more: { on_auth: 'fail' } }));
    await expect(failing).rejects.toSatisfy((error) => statusOf(error) === 401);
  });

  it('gets the refusal of the provider with its status, and its own retry helps', async () => {
    const refused = ask(asking({ model: 'loop/refuses' }));
    await expect(refused).rejects.toSatisfy((error) => statusOf(error) === 429);
    const heard = await ask(asking({ model: `loop/busy ${name}`, maxRetries: 1 }));
    expect(heard.text).toContain('It said grüße 😀.');
  });

  it('throws when the model breaks off after its first word', async () => {
    await expect(ask(asking({ model: 'breaks' }))).rejects.toThrow();
  });

  it('gets a call of its own function and goes on with its result', async () => {
    const first = asking({ model: 'functions', tools: [echo(), pay], more: { view: 'text' } });
    const heard = await ask(first);
    expect(heard.calls.map((made) => made.function)).toEqual([
      { name: 'pay', arguments: '{"sum":3}' },
    ]);
    expect(heard.finish).toMatch(/^tool.calls$/);
    const [made] = heard.calls;
    const messages = [
      ...first.messages,
      { role: 'assistant', content: heard.text, tool_calls: [...heard.calls] },
      { role: 'tool', tool_call_id: made?.id ?? '', content: 'done' },
    ] as const;
    const end = await ask({ ...first, messages });
    expect(end.text).toBe('Paid.');
    expect(end.calls).toEqual([]);
  });

  it.runIf(streams)('that goes away stops the model', async () => {
    const abort = new AbortController();
    const model = `endless/${name}`;
    const gone = ask(asking({ model, signal: abort.signal, onText: () => abort.abort() }));
    await Promise.allSettled([gone]);
    await expect.poll(() => closed).toContain(model);
  });
});

describe('a caller that goes away while a tool works', () => {
  it('stops the tool, whatever the client', async () => {
    const clients = CHAT_CLIENTS.filter(({ streams }) => streams);
    const aborts = clients.map(({ ask }) => {
      const abort = new AbortController();
      void ask(asking({ model: 'sleeps', signal: abort.signal })).catch(() => {});
      return abort;
    });
    await expect.poll(() => tools.asleep.length).toBe(clients.length);
    for (const abort of aborts) abort.abort();
    await expect.poll(() => tools.cancelled.length).toBe(clients.length);
  });

  it('stops it without a stream too, where the connection is seen to close', async () => {
    const before = tools.asleep.length;
    const sent = request(`${asking({}).door}/v1/chat/completions`, { method: 'POST' });
    sent.on('error', () => {});
    const { messages, tools: servers } = asking({});
    sent.end(JSON.stringify({ model: 'sleeps', messages, tools: servers }));
    await expect.poll(() => tools.asleep.length).toBe(before + 1);
    // A local workerd sees nothing of a connection that is only closed; on Cloudflare the edge does.
    sent.socket?.resetAndDestroy();
    await expect.poll(() => tools.cancelled.length).toBe(before + 1);
  });
});

/** The SDKs call it `status`, the AI SDK `statusCode`, and may wrap the error of the last try. */
function statusOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return null;
  if ('lastError' in error) return statusOf(error.lastError);
  if ('statusCode' in error) return error.statusCode;
  return 'status' in error ? error.status : null;
}
