/** What a prompt takes from an answer, over HTTP: JSON with one correction, and files. */
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
  product = await startProduct({ OPENAI_BASE_URL: model.baseUrl, DEFAULT_MODEL: 'by-hand' });
});
afterAll(async () => {
  await product.stop();
  await model.stop();
});

/** Runs a prompt whose model says these answers, one in each step; gives the run's id. */
async function answered(prompt: string, ...answers: readonly string[]): Promise<string> {
  const { text } = await ask(`${product.origin}/`, { body: prompt });
  const { id } = JSON.parse(text) as { id: string };
  for (const answer of answers) {
    const asked = await model.next();
    asked.says(answer);
    asked.stops();
  }
  await ask(`${product.origin}/${id}/events`);
  return id;
}

const get = (path: string) => ask(product.origin + path);

async function readJson(id: string): Promise<Record<string, unknown>> {
  return JSON.parse((await get(`/${id}.json`)).text) as Record<string, unknown>;
}

const COUNT = '---\noutput: {schema: {n: integer}}\n---\nCount.';

describe('an answer with a schema', () => {
  it('is corrected once and is JSON in every form', async () => {
    const id = await answered(COUNT, '{"n": "x"}', 'Sorry:\n```json\n{"n": 3}\n```');
    expect(await readJson(id)).toMatchObject({
      status: 'completed',
      output: '{"n": 3}',
      output_json: { n: 3 },
    });
    expect((await get(`/${id}.txt`)).text).toBe('{"n": 3}\n');
    expect((await get(`/${id}?key=output`)).text).toBe('{"n": 3}');
    expect((await get(`/${id}.html`)).text).toContain('Sorry:');
  });

  it('that fits neither time fails and says where', async () => {
    const id = await answered(COUNT, '{"n": "x"}', '{"n": "y"}');
    const { status, stop_reason, error } = await readJson(id);
    expect([status, stop_reason]).toEqual(['failed', 'output_invalid']);
    expect(JSON.stringify(error)).toContain('/n must be an integer.');
  });
});

describe('the files of an answer', () => {
  const ANSWER = [
    '```html site/index.html',
    '<script>alert(1)</script>',
    '```',
    '```csv "title=a" path="ünï code.csv"',
    'a,b',
    '```',
    '```bin path=a.bin',
    'x',
    '```',
    '```sh ../../escape.sh',
    'x',
    '```',
  ].join('\n');

  it('FILE-2 are served at their addresses, of types that no browser runs', async () => {
    const id = await answered('Make a site.', ANSWER);
    const { files } = (await readJson(id)) as { files: { path: string; url: string }[] };
    expect(files.map(({ path }) => path)).toEqual(['site/index.html', 'ünï code.csv', 'a.bin']);
    const served = await Promise.all(files.map(({ url }) => ask(url)));
    expect(served.map(({ status, text }) => [status, text])).toEqual([
      [200, '<script>alert(1)</script>\n'],
      [200, 'a,b\n'],
      [200, 'x\n'],
    ]);
    expect(served.map(({ headers }) => headers['content-type'])).toEqual([
      'text/plain; charset=utf-8',
      'text/csv; charset=utf-8',
      'application/octet-stream',
    ]);
    expect(served.map(({ headers }) => headers['content-disposition'])).toEqual([
      "inline; filename*=UTF-8''index.html",
      "inline; filename*=UTF-8''%C3%BCn%C3%AF%20code.csv",
      "attachment; filename*=UTF-8''a.bin",
    ]);
    for (const { headers } of served) {
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toMatch(/^default-src 'none';.* sandbox$/);
      expect(headers['cache-control']).toBe('private, no-cache');
    }
    expect((await get(`/${id}.html`)).text).toContain(`href="/${id}/files/site/index.html"`);
  });

  it('FILE-3 are nothing else: every other path is the same 404', async () => {
    const id = await answered('Make a site.', ANSWER);
    const unknown = await get(`/${'a'.repeat(32)}`);
    const paths = [
      '',
      'no.txt',
      'site',
      'escape.sh',
      '%2e%2e/%2e%2e/escape.sh',
      '%',
      'site%00',
      'SITE/index.html',
    ];
    for (const path of paths) {
      const { status, text } = await get(`/${id}/files/${path}`);
      expect([path, status, text]).toEqual([path, 404, unknown.text]);
    }
    const { status } = await ask(`${product.origin}/${id}/files/a.bin`, { method: 'DELETE' });
    expect(status).toBe(405);
  });
});
