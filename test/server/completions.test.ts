import { dirname } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { calls, chatServer, refuses, says, type ChatServer } from '../support/chat-server.ts';
import { keptFiles } from '../support/kept-files.ts';
import { everythingPeer, httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';

let product: Product;
let tools: Peer;
let provider: ChatServer;
let native: Peer;
let busy: ChatServer;

const hostOf = (url: string): string => new URL(url).host;
const base = (url: string): string => `${product.origin}/${hostOf(url)}/v1`;
const everything = () => ({ type: 'mcp', server_label: 'all', server_url: `${tools.origin}/mcp` });

/** The types of the SDK know functions only; every client sends what it is given. */
function toolsOf(...list: readonly object[]): OpenAI.ChatCompletionTool[] {
  return list as unknown as OpenAI.ChatCompletionTool[];
}

/** A field of ours that the SDK does not know. */
const asText = { view: 'text' };

const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Say hello.' }];

beforeAll(async () => {
  tools = await everythingPeer();
  provider = await chatServer((response, request) =>
    (request.body.messages.at(-1)?.role === 'tool'
      ? says('It ', 'said hi.')
      : calls('echo', { message: 'hi' }))(response, request),
  );
  busy = await chatServer(refuses(429, 'slow down'));
  native = await httpPeer((request, response, body) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'x-request-id': 'req_1',
      'set-cookie': 'theirs=1',
    });
    const { authorization = '', cookie = '' } = request.headers;
    response.end(JSON.stringify({ path: request.url, authorization, cookie, body }));
  });
  product = await startProduct({
    EGRESS_ALLOW: tools.host,
    PUBLIC_URL: 'https://prompts.example',
    PROVIDER_HOSTS: [provider.baseUrl, busy.baseUrl, native.origin]
      .map((url) => new URL(url).origin)
      .join(','),
  });
});

afterAll(async () => {
  await product.stop();
  await Promise.all([
    tools.stop(),
    native.stop(),
    provider[Symbol.asyncDispose](),
    busy[Symbol.asyncDispose](),
  ]);
});

describe('the hosted door', () => {
  it('runs a tool loop for the SDK of OpenAI, which sees no call that it should run', async () => {
    const client = new OpenAI({ apiKey: 'sk-callers-own-key', baseURL: base(provider.baseUrl) });
    const stream = client.chat.completions.stream({
      model: 'gpt-5',
      messages: hello,
      tools: toolsOf(everything()),
      stream_options: { include_usage: true },
    });
    const answer = await stream.finalChatCompletion();
    expect(answer.choices[0]?.message.content).toContain('It said hi.');
    expect(answer.choices[0]?.message.content).toContain('<summary>all: echo</summary>');
    expect(answer.choices[0]?.message.tool_calls ?? []).toEqual([]);
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(provider.asked.at(-1)?.authorization).toBe('Bearer sk-callers-own-key');
  });

  it('gives the same without a stream', async () => {
    const client = new OpenAI({ apiKey: 'sk-callers-own-key', baseURL: base(provider.baseUrl) });
    const answer = await client.chat.completions.create({
      model: 'gpt-5',
      messages: hello,
      tools: toolsOf(everything()),
      ...asText,
    });
    expect(answer.choices[0]?.message.content).toBe('It said hi.');
    expect(JSON.stringify(answer.choices[0]?.message)).toContain('mcp_list_tools');
  });

  it('lets the SDK retry what the provider refuses, with its status and words', async () => {
    const client = new OpenAI({ apiKey: 'sk-x', baseURL: base(busy.baseUrl), maxRetries: 1 });
    const before = busy.asked.length;
    const failing = client.chat.completions.create({
      model: 'gpt-5',
      messages: hello,
      tools: toolsOf(everything()),
      stream: true,
    });
    await expect(failing).rejects.toMatchObject({ status: 429, error: { message: 'slow down' } });
    expect(busy.asked.length - before).toBe(2);
  });

  it('passes everything without tool servers through as it is', async () => {
    const body = '{ "model":"x",  "messages": [{"role":"user","content":"ü"}] }';
    const answer = await ask(`${base(native.origin)}/chat/completions?a=b%2Fc`, {
      headers: {
        authorization: 'Bearer sk-y',
        cookie: 'ours=1',
        'content-type': 'application/json',
      },
      body,
    });
    expect(JSON.parse(answer.text)).toEqual({
      path: '/v1/chat/completions?a=b%2Fc',
      authorization: 'Bearer sk-y',
      cookie: '',
      body,
    });
    expect(answer.headers['x-request-id']).toBe('req_1');
    expect(answer.headers['set-cookie']).toBeUndefined();
    const models = await ask(`${base(native.origin)}/models`, {
      headers: { authorization: 'Bearer sk-y' },
    });
    expect(models.text).toContain('"path":"/v1/models"');
  });

  it.each([
    'evil.example',
    'API.OPENAI.COM',
    'api.openai.com.evil.example',
    'api.openai.com%2eevil.example',
    'api.openai.com@evil.example',
    'evil.example:443',
    'api.openai.com%00.evil.example',
    '127.0.0.1:1',
    '2130706433',
    '[::1]:80',
  ])('reaches nothing for %s', async (host) => {
    const answer = await ask(`${product.origin}/${host}/v1/models`, {
      headers: { authorization: 'Bearer sk-z' },
    });
    expect([404, 400]).toContain(answer.status);
  });

  it('wants a key of the caller for a provider that is not the operator\u2019s', async () => {
    const answer = await ask(`${product.origin}/api.openai.com/v1/models`);
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { type: 'authentication_error' } });
  });

  it('is no way from outside into the network of the operator', async () => {
    const url = `${product.origin}/${new URL(native.origin).host}/api/delete`;
    const headers = { host: 'prompts.example', authorization: 'Bearer any' };
    const answer = await ask(url, { method: 'DELETE', headers });
    expect(answer.status).toBe(401);
    expect((await ask(url, { method: 'DELETE' })).status).toBe(200);
  });

  it('changes nothing for a page of another site', async () => {
    const answer = await ask(`${base(provider.baseUrl)}/chat/completions`, {
      headers: { origin: 'https://evil.example', 'content-type': 'text/plain' },
      body: JSON.stringify({ model: 'x', messages: hello, tools: [everything()] }),
    });
    expect(answer.status).toBe(403);
  });

  it('answers what it cannot read with an error of OpenAI\u2019s form', async () => {
    for (const body of [
      '{',
      '[]',
      '{"messages":[]}',
      '{"model":"x","messages":[],"tools":[{"type":"mcp","server_url":"https://a.example/mcp"}]}',
    ]) {
      const answer = await ask(`${product.origin}/v1/chat/completions`, {
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({ error: { type: 'invalid_request_error' } });
    }
  });
});

describe('the key of a caller', () => {
  it('is seen by the host that was named and by nobody else', async () => {
    const seen = new Map<string, Set<string>>();
    const hosts = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const found = new Set<string>();
        seen.set(name, found);
        const peer = await httpPeer((request, response) => {
          found.add(request.headers.authorization ?? '');
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          const chunk = {
            choices: [{ index: 0, delta: { content: name }, finish_reason: 'stop' }],
          };
          response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
        });
        return { name, peer };
      }),
    );
    const toolsSaw: string[] = [];
    const watching = await httpPeer((request, response) => {
      toolsSaw.push(JSON.stringify(request.headers));
      response.writeHead(404).end();
    });
    const other = await startProduct({
      EGRESS_ALLOW: `${tools.host},${watching.host}`,
      PROVIDER_HOSTS: hosts.map(({ peer }) => peer.origin).join(','),
    });
    const body = (server: string) =>
      JSON.stringify({
        model: 'm',
        stream: true,
        messages: hello,
        tools: [{ type: 'mcp', server_url: server }],
      });
    try {
      const requests = Array.from({ length: 500 }, (_, index) => {
        const { name, peer } = hosts[index % 2] ?? { name: '', peer: watching };
        const server = index % 50 === 0 ? `${watching.origin}/mcp` : '/demo/mcp';
        return () =>
          ask(`${other.origin}/${peer.host}/v1/chat/completions`, {
            headers: { authorization: `Bearer sk-canary-${name}-${index}` },
            body: body(server),
          });
      });
      for (let start = 0; start < requests.length; start += 25) {
        await Promise.all(requests.slice(start, start + 25).map((send) => send()));
      }
      for (const { name } of hosts) {
        const keys = [...(seen.get(name) ?? [])];
        expect(keys.length).toBeGreaterThan(200);
        expect(keys.filter((key) => !key.startsWith(`Bearer sk-canary-${name}-`))).toEqual([]);
      }
      expect(toolsSaw.length).toBeGreaterThan(0);
      expect(toolsSaw.join()).not.toContain('canary');
      expect(allText(other.stateDir)).not.toContain('sk-canary');
      expect(other.printed()).not.toContain('sk-canary');
    } finally {
      await other.stop();
      await Promise.all([watching.stop(), ...hosts.map(({ peer }) => peer.stop())]);
    }
  });
});

describe('the own door', () => {
  it('runs the server\u2019s own models', async () => {
    const answer = await ask(`${product.origin}/v1/chat/completions`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'demo',
        messages: [{ role: 'user', content: 'Roll two dice.' }],
        tools: [{ type: 'mcp', server_url: `${product.origin}/demo/mcp` }],
      }),
    });
    expect(JSON.parse(answer.text)).toMatchObject({
      object: 'chat.completion',
      choices: [
        {
          finish_reason: 'stop',
          message: { mcp: [{ type: 'mcp_list_tools' }, { name: 'roll_dice' }] },
        },
      ],
    });
  });
});

function allText(folder: string): string {
  return keptFiles(folder, (path) => !dirname(path).includes('/worker')).join('\n');
}
