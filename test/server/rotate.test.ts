/** `POST /{id}/rotate` on the started product: another address, and nothing at the old one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/run/event.ts';
import { fsck } from '../../src/run/fsck.ts';
import { ask } from '../support/ask.ts';
import { modelPeer } from '../support/model-peer.ts';
import type { ModelPeer } from '../support/model-peer.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
const ALICE = { authorization: 'Bearer alice-key-0123456789' };
let product: Product;
let model: ModelPeer;
const start = () =>
  startProduct({
    STATE_DIR: stateDir,
    OPENAI_BASE_URL: model.baseUrl,
    DEFAULT_MODEL: 'by-hand',
    API_KEYS: 'alice:alice-key-0123456789,bob:bob-key-0123456789',
  });
beforeAll(async () => {
  model = await modelPeer();
  product = await start();
});
afterAll(async () => {
  await product.stop();
  await model.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

interface Created {
  id: string;
  owner_token: string;
  url: string;
  status: string;
  created_at: string;
}
type Headers = Readonly<Record<string, string>>;

const get = (path: string, headers: Headers = {}) => ask(product.origin + path, { headers });
const post = (path: string, headers: Headers = {}, body = '') =>
  ask(product.origin + path, { method: 'POST', headers, body });
const bearer = ({ owner_token }: Created) => ({ authorization: `Bearer ${owner_token}` });
const errorOf = (text: string) => (JSON.parse(text) as { error: Record<string, unknown> }).error;

async function finished(headers: Headers = {}, prompt = 'Say hello.'): Promise<Created> {
  const run = JSON.parse((await post('/', headers, prompt)).text) as Created;
  const asked = await model.next();
  asked.says('Hello 🌊.');
  asked.stops();
  await get(`/${run.id}/events`);
  return run;
}

async function rotated(run: Created): Promise<Created> {
  const { status, headers, text } = await post(`/${run.id}/rotate`, bearer(run));
  expect(status).toBe(200);
  const moved = JSON.parse(text) as Created;
  expect(headers.location).toBe(`/${moved.id}`);
  return moved;
}

describe('a run that has ended', () => {
  it('is whole under its new address and tells nothing of the old one', async () => {
    const old = await finished();
    const before = await get(`/${old.id}.json`, bearer(old));
    const moved = await rotated(old);
    expect(moved).toMatchObject({ status: 'completed', created_at: old.created_at });
    expect(moved.url).toBe(`${product.origin}/${moved.id}`);
    const after = await get(`/${moved.id}.json`, bearer(moved));
    expect(after.text).toBe(before.text.replaceAll(old.id, moved.id));
    const { text } = await get(`/${moved.id}/events`, bearer(moved));
    expect(text).not.toContain(old.id);
    const events = (text.match(/^data: .*$/gm) ?? []).map(
      (line) => JSON.parse(line.slice(6)) as RunEvent,
    );
    expect(fsck(events)).toEqual([]);
  });

  it('is 410 at the old address for everybody in every form, with nothing but that', async () => {
    const old = await finished(ALICE);
    const moved = await rotated(old);
    for (const path of ['', '.md', '.json', '.txt', '/events', '/files/a.txt', '?key=prompt']) {
      for (const headers of [{}, bearer(old)]) {
        const { status, text } = await get(`/${old.id}${path}`, headers);
        expect(status).toBe(410);
        expect(errorOf(text)).toMatchObject({ code: 'gone', status: 'rotated' });
        expect(text).not.toContain(moved.id);
        expect(text).not.toContain('Hello');
      }
    }
    // Who made it is told where it is.
    const own = await get(`/${old.id}`, { ...ALICE, accept: 'application/json' });
    expect([own.status, errorOf(own.text)['id']]).toEqual([410, moved.id]);
    const bob = { authorization: 'Bearer bob-key-0123456789' };
    expect((await get(`/${old.id}`, bob)).text).not.toContain(moved.id);
  });

  it('is owned by its new token alone, and by the key that made it', async () => {
    const old = await finished(ALICE);
    const moved = await rotated(old);
    expect((await post(`/${moved.id}/cancel`, bearer(old))).status).toBe(401);
    for (const path of ['cancel', 'rotate']) {
      expect((await post(`/${old.id}/${path}`, bearer(old))).status).toBe(410);
    }
    const twice = JSON.parse((await post(`/${moved.id}/rotate`, ALICE)).text) as Created;
    const gone = await ask(`${product.origin}/${twice.id}`, { method: 'DELETE', headers: ALICE });
    expect(gone.status).toBe(204);
    expect((await get(`/${twice.id}`)).status).toBe(404);
    expect((await get(`/${moved.id}`)).status).toBe(410);
  });

  it('is under its new address in the list, and for its key', async () => {
    const headers = { ...ALICE, 'idempotency-key': 'rotate-me' };
    const old = await finished(headers, 'With a key.');
    const moved = await rotated(old);
    const list = (await get('/runs', ALICE)).text;
    expect(list).toContain(moved.id);
    expect(list).not.toContain(old.id);
    const again = await post('/', headers, 'With a key.');
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(JSON.parse(again.text)).toMatchObject({ id: moved.id, owner_token: moved.owner_token });
  });

  it('gets one address when it is asked for several times at once', async () => {
    const old = await finished();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(`/${old.id}/rotate`, bearer(old))),
    );
    const ids = answers.flatMap(({ status, text }) =>
      status === 200 ? [(JSON.parse(text) as Created).id] : [],
    );
    expect(new Set(ids).size).toBe(1);
    expect(answers.every(({ status }) => [200, 410].includes(status))).toBe(true);
  });

  it('moves whole when it is large, and after a restart is still there', async () => {
    const old = await finished({}, `Long. ${'wörd 🌊 '.repeat(90_000)}`);
    const before = await get(`/${old.id}?key=prompt`);
    const moved = await rotated(old);
    process.kill(product.workerdPid(), 'SIGKILL');
    await product.ended;
    product = await start();
    expect((await get(`/${moved.id}?key=prompt`)).text).toBe(before.text);
    expect((await get(`/${old.id}`)).status).toBe(410);
  });

  it('leads a browser to the new page, which owns it', async () => {
    const old = await finished();
    const page = { ...bearer(old), accept: 'text/html', 'sec-fetch-site': 'same-origin' };
    const { status, headers } = await post(`/${old.id}/rotate`, page);
    expect(status).toBe(303);
    const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    const id = (headers.location ?? '').slice(1);
    expect((await post(`/${id}/cancel`, { cookie })).status).toBe(200);
  });

  it('expires at its new address when its time is over', async () => {
    const old = await finished({}, '---\nttl: 6s\n---\nSay hello.');
    const moved = await rotated(old);
    await expect.poll(async () => (await get(`/${moved.id}`)).status).toBe(410);
    expect(errorOf((await get(`/${moved.id}`)).text)['status']).not.toBe('rotated');
  });
});

describe('rotating', () => {
  it('a run that goes on is 409, and it goes on', async () => {
    const run = JSON.parse((await post('/', {}, 'Go on.')).text) as Created;
    const asked = await model.next();
    const { status, text } = await post(`/${run.id}/rotate`, bearer(run));
    expect([status, errorOf(text)['code']]).toEqual([409, 'not_ended']);
    asked.says('Still here.');
    asked.stops();
    await get(`/${run.id}/events`);
    expect((await get(`/${run.id}.txt`)).text).toContain('Still here.');
  });

  it('is for the owner, and only a POST', async () => {
    const run = await finished(ALICE);
    expect((await post(`/${run.id}/rotate`)).status).toBe(401);
    const bob = { authorization: 'Bearer bob-key-0123456789' };
    expect((await post(`/${run.id}/rotate`, bob)).status).toBe(401);
    expect((await get(`/${run.id}/rotate`, ALICE)).status).toBe(405);
    expect((await post(`/${'a'.repeat(32)}/rotate`, ALICE)).status).toBe(404);
    const foreign = { ...ALICE, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await post(`/${run.id}/rotate`, foreign)).status).toBe(403);
    expect((await get(`/${run.id}`)).status).toBe(200);
  });
});
