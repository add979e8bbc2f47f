/** `GET /runs` on the started product: what belongs to the sender, and to nobody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { modelPeer } from '../support/model-peer.ts';
import type { ModelPeer } from '../support/model-peer.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

let product: Product;
let model: ModelPeer;
beforeAll(async () => {
  model = await modelPeer();
  product = await startProduct({
    OPENAI_BASE_URL: model.baseUrl,
    DEFAULT_MODEL: 'by-hand',
    API_KEYS: ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi']
      .map((name) => `${name}:${name}-key-0123456789`)
      .join(','),
    PUBLIC_URL: 'https://prompts.example',
    PUBLIC_RUNS: '1',
  });
});
afterAll(async () => {
  await product.stop();
  await model.stop();
});

interface Listed {
  id: string;
  object: string;
  status: string;
  created_at: string;
  title: string;
  url: string;
}
interface List {
  object: string;
  data: Listed[];
  has_more: boolean;
}

const bearer = (name: string) => ({ authorization: `Bearer ${name}-key-0123456789` });
async function create(name: string, body: string): Promise<{ id: string; owner_token: string }> {
  const { text } = await ask(`${product.origin}/`, { body, headers: bearer(name) });
  return JSON.parse(text) as { id: string; owner_token: string };
}
const get = (name: string, query = '') =>
  ask(`${product.origin}/runs${query}`, { headers: bearer(name) });
const list = async (name: string, query = '') => JSON.parse((await get(name, query)).text) as List;
const statuses = async (name: string) => (await list(name)).data.map(({ status }) => status);

describe('the list of runs', () => {
  it('is of the sender alone, the newest first, with titles', async () => {
    expect(await list('alice')).toEqual({ object: 'list', data: [], has_more: false });
    const one = await create('alice', '# First thing\n\nSay *hello*.');
    const two = await create('alice', '---\ntitle: Second thing\n---\nSay hello.');
    await create('bob', 'Something else.');
    const { data } = await list('alice');
    expect(data.map(({ id, title }) => [id, title])).toEqual([
      [two.id, 'Second thing'],
      [one.id, 'First thing'],
    ]);
    expect(data[0]).toMatchObject({ object: 'run', url: `${product.origin}/${two.id}` });
    expect(data[0]?.created_at).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect((await list('bob')).data.map(({ title }) => title)).toEqual(['Something else.']);
    for (let left = 0; left < 3; left += 1) (await model.next()).stops();
  });

  it('follows where a run stands, without anybody reading the run', async () => {
    const { id, owner_token } = await create('carol', 'Follow me.');
    const asked = await model.next();
    asked.says('Some text.');
    await expect.poll(() => statuses('carol')).toEqual(['running']);
    asked.stops();
    await expect.poll(() => statuses('carol')).toEqual(['completed']);
    const other = await create('carol', 'Cancel me.');
    await model.next();
    await ask(`${product.origin}/${other.id}/cancel`, { method: 'POST', headers: bearer('carol') });
    await expect.poll(() => statuses('carol')).toEqual(['cancelled', 'completed']);
    expect((await list('carol', '?status=completed')).data.map((run) => run.id)).toEqual([id]);
    expect((await list('carol', '?status=failed')).data).toEqual([]);
    const headers = { authorization: `Bearer ${owner_token}` };
    await ask(`${product.origin}/${id}`, { method: 'DELETE', headers });
    expect(await statuses('carol')).toEqual(['cancelled']);
  });

  it('loses runs whose time is over', async () => {
    const { id } = await create('dave', '---\nttl: 5s\n---\nGone soon.');
    (await model.next()).stops();
    expect((await list('dave')).data.map((run) => run.id)).toEqual([id]);
    await expect.poll(() => statuses('dave')).toEqual([]);
  });

  it('is read in parts, each run once, while runs are added', async () => {
    const made: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      made.push((await create('erin', `Number ${count}.`)).id);
      (await model.next()).stops();
    }
    const seen: string[] = [];
    let query = '?limit=3';
    for (;;) {
      const page = await list('erin', query);
      seen.push(...page.data.map(({ id }) => id));
      if (!page.has_more) break;
      query = `?limit=3&after=${page.data.at(-1)?.id}`;
      await create('erin', 'In between.');
      (await model.next()).stops();
    }
    expect(seen).toEqual(made.toReversed());
  });

  it('is a page for a browser, with links and a next part', async () => {
    const { id } = await create('frank', 'Say <b>hello</b>.');
    (await model.next()).stops();
    const other = await create('frank', 'And again.');
    (await model.next()).stops();
    const { status, headers, text } = await ask(`${product.origin}/runs?limit=1`, {
      headers: { ...bearer('frank'), accept: 'text/html' },
    });
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toContain(`href="/${other.id}/own"`);
    expect(text).toContain(`href="/runs?limit=1&amp;after=${other.id}"`);
    const rest = await ask(`${product.origin}/runs?limit=1&after=${other.id}`, {
      headers: { ...bearer('frank'), accept: 'text/html' },
    });
    expect(rest.text).toContain(`href="/${id}/own"`);
    expect(rest.text).toContain('Say &lt;b&gt;hello&lt;/b&gt;.');
    expect(rest.text).not.toContain('Older runs');
  });

  it('leads to each run as its owner: at once at the machine, else through the sign-in', async () => {
    const { id } = await create('frank', 'For frank alone.');
    (await model.next()).stops();
    const led = async (headers: Record<string, string>) =>
      (await ask(`${product.origin}/${id}/own`, { headers })).headers.location;
    expect(await led({ host: 'prompts.example' })).toBe(`/sign-in?return=%2F${id}`);
    expect(await led(bearer('frank'))).toBe(`/${id}`);
    expect(await led({})).toBe(`/${id}`);
  });

  it('of the person at the machine needs no key, and no other site can read it', async () => {
    const { text } = await ask(`${product.origin}/`, { body: 'At the machine.' });
    (await model.next()).stops();
    const { id } = JSON.parse(text) as { id: string };
    const own = await ask(`${product.origin}/runs`);
    expect((JSON.parse(own.text) as List).data.map((run) => run.id)).toEqual([id]);
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    for (const path of ['/runs', '/connections']) {
      const { headers } = await ask(product.origin + path, { headers: foreign });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('is nothing for nobody', async () => {
    const headers = { host: 'prompts.example' };
    await ask(`${product.origin}/`, { body: 'Anonymous.', headers });
    (await model.next()).stops();
    expect((await ask(`${product.origin}/runs`, { headers })).status).toBe(401);
    const wrong = { authorization: 'Bearer not-a-key-of-anybody' };
    expect((await ask(`${product.origin}/runs`, { headers: wrong })).status).toBe(401);
  });

  it.each([
    '?limit=0',
    '?limit=101',
    '?limit=x',
    '?limit=-1',
    '?status=done',
    '?after=x',
    `?after=${'a'.repeat(32)}`,
  ])('is a bad request with %s', async (query) => {
    const { status, text } = await get('alice', query);
    expect(status).toBe(400);
    expect(text).toContain('"bad_request"');
  });
});

describe('kept completions', () => {
  it('are listed with their first words while they go on, and where they stand', async () => {
    const messages = [
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'Keep this one.' },
    ];
    const body = JSON.stringify({ messages, store: true, stream: true });
    const headers = { ...bearer('grace'), 'content-type': 'application/json' };
    const answer = ask(`${product.origin}/v1/chat/completions`, { headers, body });
    const asked = await model.next();
    asked.says('Kept.');
    await expect.poll(() => statuses('grace'), { timeout: 10_000 }).toEqual(['running']);
    asked.stops();
    const url = String((await answer).headers['x-run-url']);
    await expect.poll(() => statuses('grace'), { timeout: 10_000 }).toEqual(['completed']);
    const { data } = await list('grace');
    expect(data.map(({ title, ...run }) => [title, run.url])).toEqual([['Keep this one.', url]]);
    const token = {
      authorization: `Bearer ${String((await answer).headers['x-run-owner-token'])}`,
    };
    await ask(url, { method: 'DELETE', headers: token });
    expect(await statuses('grace')).toEqual([]);
  });

  it('are not listed without store', async () => {
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Forget this one.' }] });
    const headers = { ...bearer('heidi'), 'content-type': 'application/json' };
    const answer = ask(`${product.origin}/v1/chat/completions`, { headers, body });
    (await model.next()).stops();
    await answer;
    expect(await statuses('heidi')).toEqual([]);
  });
});
