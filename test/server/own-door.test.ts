/** The doors to the server's own models, as a client of OpenAI's API uses them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Answer } from '../support/ask.ts';
import { keptFiles } from '../support/kept-files.ts';
import { everythingPeer, httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';

/** What the provider was sent, newest last. */
interface Sent {
  readonly path: string;
  readonly authorization: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Message {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: readonly object[];
}

const KEY = 'sk-canary-of-the-server';

let product: Product;
let tools: Peer;
let operators: Peer;
let pages: Peer;
let provider: Peer;
let sent: Sent[] = [];
let toolsSaw: string[] = [];
/** What the scripted model does next; without one it says hello. */
let turns: ((response: ServerResponse, body: string) => void)[] = [];

function chunks(response: ServerResponse, deltas: readonly object[], finish = 'stop'): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const delta of deltas) {
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`);
  }
  const last = { choices: [{ index: 0, delta: {}, finish_reason: finish }] };
  response.end(`data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`);
}

const says =
  (...pieces: readonly string[]) =>
  (response: ServerResponse) =>
    chunks(
      response,
      pieces.map((content) => ({ content })),
    );

const callsTool = (ending: string, args: object) => (response: ServerResponse, body: string) => {
  const { tools: offered = [] } = JSON.parse(body) as {
    tools?: { function: { name: string } }[];
  };
  const name = offered.find((tool) => tool.function.name.endsWith(ending))?.function.name ?? ending;
  const made = { name, arguments: JSON.stringify(args) };
  const call = { index: 0, id: `call_${ending}`, type: 'function', function: made };
  chunks(response, [{ tool_calls: [call] }], 'tool_calls');
};

const models = { status: 200, body: '{}' };

beforeAll(async () => {
  [tools, operators] = await Promise.all([everythingPeer(), everythingPeer()]);
  pages = await httpPeer((request, response) => {
    toolsSaw.push(JSON.stringify(request.headers));
    if (request.method === 'POST') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(`The tide table of ${request.url}.`);
  });
  provider = await httpPeer((request, response, body) => {
    const { authorization = '' } = request.headers;
    sent.push({ path: request.url ?? '', authorization, headers: request.headers, body });
    if (request.url === '/v1/models' && models.body === 'hangs') {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"data": [');
    } else if (request.url === '/v1/models') {
      response.writeHead(models.status, { 'content-type': 'application/json' }).end(models.body);
    } else if (request.url === '/v1/embeddings') {
      const isRefused = body.includes('refuse me');
      const reply = isRefused ? { error: { message: `Bad key ${KEY}` } } : { data: [[1, 2]] };
      response.writeHead(isRefused ? 401 : 200, {
        'content-type': 'application/json',
        'set-cookie': 'theirs=1',
        'x-request-id': 'req_7',
      });
      response.end(JSON.stringify(reply));
    } else {
      (turns.shift() ?? says('Hello ', 'there.'))(response, body);
    }
  });
  product = await startProduct({
    EGRESS_ALLOW: `${tools.host},${pages.host}`,
    OPENAI_BASE_URL: `${provider.origin}/v1`,
    OPENAI_API_KEY: KEY,
    DEFAULT_MODEL: 'openai/scripted',
    GROQ_API_KEY: 'gsk-canary-nobody-answers',
    PROVIDER_HOSTS: provider.origin,
    PUBLIC_URL: 'https://prompts.example',
  });
});

afterAll(async () => {
  await product.stop();
  await Promise.all([tools.stop(), operators.stop(), pages.stop(), provider.stop()]);
});

type Headers = Readonly<Record<string, string>>;

function post(path: string, body: object, headers: Headers = {}): Promise<Answer> {
  return ask(product.origin + path, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const CHAT = '/v1/chat/completions';
const hello: Message[] = [{ role: 'user', content: 'Say hello.' }];
const everything = () => ({ type: 'mcp', server_label: 'all', server_url: `${tools.origin}/mcp` });

/** The messages of the last request to the model. */
function lastMessages(): Message[] {
  const { body } = sent.findLast(({ path }) => path.endsWith(CHAT)) ?? { body: '{}' };
  return (JSON.parse(body) as { messages: Message[] }).messages;
}

function lastBody(): Record<string, unknown> {
  const { body } = sent.findLast(({ path }) => path.endsWith(CHAT)) ?? { body: '{}' };
  return JSON.parse(body) as Record<string, unknown>;
}

const contentOf = (answer: Answer): string =>
  (JSON.parse(answer.text) as { choices: { message: Message }[] }).choices[0]?.message.content ??
  '';

describe('a local server without keys', () => {
  it('takes whatever key an SDK sends', async () => {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${product.origin}/v1` });
    const answer = await client.chat.completions.create({
      model: 'openai/gpt-5',
      messages: [{ role: 'user', content: 'Hi.' }],
    });
    expect(answer.choices[0]?.message.content).toBe('Hello there.');
    expect(lastBody()['model']).toBe('gpt-5');
    expect(sent.at(-1)?.authorization).toBe(`Bearer ${KEY}`);
  });

  it('still wants a key of what comes through a tunnel', async () => {
    const headers = { host: 'prompts.example' };
    expect((await post(CHAT, { messages: hello }, headers)).status).toBe(401);
    const guessed = { ...headers, authorization: 'Bearer none' };
    expect((await post(CHAT, { messages: hello }, guessed)).status).toBe(401);
  });

  it('posts no prompts for a key that it does not know', async () => {
    const headers = { authorization: 'Bearer none' };
    const answer = await ask(`${product.origin}/`, { headers, body: 'Hi.' });
    expect(answer.status).toBe(401);
  });

  it('tells pages of other sites nothing, not even which models there are', async () => {
    const site = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    const asked = sent.length;
    for (const path of ['/v1/models', `/${provider.host}/v1/models`]) {
      const answer = await ask(product.origin + path, { headers: site });
      expect([path, answer.status]).toEqual([path, 403]);
    }
    expect(sent.length).toBe(asked);
  });
});

describe('GET /v1/models', () => {
  it('lists the models of all providers, and the default where one says nothing', async () => {
    models.body = JSON.stringify({
      data: [
        { id: 'gpt-5', created: 17 },
        { id: 'gpt-5' },
        { id: 'a b' },
        { id: 'x'.repeat(201) },
        7,
        { id: 'scripted' },
      ],
    });
    const client = new OpenAI({ apiKey: 'none', baseURL: `${product.origin}/v1` });
    const { data } = await client.models.list();
    const ids = data.map(({ id }) => id);
    expect(ids).toEqual([
      'openai/scripted',
      'openai/gpt-5',
      'groq/openai/gpt-oss-120b',
      'demo/demo',
    ]);
    expect(data[1]).toEqual({
      id: 'openai/gpt-5',
      object: 'model',
      created: 17,
      owned_by: 'openai',
    });
  });

  it.each([
    ['refuses', { status: 500, body: '{"error": {}}' }],
    ['redirects', { status: 302, body: '' }],
    ['says nonsense', { status: 200, body: '[]' }],
    ['says too much', { status: 200, body: JSON.stringify({ data: ['x'.repeat(4_300_000)] }) }],
  ])('keeps the default model of a provider that %s', async (_, change) => {
    Object.assign(models, change);
    const answer = await ask(`${product.origin}/v1/models`);
    expect(answer.text).toContain('openai/scripted');
    expect(answer.text).not.toContain('gpt-5"');
    Object.assign(models, { status: 200, body: '{}' });
  });

  it('does not wait for a provider that never ends its list', async () => {
    Object.assign(models, { body: 'hangs' });
    const answer = await ask(`${product.origin}/v1/models`);
    expect(answer.text).toContain('openai/scripted');
    Object.assign(models, { body: '{}' });
  });

  it('gives one of them by its name, as OpenAI\u2019s clients ask for it', async () => {
    Object.assign(models, { body: JSON.stringify({ data: [{ id: 'llama3:8b', created: 3 }] }) });
    const client = new OpenAI({ apiKey: 'none', baseURL: `${product.origin}/v1` });
    const known = { id: 'openai/llama3:8b', object: 'model', created: 3, owned_by: 'openai' };
    expect(await client.models.retrieve(known.id)).toEqual(known);
    expect(JSON.parse((await ask(`${product.origin}/v1/models/${known.id}`)).text)).toEqual(known);
    await expect(client.models.retrieve('openai/nobody')).rejects.toMatchObject({ status: 404 });
    Object.assign(models, { body: '{}' });
  });

  it(
    'asks a provider once in a while for all who send a key, and anew with another key of ours',
    { timeout: 120_000 },
    async () => {
      const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-models-'));
      const listed = [{ id: 'gpt-5', created: 17 }];
      models.body = JSON.stringify({ data: listed });
      const asked = () => sent.filter(({ path }) => path === '/v1/models').length;
      const before = asked();
      for (const OPENAI_API_KEY of ['sk-first-canary', 'sk-second-canary']) {
        const other = await startProduct({
          STATE_DIR: stateDir,
          API_KEYS: 'alice:alice-key-0123456789,bob:bob-key-0123456789',
          OPENAI_BASE_URL: `${provider.origin}/v1`,
          OPENAI_API_KEY,
        });
        for (const name of ['alice', 'bob', 'alice']) {
          const headers = { authorization: `Bearer ${name}-key-0123456789` };
          const { text } = await ask(`${other.origin}/v1/models`, { headers });
          expect(text).toContain('openai/gpt-5');
        }
        await other.stop();
      }
      expect(asked()).toBe(before + 2);
      const files = readdirSync(stateDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith('-shm'))
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
      expect(files.some((text) => text.includes('gpt-5'))).toBe(true);
      expect(files.filter((text) => text.includes('canary'))).toEqual([]);
      rmSync(stateDir, { recursive: true });
      models.body = '{}';
    },
  );

  it('reveals no key', async () => {
    expect((await ask(`${product.origin}/v1/models`)).text).not.toContain('canary');
  });
});

describe('POST /v1/embeddings', () => {
  it('passes the request on with the model\u2019s own name and the server\u2019s key', async () => {
    const body = { model: 'openai/embed-3', input: ['tide'], dimensions: 2 };
    const answer = await post('/v1/embeddings', body, { authorization: 'Bearer none' });
    expect(JSON.parse(answer.text)).toEqual({ data: [[1, 2]] });
    expect(sent.at(-1)).toMatchObject({
      path: '/v1/embeddings',
      authorization: `Bearer ${KEY}`,
      body: JSON.stringify({ ...body, model: 'embed-3' }),
    });
    expect(answer.headers['x-request-id']).toBe('req_7');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('does not repeat what the provider says about the server\u2019s key', async () => {
    const answer = await post('/v1/embeddings', { model: 'openai/e', input: 'refuse me' });
    expect(answer.status).toBe(502);
    expect(answer.text).not.toContain('canary');
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'model_unauthorized' } });
  });

  it.each([
    [{ input: 'x' }, 'model must be a text.'],
    [{ model: 'demo/demo' }, 'demo makes no embeddings.'],
    [{ model: 'mistral/embed' }, 'There is no provider mistral here.'],
  ])('refuses %j', async (body, message) => {
    const answer = await post('/v1/embeddings', body);
    expect(answer.status).toBe(400);
    const { error } = JSON.parse(answer.text) as { error: { message: string; param: string } };
    expect(error.message).toContain(message);
    expect(error.param).toBe('model');
  });
});

describe('other methods and paths', () => {
  it.each([
    [CHAT, 'GET', 'POST'],
    [CHAT, 'DELETE', 'POST'],
    ['/v1/embeddings', 'GET', 'POST'],
    ['/v1/models', 'POST', 'GET, HEAD'],
    [`/${'a'.repeat(32)}/chat/completions`, 'GET', 'POST'],
  ])('%s does not take %s', async (path, method, allow) => {
    const answer = await ask(product.origin + path, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'method_not_allowed' } });
    const options = await ask(product.origin + path, { method: 'OPTIONS' });
    expect([options.status, options.headers.allow]).toEqual([204, allow]);
  });

  it('answers HEAD without a body and unknown doors with 404', async () => {
    const head = await ask(`${product.origin}/v1/models`, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    const unknown = await post('/v1/responses', {});
    expect(unknown.status).toBe(404);
    expect(JSON.parse(unknown.text)).toMatchObject({ error: { code: 'not_found' } });
  });
});

describe('store: true', () => {
  const runOf = (answer: Answer): string => String(answer.headers['x-run-url']);
  const read = async (url: string, suffix: string) => (await ask(url + suffix)).text;

  it('publishes the run under an address that nobody can guess', async () => {
    turns = [callsTool('echo', { message: 'hi' }), says('It said ', 'hi.')];
    const answer = await post(CHAT, {
      model: 'openai/gpt-5',
      messages: [{ role: 'system', content: 'Be brief.' }, ...hello],
      tools: [everything()],
      store: true,
    });
    expect(contentOf(answer)).toContain('It said hi.');
    const url = runOf(answer);
    expect(url).toMatch(new RegExp(`^${product.origin}/\\w{32}$`));
    const markdown = await read(url, '.md');
    expect(markdown).toContain('## System\n\nBe brief.\n\n## User\n\nSay hello.');
    expect(markdown).toContain('It said hi.');
    const run = JSON.parse(await read(url, '.json')) as Record<string, unknown>;
    expect(run).toMatchObject({ status: 'completed', output: 'It said hi.', expires_at: null });
    const page = await ask(url, { headers: { accept: 'text/html' } });
    expect(page.text).toContain('It said hi.');
    const events = await read(url, '/events');
    const types = events.match(/(?<=^event: ).*/gm) ?? [];
    expect([types[0], types.at(-1)]).toEqual(['run-start', 'run-end']);
    const sorted = types.filter((type) => type !== 'text-delta').toSorted();
    expect(sorted.join(' ')).toBe(
      'run-end run-start server-end step-end step-end step-start step-start ' +
        'tool-call tool-result tool-sent',
    );
    const owner = { authorization: `Bearer ${String(answer.headers['x-run-owner-token'])}` };
    expect((await ask(url, { method: 'DELETE' })).status).toBe(401);
    expect((await ask(url, { method: 'DELETE', headers: owner })).status).toBe(204);
    expect((await ask(url)).status).toBe(404);
  });

  it('shows the run from the first byte on and while it goes on', async () => {
    const going = Promise.withResolvers<ServerResponse>();
    turns = [
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const chunk = { choices: [{ index: 0, delta: { content: 'Half an ' } }] };
        response.write(`data: ${JSON.stringify(chunk)}\n\n`);
        going.resolve(response);
      },
    ];
    const response = await fetch(product.origin + CHAT, {
      method: 'POST',
      body: JSON.stringify({ model: 'openai/m', messages: hello, stream: true, store: true }),
    });
    const url = response.headers.get('x-run-url') ?? '';
    await expect.poll(() => read(url, '.md')).toContain('Half an');
    expect(await read(url, '.json')).toContain('"status": "running"');
    const goingOn = await post(`${new URL(url).pathname}/chat/completions`, { messages: hello });
    expect(goingOn.status).toBe(409);
    expect(JSON.parse(goingOn.text)).toMatchObject({ error: { code: 'not_finished' } });
    finishes(await going.promise, 'answer.');
    await response.text();
    expect(await read(url, '.json')).toContain('"status": "completed"');
    expect(await read(url, '?key=output')).toBe('Half an answer.');
  });

  it('ends the run as cancelled when the caller goes away, and as its owner says', async () => {
    const hangs = (response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunk = { choices: [{ index: 0, delta: { content: 'Well, ' } }] };
      // That a socket is closed shows when something is written to it.
      const talking = setInterval(() => response.write(`data: ${JSON.stringify(chunk)}\n\n`), 50);
      response.once('close', () => clearInterval(talking));
    };
    const body = JSON.stringify({ messages: hello, stream: true, store: true });
    turns = [hangs, hangs];
    const leaving = new AbortController();
    const left = await fetch(product.origin + CHAT, {
      method: 'POST',
      body,
      signal: leaving.signal,
    });
    leaving.abort();
    const url = left.headers.get('x-run-url') ?? '';
    await expect.poll(() => read(url, '.json')).toContain('"status": "cancelled"');
    const stopped = await fetch(product.origin + CHAT, { method: 'POST', body });
    const authorization = `Bearer ${stopped.headers.get('x-run-owner-token')}`;
    const cancel = `${stopped.headers.get('x-run-url')}/cancel`;
    expect((await ask(cancel, { method: 'POST', headers: { authorization } })).status).toBe(200);
    expect(await stopped.text()).toContain('"code":"cancelled"');
  });

  it('shows the run of a request that the provider refused', async () => {
    turns = [
      (response) => {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end('{"error":{"message":"No such parameter."}}');
      },
    ];
    const answer = await post(CHAT, { messages: hello, store: true });
    expect(answer.status).toBe(502);
    expect(await read(runOf(answer), '.json')).toContain('No such parameter.');
  });

  it('is the caller\u2019s to ask for, at the door to a provider too, and no key goes along', async () => {
    const without = await post(CHAT, { messages: hello, store: false });
    expect(without.headers['x-run-url']).toBeUndefined();
    expect((await post(CHAT, { messages: hello })).headers['x-run-url']).toBeUndefined();
    turns = [
      (response) => {
        response.writeHead(401, { 'content-type': 'application/json' });
        response.end('{"error":{"message":"Wrong key sk-canary-callers-key"}}');
      },
      says('Done.'),
    ];
    const request = (authorization: string) => ({
      model: 'm',
      messages: hello,
      store: true,
      tools: [
        { ...everything(), headers: { 'X-Team': 'canary-header' } },
        { type: 'mcp', server_url: `${pages.origin}/mcp`, authorization },
      ],
    });
    const door = `/${provider.host}/v1/chat/completions`;
    const headers = { authorization: 'Bearer sk-canary-callers-key' };
    for (let tried = 0; tried < 2; tried += 1) {
      const answer = await post(door, request('canary-authorization'), headers);
      for (const suffix of ['.md', '.json', '/events', '.html']) {
        expect(await read(runOf(answer), suffix)).not.toContain('canary');
      }
    }
    const mixed = await post(door, request('sk-canary-mixed-${env:HOME}'), headers);
    expect([mixed.status, mixed.headers['x-run-url']]).toEqual([400, undefined]);
    expect(toolsSaw.join()).toContain('canary-authorization');
    const kept = allText(product.stateDir);
    expect(kept).not.toContain('canary-header');
    expect(kept).not.toContain('canary-authorization');
    expect(kept).not.toContain('canary-callers-key');
    expect(kept).not.toContain('canary-mixed');
    expect(product.printed()).not.toContain('canary');
  });
});

describe('the curl of the README', () => {
  it('works as people type it, with the type that curl sends', async () => {
    turns = [callsTool('roll_dice', { count: 2, sides: 6 }), says('Seven.')];
    const body = {
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content: 'Roll two dice.' }],
      tools: [{ type: 'mcp', server_url: `${product.origin}/demo/mcp` }],
    };
    const answer = await post(`/${provider.host}/v1/chat/completions`, body, {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: 'Bearer sk-mine',
    });
    expect(contentOf(answer)).toContain('Seven.');
    expect(answer.text).toContain('roll_dice');
  });
});

describe('POST /{id}/chat/completions', () => {
  /** Posts a prompt and waits for its end. */
  async function ran(prompt: string, reply: string) {
    turns = [says(reply)];
    const answer = await ask(`${product.origin}/?wait=20`, {
      headers: { 'content-type': 'text/markdown' },
      body: prompt,
    });
    const { id } = JSON.parse(answer.text) as { id: string };
    const token = String(answer.headers['x-run-owner-token']);
    return { path: `/${id}/chat/completions`, owner: { authorization: `Bearer ${token}` } };
  }

  it('goes on from the conversation of the run, with its model', async () => {
    const { path } = await ran(
      '---\nmodel: openai/gpt-5\nsystem: Be brief.\n---\nName a sea.',
      'Aral.',
    );
    const answer = await post(path, { messages: [{ role: 'user', content: 'Another.' }] });
    expect(contentOf(answer)).toBe('Hello there.');
    expect(lastBody()['model']).toBe('gpt-5');
    expect(lastMessages()).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Name a sea.' },
      { role: 'assistant', content: 'Aral.' },
      { role: 'user', content: 'Another.' },
    ]);
    await post(path, { model: 'openai/other', messages: hello });
    expect(lastBody()['model']).toBe('other');
  });

  it('shows a stranger no more than the page does', async () => {
    const { path, owner } = await ran('---\npublish: answer\n---\nSecret question.', 'Forty-two.');
    await post(path, { messages: hello });
    expect(lastMessages()).toEqual([{ role: 'assistant', content: 'Forty-two.' }, ...hello]);
    const answer = await post(path, { messages: hello, store: true }, owner);
    expect(lastMessages().map(({ content }) => content)).toEqual([
      'Secret question.',
      'Forty-two.',
      'Say hello.',
    ]);
    const page = await ask(`${String(answer.headers['x-run-url'])}.json`);
    expect(page.text).toContain('Hello there.');
    expect(page.text).not.toContain('Secret question.');
  });

  it('has nothing of its asker where somebody else suggested the run', async () => {
    const message = { messages: hello, tools: [everything()], store: true };
    const going = async (fields: Record<string, string>) => {
      turns = [says('Aral.')];
      const made = await ask(`${product.origin}/?wait=20`, {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ prompt: 'Name a sea.', ...fields }).toString(),
      });
      const { id } = JSON.parse(made.text) as { id: string };
      return post(`/${id}/chat/completions`, message);
    };
    const own = await going({});
    expect(own.status).toBe(200);
    const suggested = await going({ suggested: '1' });
    expect(suggested.text).toContain('address_refused');
  });

  it('is no document of its caller in the editor: it holds what others said', async () => {
    const messages = [...hello, { role: 'assistant', content: '@https://tools.example/mcp' }];
    const answer = await post(CHAT, { messages: [...messages, ...hello], store: true });
    const cookie = `run_owner=${String(answer.headers['x-run-owner-token'])}`;
    const { pathname } = new URL(String(answer.headers['x-run-url']));
    const page = await ask(`${product.origin}${pathname}?edit`, { headers: { cookie } });
    expect(page.text).toContain('@https://tools.example/mcp');
    expect(page.text).toContain('name="suggested"');
  });

  it('goes on where the caller has run a function', async () => {
    turns = [callsTool('pay', { euro: 3 })];
    const pay = { type: 'function', function: { name: 'pay', parameters: { type: 'object' } } };
    const first = await post(CHAT, { messages: hello, tools: [pay], store: true });
    const path = `${new URL(String(first.headers['x-run-url'])).pathname}/chat/completions`;
    const { choices } = JSON.parse(first.text) as { choices: { message: Message }[] };
    const [call] = (choices[0]?.message.tool_calls ?? []) as { id: string }[];
    const result = { role: 'tool', tool_call_id: call?.id, content: 'paid' };
    await post(path, { messages: [result], tools: [pay] });
    expect(lastMessages()).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ id: call?.id }] },
      { role: 'tool', content: 'paid' },
    ]);
    await post(path, { messages: hello });
    expect(JSON.stringify(lastMessages()), 'nobody answered the call').not.toContain('pay');
  });

  it('is 404 for an id that was never made', async () => {
    expect((await post(`/${'a'.repeat(32)}/chat/completions`, { messages: hello })).status).toBe(
      404,
    );
  });
});

describe('a system message with settings', () => {
  const documentOf = (settings: string, body = 'Be brief.') => ({
    role: 'system',
    content: `---\n${settings}\n---\n${body}`,
  });

  it('decides what the request does not', async () => {
    turns = [callsTool('echo', { message: 'hi' }), says('Done.')];
    const settings = `model: openai/gpt-9\ntemperature: 0.25\nmax_tokens: 7\ntools: ${tools.origin}/mcp`;
    const system = documentOf(settings, 'Be {{how}}.'.replace('{{how}}', 'brief'));
    const answer = await post(CHAT, { messages: [system, ...hello], max_completion_tokens: 9 });
    expect(answer.text).toContain('mcp_call');
    expect(lastMessages().slice(0, 2)).toEqual([
      { role: 'system', content: 'Be brief.' },
      ...hello,
    ]);
    const body = lastBody();
    expect(body).toMatchObject({ model: 'gpt-9', temperature: 0.25, max_completion_tokens: 9 });
    expect(body['max_tokens']).toBeUndefined();
    await post(CHAT, { model: 'openai/mine', temperature: 1, messages: [system, ...hello] });
    expect(lastBody()).toMatchObject({ model: 'mine', temperature: 1 });
  });

  it('may hold nothing else, or limits', async () => {
    const system = documentOf('max_steps: 1', '');
    turns = [callsTool('echo', { message: 'hi' }), says('Never.')];
    const answer = await post(CHAT, { messages: [system, ...hello], tools: [everything()] });
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'max_steps' } });
    expect(lastMessages()).toEqual(hello);
  });

  it('is refused with the list of what is wrong in it', async () => {
    const system = documentOf('max_steps: many\ntimeout: soon');
    const answer = await post(CHAT, { messages: [system, ...hello] });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({
      error: {
        type: 'invalid_request_error',
        problems: [
          { code: 'invalid_value', severity: 'error', line: 2 },
          { code: 'invalid_value', severity: 'error', line: 3 },
        ],
      },
    });
  });

  it('is any text where no settings follow the line', async () => {
    const rule = { role: 'system', content: '---\n\nBe brief.\n\n---\n' };
    await post(CHAT, { messages: [rule, ...hello] });
    expect(lastMessages()).toEqual([rule, ...hello]);
  });

  it('goes through the door to a provider as it is', async () => {
    const system = documentOf('name: helper\ntools: Read, Grep');
    const headers = { authorization: 'Bearer sk-mine' };
    await post(
      `/${provider.host}/v1/chat/completions`,
      { model: 'm', messages: [system] },
      headers,
    );
    expect(lastMessages()).toEqual([system]);
  });
});

describe('url_context', () => {
  it('reads the documents and the tool servers of the last message of the user', async () => {
    turns = [callsTool('echo', { message: 'hi' }), says('High at nine.')];
    const question = { role: 'user', content: `When? ${pages.origin}/tides\n${tools.origin}/mcp` };
    const answer = await post(CHAT, { messages: [question], tools: [{ type: 'url_context' }] });
    expect(contentOf(answer)).toContain('High at nine.');
    expect(answer.text).toContain('mcp_call');
    expect(JSON.stringify(lastMessages())).toContain('The tide table of /tides.');
  });

  it('works beside a system message with settings', async () => {
    const system = { role: 'system', content: `---\ntools: ${tools.origin}/mcp\n---\nBe brief.` };
    const question = { role: 'user', content: `When? ${pages.origin}/moon` };
    const answer = await post(CHAT, {
      messages: [system, question],
      tools: [{ type: 'url_context', policy: 'all' }],
    });
    expect(answer.text).toContain('mcp_list_tools');
    expect(JSON.stringify(lastMessages())).toContain('The tide table of /moon.');
  });

  it('reads nothing unasked', async () => {
    const before = toolsSaw.length;
    await post(CHAT, { messages: [{ role: 'user', content: `See ${pages.origin}/tides` }] });
    expect(toolsSaw.length).toBe(before);
  });
});

describe('a label of a person', () => {
  it('is a text of one line', async () => {
    const answer = await post(CHAT, { messages: hello, user: 'a\nb' });
    expect(answer.status).toBe(400);
  });
});

describe('X-MCP-Authorization', () => {
  it('is the bearer for the only tool server, and for none of several', async () => {
    const headers = { 'x-mcp-authorization': 'canary-bearer' };
    toolsSaw = [];
    const one = { type: 'mcp', server_url: `${pages.origin}/one` };
    await post(CHAT, { messages: hello, tools: [one] }, headers);
    expect(toolsSaw.join()).toContain('Bearer canary-bearer');
    toolsSaw = [];
    await post(CHAT, { messages: hello, tools: [one, everything()] }, headers);
    expect(toolsSaw.length).toBeGreaterThan(0);
    expect(toolsSaw.join()).not.toContain('canary-bearer');
  });
});

describe('the OpenAI-compatible endpoint of Anthropic', () => {
  /** Its dialect: ids of its own, text before the call, arguments that begin empty, no `[DONE]`. */
  const speaks =
    (deltas: readonly object[], finish_reason: string) => (response: ServerResponse) => {
      const about = { id: 'msg_01', object: 'chat.completion.chunk', model: 'claude-sonnet-4-5' };
      const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 };
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      const send = (choices: readonly object[], more = {}) =>
        response.write(`data: ${JSON.stringify({ ...about, choices, ...more })}\r\n\r\n`);
      for (const delta of deltas) send([{ index: 0, delta, finish_reason: null, logprobs: null }]);
      send([{ index: 0, delta: {}, finish_reason, logprobs: null }]);
      send([], { usage });
      response.end();
    };
  const part = (more: object) => ({ tool_calls: [{ index: 0, ...more }] });
  const calling = [
    { role: 'assistant', content: '' },
    { content: 'Let me see.' },
    part({ id: 'toolu_01', type: 'function', function: { name: 'all__echo', arguments: '' } }),
    part({ function: { arguments: '{"mess' } }),
    part({ function: { arguments: 'age": "hi"}' } }),
  ];

  it('runs a tool loop through its door, with the key as Anthropic takes it', async () => {
    turns = [speaks(calling, 'tool_calls'), speaks([{ content: 'It said hi.' }], 'stop')];
    const answer = await post(
      `/${provider.host}/v1/chat/completions`,
      { model: 'claude-sonnet-4-5', messages: hello, tools: [everything()], view: 'text' },
      { 'x-api-key': 'sk-ant-mine', 'anthropic-version': '2023-06-01', 'x-other': 'ours' },
    );
    expect(contentOf(answer)).toContain('It said hi.');
    expect(JSON.parse(answer.text)).toMatchObject({ usage: { total_tokens: 50 } });
    expect(lastMessages().slice(1)).toMatchObject([
      {
        role: 'assistant',
        tool_calls: [{ id: 'toolu_01', function: { arguments: '{"message": "hi"}' } }],
      },
      { role: 'tool', tool_call_id: 'toolu_01', content: 'Echo: hi' },
    ]);
    const headers = sent.at(-1)?.headers ?? {};
    expect(headers['x-api-key']).toBe('sk-ant-mine');
    expect(headers['anthropic-version']).toBe('2023-06-01');
    expect(headers['x-other']).toBeUndefined();
    expect(headers['authorization']).toBeUndefined();
  });

  it('hands back its error as it is', async () => {
    const error = { code: 'invalid_request_error', message: 'max_tokens is too large', type: 'x' };
    turns = [
      (response) => {
        response.writeHead(400, { 'content-type': 'application/json', 'request-id': 'req_011' });
        response.end(JSON.stringify({ error }));
      },
    ];
    const body = { model: 'claude', messages: hello, tools: [everything()], stream: true };
    const answer = await post(`/${provider.host}/v1/chat/completions`, body, { 'x-api-key': 'k' });
    expect([answer.status, answer.headers['request-id']]).toEqual([400, 'req_011']);
    expect(JSON.parse(answer.text)).toEqual({ error });
  });
});

describe('MCP_SERVER_ENDPOINTS', () => {
  it('adds its servers to requests at both doors that name none', async () => {
    const other = await startProduct({
      MCP_SERVER_ENDPOINTS: `${operators.origin}/mcp`,
      OPENAI_BASE_URL: `${provider.origin}/v1`,
      PROVIDER_HOSTS: provider.origin,
    });
    try {
      for (const door of [CHAT, `/${provider.host}/v1/chat/completions`]) {
        turns = [callsTool('echo', { message: 'hi' }), says('Done.')];
        const answer = await ask(other.origin + door, {
          body: JSON.stringify({ model: 'openai/m', messages: hello }),
        });
        expect(contentOf(answer)).toContain('Done.');
        expect(answer.text).toContain('"type":"mcp_call"');
      }
    } finally {
      await other.stop();
    }
  });
});

/** The rest of an answer whose first chunk is out. */
function finishes(response: ServerResponse, content: string): void {
  const chunk = { choices: [{ index: 0, delta: { content }, finish_reason: 'stop' }] };
  response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
}

function allText(folder: string): string {
  return keptFiles(folder, (path) => !dirname(path).includes('/worker')).join('\n');
}
