/** Defects of predecessors that show with real servers; see `test/unit/proxy/predecessors.test.ts`. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';
import { v1Http, type V1Server } from '../unit/execute/servers/peers.ts';

let product: Product;
let tools: V1Server;
let provider: Peer;
const sent: string[] = [];

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** Asks `echo` for what the user said, and says what it gave; every byte comes alone. */
function answerTo({ messages }: Asked): string {
  const last = messages.at(-1);
  const call = {
    index: 0,
    id: 'call_1',
    function: { name: 'tools__echo', arguments: JSON.stringify({ text: last?.content }) },
  };
  const delta = last?.role === 'tool' ? { content: last.content } : { tool_calls: [call] };
  const chunk = { choices: [{ index: 0, delta, finish_reason: 'stop' }] };
  return `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`;
}

beforeAll(async () => {
  tools = await v1Http();
  provider = await httpPeer(async (request, response, body) => {
    sent.push(body);
    if (request.headers.authorization === 'Bearer wrong') {
      response.writeHead(401, { 'content-type': 'application/json' });
      return response.end('{"error":{"message":"Incorrect API key.","code":"invalid_api_key"}}');
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.socket?.setNoDelay(true);
    for (const byte of Buffer.from(answerTo(JSON.parse(body) as Asked))) {
      response.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return response.end();
  });
  product = await startProduct({
    EGRESS_ALLOW: new URL(tools.origin).host,
    PROVIDER_HOSTS: provider.origin,
  });
});

afterAll(async () => {
  await product.stop();
  await Promise.all([provider.stop(), tools.close()]);
});

const server = () => ({
  type: 'mcp',
  server_label: 'tools',
  server_url: `${tools.origin}/mcp`,
});

async function say(text: string, authorization: string, key = 'sk-1'): Promise<string> {
  const { text: body } = await ask(`${product.origin}/${provider.host}/v1/chat/completions`, {
    headers: { authorization: `Bearer ${key}`, 'x-mcp-authorization': authorization },
    body: JSON.stringify({
      model: 'm',
      view: 'text',
      messages: [{ role: 'user', content: text }],
      tools: [server()],
    }),
  });
  const answer = JSON.parse(body) as OpenAI.ChatCompletion;
  return answer.choices[0]?.message.content ?? body;
}

describe('a defect of predecessors', () => {
  it('split UTF-8: characters of several bytes arrive whole', async () => {
    const words = 'Grüße 😀 — 世界 é 👩‍👩‍👧';
    expect(await say(words, 'token-1')).toBe(words);
  });

  it('request ids that collide: many at one server each get their own answer', async () => {
    const words = Array.from({ length: 40 }, (_, index) => `answer ${index}`);
    expect(await Promise.all(words.map((word) => say(word, 'token-1')))).toEqual(words);
  });

  it('sessions kept by address for all: a session is used with one credential only', async () => {
    const sessionOf = ({ headers }: V1Server['seen'][number]) => headers['mcp-session-id'];
    // Those of before may still say goodbye.
    const earlier = new Set(tools.seen.map((request) => sessionOf(request)));
    const users = Array.from({ length: 20 }, (_, index) => `token-of-user-${index}`);
    await Promise.all(users.map((user) => say('hello', user)));
    const users_of = new Map<string, Set<string>>();
    for (const request of tools.seen) {
      const session = sessionOf(request);
      if (typeof session !== 'string' || earlier.has(session)) continue;
      const before = users_of.get(session) ?? new Set();
      users_of.set(session, before.add(request.headers.authorization ?? ''));
    }
    expect(users_of.size).toBe(users.length);
    const credentials = [...users_of.values()].map((each) => [...each]);
    expect(credentials.toSorted()).toEqual(users.map((user) => [`Bearer ${user}`]).toSorted());
  });

  it('a wrong key turned into 200: it is the 401 of the provider', async () => {
    const client = new OpenAI({
      apiKey: 'wrong',
      baseURL: `${product.origin}/${provider.host}/v1`,
    });
    const failing = client.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi.' }],
      tools: [server()] as unknown as OpenAI.ChatCompletionTool[],
      stream: true,
    });
    await expect(failing).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  it('rendering fed back: an answer that a client sends back is calls and results', async () => {
    const client = new OpenAI({ apiKey: 'k', baseURL: `${product.origin}/${provider.host}/v1` });
    const asking = { model: 'm', tools: [server()] as unknown as OpenAI.ChatCompletionTool[] };
    const hello = { role: 'user', content: 'hello' } as const;
    const first = await client.chat.completions.create({ ...asking, messages: [hello] });
    const answer = first.choices[0]?.message;
    if (answer === undefined) throw new TypeError('No answer.');
    expect(answer.content).toContain('<details>');
    await client.chat.completions.create({
      ...asking,
      messages: [hello, answer, { role: 'user', content: 'again' }],
    });
    const { messages } = JSON.parse(sent.at(-1) ?? '') as Asked;
    expect(messages.slice(0, 5)).toMatchObject([
      hello,
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'call_1',
            type: 'function',
            function: { name: 'tools__echo', arguments: '{"text":"hello"}' },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'hello' },
      { role: 'assistant', content: 'hello' },
      { role: 'user', content: 'again' },
    ]);
    expect(sent.at(-1)).not.toContain('details');
  });
});
