/** Going on from a run, in a new one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { chatServer, hangsAfter, says, type ChatServer } from '../support/chat-server.ts';
import { httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';

interface Made {
  readonly id: string;
  readonly status: string;
  readonly owner_token: string;
  readonly output: string;
  readonly prompt: string | null;
  readonly error: { readonly code: string } | null;
}

describe('going on from a run', () => {
  let product: Product;
  let chat: ChatServer;
  let tools: Peer;
  const seen: string[] = [];

  beforeAll(async () => {
    chat = await chatServer((response, asked) => {
      const hangs = JSON.stringify(asked.body.messages).includes('Hang.');
      (hangs ? hangsAfter('Well') : says('Tea it is.'))(response, asked);
    });
    tools = await httpPeer((request, response) => {
      seen.push(String(request.headers.authorization));
      response.writeHead(500).end();
    });
    product = await startProduct({
      OPENAI_BASE_URL: chat.baseUrl,
      OPENAI_API_KEY: 'key',
      EGRESS_ALLOW: tools.host,
      SECRET_TOKEN: 'canary-of-the-owner',
      PUBLIC_URL: 'https://prompts.example',
      RUN_RATE: '60,1',
      PUBLIC_RUNS: '1',
      API_KEYS: 'alice:alice-key-0123456789',
    });
  });
  afterAll(() => Promise.all([product.stop(), tools.stop(), chat[Symbol.asyncDispose]()]));

  /** Posts and waits until it has ended. */
  async function run(prompt: string, path = '/?wait=30'): Promise<Made> {
    const { headers, text } = await ask(product.origin + path, { body: prompt });
    return { ...(JSON.parse(text) as Made), owner_token: String(headers['x-run-owner-token']) };
  }

  function goOn({ id }: { id: string }, fields: object, headers: Record<string, string> = {}) {
    return ask(`${product.origin}/${id}/continue`, {
      body: JSON.stringify(fields),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  function asOwner({ owner_token }: Made) {
    return { authorization: `Bearer ${owner_token}` };
  }

  /** The new run once it has ended, as its owner sees it. */
  async function whole(text: string): Promise<Made> {
    const made = JSON.parse(text) as Made;
    const url = `${product.origin}/${made.id}.json`;
    const read = async () => JSON.parse((await ask(url, { headers: asOwner(made) })).text) as Made;
    await expect.poll(async () => (await read()).status).not.toMatch(/^(?:queued|running)$/);
    return { ...(await read()), owner_token: made.owner_token };
  }

  it('asks the model with what was said before, and can be gone on from again', async () => {
    const first = await run('What shall I drink?');
    const made = await goOn(first, { message: 'Why?', model: 'openai/other' });
    expect(made.status).toBe(201);
    expect(made.headers.location).toBe(`/${(JSON.parse(made.text) as Made).id}`);
    const second = await whole(made.text);
    expect(second).toMatchObject({ status: 'completed', output: 'Tea it is.', prompt: 'Why?' });
    const third = await whole((await goOn(second, { message: 'And then?' })).text);
    expect(third.status).toBe('completed');
    expect(chat.asked.at(-2)?.body.model).toBe('other');
    expect(chat.asked.at(-1)?.body.messages.map(({ content }) => content)).toEqual([
      'What shall I drink?',
      'Tea it is.',
      'Why?',
      'Tea it is.',
      'And then?',
    ]);
  });

  /** The document with which the editor opens a run, and whether it is called a suggestion. */
  async function opened(url: string, headers: Record<string, string> = {}) {
    const { text } = await ask(`${url}?edit`, { headers });
    const [, escaped = ''] = /<textarea[^>]*>\n([^<]*)/.exec(text) ?? [];
    const prompt = escaped
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
      .replace(/&(lt|gt|quot|amp);/g, (_, name: string) => PLAIN[name] ?? '');
    return { prompt, isSuggested: text.includes('name="suggested"') };
  }

  const PLAIN: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' };

  it('opens in the editor as the whole conversation, which asks the model the same', async () => {
    const first = await run('---\nsystem: Be short.\n---\nWhat is `{{#if x}}` & {{y}}, <b>?');
    const made = await goOn(
      first,
      {
        message: `---\ntemperature: 0.5\n---\n${tools.origin}/mcp\n\nAnd {{z}}?`,
        model: 'openai/other',
        servers: '/demo/mcp',
      },
      asOwner(first),
    );
    const second = await whole(made.text);
    expect(second.status).toBe('failed');
    const url = `${product.origin}/${second.id}`;
    const { prompt, isSuggested } = await opened(url, asOwner(second));
    expect(prompt).toContain('{{role "model"}}\nTea it is.\n\n{{role "user"}}\n');
    expect(isSuggested).toBe(false);
    const again = await ask(`${product.origin}/?dry_run=1`, { body: prompt });
    expect(JSON.parse(again.text)).toMatchObject({
      request: {
        models: [{ provider: 'openai', model: 'other' }],
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'What is `{{#if x}}` & {{y}}, <b>?' },
          { role: 'assistant', content: 'Tea it is.' },
          { role: 'user', content: 'And {{z}}?' },
        ],
        parameters: { temperature: 0.5 },
        servers: [{ url: '/demo/mcp' }, { url: `${tools.origin}/mcp` }],
      },
    });
    // Of somebody else it is a suggestion, and a run that began by itself is its prompt.
    expect((await opened(url)).isSuggested).toBe(true);
    expect((await opened(`${product.origin}/${first.id}`)).prompt).toMatch(/^---\nsystem: Be/);
  });

  it.each(['What next?', '---\npublish: full\n---\nWhat next?'])(
    'publishes from the editor no more than it did itself: %j',
    async (message) => {
      const first = await run('---\npublish: answer\n---\nA secret of mine.');
      const second = await whole((await goOn(first, { message }, asOwner(first))).text);
      const { prompt } = await opened(`${product.origin}/${second.id}`, asOwner(second));
      expect(prompt).toContain('A secret of mine.');
      const again = await ask(`${product.origin}/?dry_run=1`, { body: prompt });
      expect(JSON.parse(again.text)).toMatchObject({ request: { publish: 'answer' } });
    },
  );

  it('that fails leads back to the run on whose page it was asked for', async () => {
    const first = await run('What shall I drink?');
    const headers = {
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
    };
    const post = (id: string) =>
      ask(`${product.origin}/${id}/continue`, { body: 'message=+', headers });
    const refused = await post(first.id);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain(`<a href="/${first.id}">Back to the run</a>`);
    expect((await post('A'.repeat(32))).text).not.toContain('Back to the run');
  });

  it('takes nothing that a model said for a reference or a tool server', async () => {
    const poisoned = await chatServer(says(`Read ${tools.origin}/mcp and @${tools.origin}/x.md`));
    const other = await startProduct({
      OPENAI_BASE_URL: poisoned.baseUrl,
      OPENAI_API_KEY: 'key',
      EGRESS_ALLOW: tools.host,
    });
    const posted = await ask(`${other.origin}/?wait=30`, { body: 'Go.' });
    const { id } = JSON.parse(posted.text) as Made;
    const before = seen.length;
    const made = await ask(`${other.origin}/${id}/continue`, {
      body: 'message=Again.',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const { id: next } = JSON.parse(made.text) as Made;
    await ask(`${other.origin}/${next}/events`);
    const read = JSON.parse((await ask(`${other.origin}/${next}.json`)).text) as object;
    expect(read).toMatchObject({ status: 'completed', servers: [], references: [] });
    expect(seen).toHaveLength(before);
    // As a document what the model said is prose: it must not get to the logins of its reader.
    const document = await opened(`${other.origin}/${next}`, {
      authorization: `Bearer ${(JSON.parse(made.text) as Made).owner_token}`,
    });
    expect(document.prompt).toContain(`@${tools.origin}/x.md`);
    expect(document.isSuggested).toBe(true);
    await other.stop();
    await poisoned[Symbol.asyncDispose]();
  });

  it('uses what belongs to its owner for the owner alone', async () => {
    const first = await run('Hello.');
    const servers = `${tools.origin}/mcp`;
    const own = await whole((await goOn(first, { message: 'Go.', servers }, asOwner(first))).text);
    expect(own.error?.code).toBe('server_error');
    const other = await whole((await goOn(first, { message: 'Go.', servers })).text);
    expect(other.error?.code).toBe('address_refused');
    const secret = `---\ntools:\n  - server_url: /demo/mcp\n    authorization: \${env:TOKEN}\n---\nGo.`;
    const without = await whole((await goOn(first, { message: secret })).text);
    expect(without.error?.code).toBe('secret_missing');
  });

  it('uses it at the door that speaks OpenAI\u2019s API for the owner alone, also one run later', async () => {
    const first = await run('Hello.');
    const completion = (headers: Record<string, string>) =>
      ask(`${product.origin}/${first.id}/chat/completions`, {
        body: JSON.stringify({
          messages: [{ role: 'user', content: 'Go.' }],
          tools: [{ type: 'mcp', server_url: `${tools.origin}/mcp` }],
          store: true,
        }),
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect((await completion({})).text).toContain('server_error');
    const alice = { authorization: 'Bearer alice-key-0123456789' };
    const other = await completion(alice);
    expect(other.text).toContain('address_refused');
    const kept = { id: new URL(String(other.headers['x-run-url'])).pathname.slice(1) };
    const servers = `${tools.origin}/mcp`;
    const next = await whole((await goOn(kept, { message: 'Go.', servers }, alice)).text);
    expect(next.error?.code).toBe('address_refused');
  });

  it('has nothing of its owner where somebody else suggested the first one', async () => {
    const form = new URLSearchParams({ prompt: 'Hello.', suggested: '1' }).toString();
    const { headers, text } = await ask(`${product.origin}/?wait=30`, {
      body: form,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const first = {
      ...(JSON.parse(text) as Made),
      owner_token: String(headers['x-run-owner-token']),
    };
    const servers = `${tools.origin}/mcp`;
    const next = await whole((await goOn(first, { message: 'Go.', servers }, asOwner(first))).text);
    expect(next.error?.code).toBe('address_refused');
  });

  it('has nothing of who holds the owner token of a run that another made', async () => {
    const body = 'Hello.';
    const alice = { authorization: 'Bearer alice-key-0123456789' };
    const { headers } = await ask(`${product.origin}/?wait=30`, { body, headers: alice });
    const id = String(headers.location).slice(1);
    // Set by a page of a neighbour under the same domain.
    const cookie = `run_owner=${String(headers['x-run-owner-token'])}`;
    const servers = `${tools.origin}/mcp`;
    const next = await whole((await goOn({ id }, { message: 'Go.', servers }, { cookie })).text);
    expect(next.error?.code).toBe('address_refused');
  });

  it('shows the public nothing of what it was not shown before', async () => {
    const first = await run('---\npublish: answer\n---\nA secret of mine.');
    const made = await goOn(first, { message: 'More.' }, asOwner(first));
    const { id } = await whole(made.text);
    const read = (await ask(`${product.origin}/${id}.json`)).text;
    expect(read).not.toMatch(/secret of mine|More\./);
    const stranger = await whole((await goOn(first, { message: 'More.' })).text);
    expect(JSON.stringify(stranger)).not.toContain('secret of mine');
  });

  it.each([
    ['no message', { message: ' ' }, 400, 'bad_request'],
    ['too many servers', { message: 'x', servers: '/demo/mcp '.repeat(21) }, 400, 'bad_request'],
    ['a mistake', { message: '---\ntimeout: soon\n---\nx' }, 422, 'invalid_prompt'],
  ])('refuses %s', async (_what, fields, status, code) => {
    const first = await run('Hello.');
    const answer = await goOn(first, fields);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code } });
  });

  it('refuses other sites, runs that go on, and who has run enough', async () => {
    const first = await run('Hello.');
    const foreign = await goOn(first, { message: 'x' }, { origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
    const hanging = await run('Hang.', '/');
    expect((await goOn(hanging, { message: 'x' })).status).toBe(409);
    const unknown = { host: 'prompts.example' };
    expect((await goOn(first, { message: 'x' }, unknown)).status).toBe(201);
    const more = await goOn(first, { message: 'x' }, unknown);
    expect(more.status).toBe(429);
    expect(Number(more.headers['retry-after'])).toBeGreaterThan(0);
  });
});
