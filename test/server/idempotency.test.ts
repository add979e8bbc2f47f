/** `Idempotency-Key` on the started product: the same request again is the same run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import type { Answer } from '../support/ask.ts';
import { httpPeer } from '../support/peers.ts';
import type { Peer } from '../support/peers.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
let model: Peer;
let asked: string[];
let product: Product;

const ANSWER = [
  '{"choices":[{"index":0,"delta":{"content":"Done."}}]}',
  '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
  '[DONE]',
].map((line) => `data: ${line}\n\n`);

const start = () =>
  startProduct({
    STATE_DIR: stateDir,
    OPENAI_BASE_URL: `${model.origin}/v1`,
    API_KEYS: 'alice:alice-key-0123456789,bob:bob-key-0123456789',
    PUBLIC_RUNS: '1',
    PUBLIC_URL: 'https://prompts.example',
  });

beforeAll(async () => {
  asked = [];
  model = await httpPeer((_, response, body) => {
    asked.push(body);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    setTimeout(() => response.end(ANSWER.join('')), 20);
  });
  product = await start();
});
afterAll(async () => {
  await product.stop();
  await model.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

let count = 0;
/** A key that no other test uses. */
const newKey = () => `key-${(count += 1)}`;

type Headers = Readonly<Record<string, string>>;
const post = (key: string, body: string, headers: Headers = {}, path = '/') =>
  ask(product.origin + path, { body, headers: { 'idempotency-key': key, ...headers } });
const idOf = ({ headers }: Answer) => (headers.location ?? '').slice(1);
const codeOf = ({ text }: Answer) => (JSON.parse(text) as { error: { code: string } }).error.code;
const tokenOf = ({ text }: Answer) => (JSON.parse(text) as { owner_token: string }).owner_token;
const remove = (answer: Answer) =>
  ask(`${product.origin}/${idOf(answer)}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${tokenOf(answer)}` },
  });
const calls = (text: string) => asked.filter((body) => body.includes(text)).length;

describe('the same request with the same key', () => {
  it('is the same run, and says so', async () => {
    const key = newKey();
    const first = await post(key, 'Say it once.');
    const again = await post(key, 'Say it once.');
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(idOf(again)).toBe(idOf(first));
    expect(tokenOf(again)).toBe(tokenOf(first));
    const { created_at } = JSON.parse(first.text) as { created_at: string };
    expect(JSON.parse(again.text)).toMatchObject({ created_at });
    // Warnings of the key are gone: it does what it says.
    expect(JSON.parse(again.text)).toMatchObject({ problems: [] });
  });

  it('a hundred times at once is one run and one request to the model', async () => {
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => post(key, 'A hundred at once.', {}, '/?wait=20')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(idOf)).size).toBe(1);
    const replayed = answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true');
    expect(replayed).toHaveLength(99);
    expect(calls('A hundred at once.')).toBe(1);
  });

  it.each([
    ['text/event-stream', '/', 201, 'event: run-end'],
    ['text/plain', '/', 201, 'Done.'],
    ['text/markdown', '/?wait=20', 200, 'Done.'],
    ['text/html', '/', 303, ''],
  ])('is answered as %s where that is asked for (%s)', async (accept, path, status, text) => {
    const key = newKey();
    const first = await post(key, 'In every form.');
    const again = await post(key, 'In every form.', { accept }, path);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([status, 'true']);
    expect(again.text).toContain(text);
    expect(idOf(again)).toBe(idOf(first));
  });

  it('is known in the body, the query and the header, and by what it means', async () => {
    const key = newKey();
    const first = await post(key, 'By any name.', {}, '/?temperature=0&name=x');
    const body = { prompt: 'By any name.', idempotency_key: key, name: 'x', temperature: 0 };
    const json = { 'content-type': 'application/json' };
    const second = await ask(`${product.origin}/runs`, {
      body: JSON.stringify(body),
      headers: json,
    });
    const query = `idempotency_key=${key}&name=x&temperature=0`;
    const third = await ask(`${product.origin}/?${query}`, { body: 'By any name.' });
    expect([idOf(second), idOf(third)]).toEqual([idOf(first), idOf(first)]);
  });

  it('is another run for somebody else', async () => {
    const key = newKey();
    const bearer = (name: string) => ({ authorization: `Bearer ${name}-key-0123456789` });
    const [alice, bob, local] = [
      await post(key, 'Whose?', bearer('alice')),
      await post(key, 'Whose?', bearer('bob')),
      await post(key, 'Whose?'),
    ];
    expect(new Set([alice, bob, local].map(idOf)).size).toBe(3);
  });

  it('makes a new run when the run was deleted, with an address of its own', async () => {
    const key = newKey();
    const first = await post(key, 'Once more.');
    expect((await remove(first)).status).toBe(204);
    const again = await post(key, 'Once more.');
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, undefined]);
    expect(idOf(again)).not.toBe(idOf(first));
    expect((await ask(`${product.origin}/${idOf(first)}`)).status).toBe(404);
    // Deleted while the same request comes again and again: the old address stays empty.
    const [, ...others] = await Promise.all([
      remove(again),
      ...Array.from({ length: 20 }, () => post(key, 'Once more.')),
    ]);
    expect(others.every(({ status }) => status === 201)).toBe(true);
    expect((await ask(`${product.origin}/${idOf(again)}`)).status).toBe(404);
  });

  it('is still the same run after kill -9 and a restart', async () => {
    const key = newKey();
    const first = await post(key, 'Survive.', {}, '/?wait=20');
    process.kill(product.workerdPid(), 'SIGKILL');
    await product.ended;
    product = await start();
    const again = await post(key, 'Survive.', {}, '/?wait=20');
    expect([idOf(again), again.headers['idempotency-replayed']]).toEqual([idOf(first), 'true']);
    expect(calls('Survive.')).toBe(1);
    expect(codeOf(await post(key, 'Survive?'))).toBe('idempotency_mismatch');
  });
});

describe('a key', () => {
  it('that was used for something else is 422, and nothing runs', async () => {
    const key = newKey();
    await post(key, 'The first.');
    for (const other of [
      await post(key, 'The second.'),
      await post(key, 'The first.', {}, '/?temperature=1'),
      await post(key, 'The first.', {}, '/?user=ann'),
    ]) {
      expect(other.status).toBe(422);
      expect(codeOf(other)).toBe('idempotency_mismatch');
      expect(other.headers.location).toBeUndefined();
    }
  });

  it('of a prompt with an error is not used up', async () => {
    const key = newKey();
    expect((await post(key, '---\nmodel: [\n---\nHi.')).status).toBe(422);
    expect((await post(key, 'Now right.', {}, '/?dry_run=1')).status).toBe(200);
    expect((await post(key, 'Right at last.')).status).toBe(201);
  });

  it.each(['', 'a b', 'x'.repeat(256), 'caf\u00e9'])('is a bad request as %j', async (key) => {
    const answer = await post(key, 'Say hello.');
    expect([answer.status, codeOf(answer)]).toEqual([400, 'bad_request']);
  });

  it('is a bad request when it is no text, or when there are two', async () => {
    const body = JSON.stringify({ prompt: 'Hi.', idempotency_key: 7 });
    const number = await ask(`${product.origin}/`, {
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(number.status).toBe(400);
    expect((await post('one', 'Hi.', {}, '/?idempotency_key=two')).status).toBe(400);
    expect((await post('x'.repeat(255), 'Hi.')).status).toBe(201);
  });

  it('of nobody is a bad request', async () => {
    const answer = await post(newKey(), 'Say hello.', { host: 'prompts.example' });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'bad_request']);
    const without = await ask(`${product.origin}/`, {
      body: 'Say hello.',
      headers: { host: 'prompts.example' },
    });
    expect(without.status).toBe(201);
  });
});
