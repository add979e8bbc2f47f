/** What survives when workerd is killed in the middle of a run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { modelPeer } from '../support/model-peer.ts';
import type { ModelPeer } from '../support/model-peer.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
let model: ModelPeer;
let product: Product;

const start = () => startProduct({ STATE_DIR: stateDir, OPENAI_BASE_URL: model.baseUrl });

beforeAll(async () => {
  model = await modelPeer();
  product = await start();
});
afterAll(async () => {
  await product.stop();
  await model.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

async function create(): Promise<{ id: string; owner_token: string }> {
  const { text } = await ask(`${product.origin}/`, { body: 'Tell me a story.' });
  return JSON.parse(text) as { id: string; owner_token: string };
}

describe('after kill -9 of workerd', () => {
  it('a run goes on by itself, without any request, and its first text is superseded', async () => {
    const done = await create();
    const first = await model.next();
    first.says('Finished before.');
    first.stops();
    await ask(`${product.origin}/${done.id}/events`);
    const before = (await ask(`${product.origin}/${done.id}/events`)).text;

    const { id, owner_token } = await create();
    const asked = await model.next();
    asked.says('Once upon');
    await expect
      .poll(async () => (await ask(`${product.origin}/${id}.txt`)).text)
      .toContain('Once upon');
    process.kill(product.workerdPid(), 'SIGKILL');
    await product.ended;
    product = await start();

    // Nobody asks the server for anything: the alarm alone makes it ask the model again.
    const again = await model.next();
    again.says('Once more, and to the end.');
    again.stops();
    const { text } = await ask(`${product.origin}/${id}/events`);
    expect(text).toContain('"attempt":2');
    expect(text.match(/^id: \d+$/gm)?.map((line) => Number(line.slice(4)))).toEqual(
      Array.from({ length: text.match(/^id: /gm)?.length ?? 0 }, (_, index) => index + 1),
    );
    expect((await ask(`${product.origin}/${id}.txt`)).text.trim()).toBe(
      'Once more, and to the end.',
    );

    // The finished run is untouched, and the tokens are still good: the key was kept.
    expect((await ask(`${product.origin}/${done.id}/events`)).text).toBe(before);
    const headers = { authorization: `Bearer ${owner_token}` };
    const removed = await ask(`${product.origin}/${id}`, { method: 'DELETE', headers });
    expect(removed.status).toBe(204);
  });
});
