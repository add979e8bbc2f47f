import { describe, expect, it } from 'vitest';
import { readChatRequest, type ChatContext } from '../../../src/completions/chat-request.ts';
import type { Logins, Model, Ports, ToolServers } from '../../../src/execute/ports.ts';
import { Fault } from '../../../src/fault/fault.ts';
import { isObject, type JsonObject } from '../../../src/protocol/json.ts';
import { answerChat, type ChatAnswerOptions } from '../../../src/proxy/answer-chat.ts';
import {
  calls,
  diesAfter,
  memoryServers,
  ports,
  says,
  scriptedModel,
  text,
  type MemoryTool,
} from '../../support/engine.ts';

const search: MemoryTool = { name: 'search', run: ({ q }) => text(`found ${JSON.stringify(q)}`) };
const docs = memoryServers({ 'https://docs.example/mcp': [search] });
const context: ChatContext = {
  providers: [{ id: 'openai', defaultModel: 'gpt-5' }],
  model: { provider: 'openai', model: 'gpt-5' },
};
const mcp = { type: 'mcp', server_label: 'docs', server_url: 'https://docs.example/mcp' };

async function ask(
  body: JsonObject,
  change: Partial<Ports> & { readonly model: Model },
  options: Partial<ChatAnswerOptions> = {},
): Promise<Response> {
  const whole = { messages: [{ role: 'user', content: 'Hello.' }], tools: [mcp], ...body };
  const chat = readChatRequest(whole, context);
  if ('message' in chat) throw new TypeError(chat.message);
  const { log: _log, ...all } = ports(change.model, { servers: docs, isDirect: true, ...change });
  return answerChat(chat, {
    ports: all,
    signal: new AbortController().signal,
    id: 'chatcmpl-1',
    model: 'gpt-5',
    loginUrl: (id) => `https://prompts.example/connect/${id}`,
    refusal: () => null,
    ...options,
  });
}

async function framesOf(response: Response): Promise<unknown[]> {
  const lines = (await response.text()).split('\n\n').filter((frame) => frame.startsWith('data: '));
  expect(lines.pop()).toBe('data: [DONE]');
  return lines.map((line): unknown => JSON.parse(line.slice(6)));
}

const loop = () => scriptedModel([calls(['docs__search', { q: 'x' }]), says('Found it.')]);

/** A server that refuses until somebody has logged in. */
function guarded(): { servers: ToolServers; logins: Logins; login: () => void } {
  let token: string | null = null;
  return {
    login: () => (token = 'token'),
    logins: {
      token: async () => token,
      refused: async () => null,
      ask: async () => ({ action_id: 'a1', expires_at: Date.now() + 60_000 }),
    },
    servers: {
      connect: async (server, signal) => {
        if (token !== null) return docs.connect(server, signal);
        throw new Fault('login_required', undefined, { detail: { can_login: true } });
      },
    },
  };
}

describe('a chat completion that names tool servers', () => {
  it('streams chunks and ends with [DONE]', async () => {
    const response = await ask({ stream: true }, { model: loop() });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const frames = await framesOf(response);
    expect(frames.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
  });

  it('gives one object where no stream was asked for', async () => {
    const response = await ask({ view: 'text' }, { model: loop() });
    expect(await response.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: 'Found it.' }, finish_reason: 'stop' }],
      usage: { total_tokens: 30 },
    });
  });

  it('hands on tools of types that the provider runs itself', async () => {
    const model = loop();
    const theirs = [{ type: 'web_search' }, { type: 'function' }, { google_search: {} }];
    const response = await ask({ tools: [mcp, ...theirs], view: 'text' }, { model });
    expect(await response.json()).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
    expect(model.asked[0]?.tools).toEqual(expect.arrayContaining(theirs));
  });

  it.each([
    [{ messages: [{ role: 'user', content: 5 }] }, 'messages'],
    [{ messages: [{ role: 'user', content: {} }] }, 'messages'],
    [{ messages: [{ role: 'user', content: [null] }] }, 'messages'],
    [{ tools: [mcp, { type: 'custom', custom: { name: 'draw' } }] }, 'tools'],
  ])('refuses what nobody could answer: %j', (change, param) => {
    const messages = [{ role: 'user', content: 'Hello.' }];
    expect(readChatRequest({ messages, ...change }, context)).toMatchObject({ param });
  });

  it.each([true, false])('keeps what the provider refused with (stream: %s)', async (stream) => {
    const limited = new Fault('model_rate_limited', undefined, {
      detail: { retryable: true, status: 429, retry_after: 7 },
    });
    const model = scriptedModel([diesAfter('', limited)]);
    const theirs = () =>
      new Response('{"error":{"message":"slow down"}}', {
        status: 429,
        headers: { 'retry-after': '7' },
      });
    const response = await ask({ stream }, { model }, { refusal: theirs });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toEqual({ error: { message: 'slow down' } });
    expect(model.asked, 'the SDK of the caller retries').toHaveLength(1);
  });

  it('says an error that comes after the first word inside of the stream', async () => {
    const cut = new Fault('model_cut_off', undefined, { detail: { retryable: true } });
    const model = scriptedModel([diesAfter('Half an', cut)]);
    const frames = await framesOf(await ask({ stream: true }, { model }));
    expect(frames.at(-1)).toMatchObject({ error: { code: 'model_cut_off', type: 'server_error' } });
    expect(model.asked, 'text that was read cannot be taken back').toHaveLength(1);
  });

  it('answers with the login link where a server wants a login', async () => {
    const { servers, logins } = guarded();
    const response = await ask({ stream: true }, { model: loop(), servers, logins });
    expect(response.status).toBe(200);
    const [item, link, last] = await framesOf(response);
    expect(item).toMatchObject({
      choices: [
        {
          delta: {
            mcp: [{ type: 'mcp_auth_request', login_url: 'https://prompts.example/connect/a1' }],
          },
        },
      ],
    });
    expect(JSON.stringify(link)).toContain('[Log in to docs](https://prompts.example/connect/a1)');
    expect(last).toBeDefined();
  });

  it('is a 401 with the link where the caller wants to fail on it', async () => {
    const { servers, logins } = guarded();
    const response = await ask({ on_auth: 'fail' }, { model: loop(), servers, logins });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    const body: unknown = await response.json();
    expect(body).toMatchObject({
      error: {
        type: 'auth_required',
        providers: [{ hostname: 'docs.example', login_url: 'https://prompts.example/connect/a1' }],
      },
    });
  });

  it('waits for the login and goes on by itself with on_auth: wait', async () => {
    const { servers, logins, login } = guarded();
    const messages: string[] = [];
    const onUserMessage = (url: string) => {
      messages.push(url);
      setTimeout(login, 20);
    };
    const response = await ask(
      { on_auth: 'wait', stream: true, view: 'text' },
      { model: loop(), servers, logins },
      { onUserMessage },
    );
    const frames = await framesOf(response);
    expect(messages).toEqual(['https://prompts.example/connect/a1']);
    expect(JSON.stringify(frames)).toContain('Found');
  });

  it('stops the model and the tools when the caller goes away', async () => {
    const seen: string[] = [];
    const hanging = memoryServers({
      'https://docs.example/mcp': [
        {
          name: 'search',
          run: (_args, signal) =>
            new Promise((_resolve, reject) => {
              seen.push('tool called');
              signal.addEventListener('abort', () => {
                seen.push('tool stopped');
                reject(new Error('aborted'));
              });
            }),
        },
      ],
    });
    const response = await ask({ stream: true }, { model: loop(), servers: hanging });
    const reader = response.body?.getReader();
    await reader?.read();
    await expect.poll(() => seen).toEqual(['tool called']);
    await reader?.cancel();
    await expect.poll(() => seen).toEqual(['tool called', 'tool stopped']);
  });

  it.each([
    [{ messages: [] }, 'messages'],
    [{ messages: ['hi'] }, 'messages'],
    [{ tools: 'search' }, 'tools'],
    [{ tools: [{ type: 'mcp', connector_id: 'connector_gmail' }] }, 'connector_id'],
    [{ tools: [{ type: 'mcp', server_url: 'nonsense://x' }] }, 'address'],
    [{ view: 'html' }, 'view'],
  ])('is refused with the reason: %j', (body, reason) => {
    const whole = { messages: [{ role: 'user', content: 'Hi' }], tools: [mcp], ...body };
    const chat: unknown = readChatRequest(whole, context);
    expect(isObject(chat) && chat['message']).toContain(reason);
  });

  it('sends every field that is not ours to the model as it came', async () => {
    const model = loop();
    await ask(
      { temperature: 0.1, seed: 7, vendor_field: { a: [1] }, stream_options: {} },
      { model },
    );
    expect(model.asked[0]?.parameters).toEqual({
      temperature: 0.1,
      seed: 7,
      vendor_field: { a: [1] },
    });
  });
});
