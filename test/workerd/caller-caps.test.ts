/** How much one caller may run, inside workerd with its real objects. */
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { addressName } from '../../src/worker/principal/caller-address.ts';
import { readEnv } from '../../src/worker/env.ts';
import type { Env } from '../../src/worker/env.ts';
import worker from '../../src/worker/index.ts';
import { principalClient } from '../../src/worker/principal/principal-client.ts';
import type { PrincipalClient } from '../../src/worker/principal/principal-client.ts';
import { newRunId } from '../../src/worker/run/run-id.ts';

const bindings = env as unknown as Env;
const NO_CAPS = { rate: 0, concurrency: 0 };

let count = 0;
function somebody(): { readonly name: string; readonly own: PrincipalClient } {
  const name = `key:caps-${(count += 1)}`;
  return {
    name,
    own: principalClient(bindings, { principal: name, origin: 'https://prompts.example' }),
  };
}
const newId = () => newRunId('an-id-key-of-tests-that-is-long-enough');
const wish = async (change: object = {}) => ({
  id: await newId(),
  title: 'A run',
  expires_at: null,
  once: null,
  ...change,
});
const sql = (name: string, query: string) =>
  runInDurableObject(bindings.PRINCIPALS.getByName(name), (_, { storage }) => {
    storage.sql.exec(query);
  });

interface Asked extends RequestInit {
  readonly with?: Partial<Record<string, string>>;
}
async function post(path: string, { with: variables, ...init }: Asked = {}): Promise<Response> {
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  const request = new Request(`https://prompts.example${path}`, {
    method: 'POST',
    body: 'Say hello.',
    ...init,
  });
  return await worker.fetch(
    request as Parameters<typeof worker.fetch>[0],
    { ...bindings, ...variables },
    context as unknown as ExecutionContext,
  );
}
const KEY = { authorization: 'Bearer alice-key-0123456789' };
const from = (address: string, path = '/', variables: Partial<Record<string, string>> = {}) =>
  post(path, {
    headers: { 'cf-connecting-ip': address },
    with: { PUBLIC_RUNS: '1', ...variables },
  });

describe('the rate', () => {
  it('is a bucket that fills again', async () => {
    const { name, own } = somebody();
    const caps = { rate: 3, concurrency: 0 };
    const kinds = [];
    for (let tried = 0; tried < 4; tried += 1) {
      kinds.push(await own.admitRun(await wish(), caps));
    }
    expect(kinds.map(({ kind }) => kind)).toEqual(['new', 'new', 'new', 'refused']);
    expect(kinds[3]).toEqual({ kind: 'refused', seconds: 20 });
    await sql(name, 'UPDATE bucket SET at = at - 20000');
    expect(await own.admitRun(await wish(), caps)).toEqual({ kind: 'new' });
    expect((await own.admitRun(await wish(), caps)).kind).toBe('refused');
    // What was refused is in no list.
    const page = await own.listRuns({ limit: 100, after: null, status: null });
    expect(page?.runs).toHaveLength(4);
  });

  it('is not used by the same request again', async () => {
    const { own } = somebody();
    const once = { key: 'k', hash: 'h' };
    const caps = { rate: 1, concurrency: 1 };
    const first = await wish({ once });
    expect(await own.admitRun(first, caps)).toEqual({ kind: 'new' });
    for (let tried = 0; tried < 5; tried += 1) {
      const again = await own.admitRun(await wish({ once }), caps);
      expect(again).toEqual({ kind: 'known', id: first.id });
    }
    const other = await own.admitRun(await wish({ once: { key: 'k', hash: 'x' } }), caps);
    expect(other).toEqual({ kind: 'mismatch' });
  });

  it('is 429 with Retry-After, in the words of each door', async () => {
    const headers = { authorization: 'Bearer bob-key-0123456789' };
    const variables = { RUN_RATE: '2' };
    for (const path of ['/', '/runs']) {
      expect((await post(path, { headers, with: variables })).status).toBe(201);
    }
    const refused = await post('/', { headers, with: variables });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    expect(await refused.json()).toMatchObject({
      error: { code: 'rate_limited', retry_after: 30 },
    });
    const chat = await post('/v1/chat/completions', {
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo/demo', messages: [{ role: 'user', content: 'Hi.' }] }),
      with: variables,
    });
    expect([chat.status, chat.headers.get('retry-after')]).toEqual([429, '30']);
    expect(await chat.json()).toMatchObject({ error: { type: 'rate_limit_error' } });
    const page = await post('/', { headers: { ...headers, accept: 'text/html' }, with: variables });
    expect([page.status, page.headers.get('content-type')]).toEqual([
      429,
      'text/html; charset=utf-8',
    ]);
    // Another caller is counted by itself, and looking at a request costs nothing.
    expect((await post('/', { headers: KEY, with: variables })).status).toBe(201);
    expect((await post('/?dry_run=1', { headers, with: variables })).status).toBe(200);
  });

  it.each(['x', '-1', '1,2,3', '1.5', '10000000'])('as %j is misconfigured', async (RUN_RATE) => {
    for (const name of ['RUN_RATE', 'RUN_CONCURRENCY']) {
      const response = await post('/', { headers: KEY, with: { [name]: RUN_RATE } });
      expect(response.status).toBe(503);
      expect(await response.text()).toContain(name);
    }
  });
});

describe('the places', () => {
  it('are taken by what runs, and not by what waits or has ended', async () => {
    const { own } = somebody();
    const caps = { rate: 0, concurrency: 2 };
    const [one, two] = [await wish(), await wish()];
    for (const each of [one, two]) expect(await own.admitRun(each, caps)).toEqual({ kind: 'new' });
    expect(await own.admitRun(await wish(), caps)).toEqual({ kind: 'refused', seconds: 10 });
    await own.noteRun(one.id, { status: 'requires_action', expires_at: null });
    const three = await wish();
    expect(await own.admitRun(three, caps)).toEqual({ kind: 'new' });
    // What goes on after waiting goes on whatever the cap is, and counts.
    await own.noteRun(one.id, { status: 'running', expires_at: null });
    await own.noteRun(two.id, { status: 'completed', expires_at: null });
    expect((await own.admitRun(await wish(), caps)).kind).toBe('refused');
    await own.noteRun(three.id, null);
    expect(await own.admitRun(await wish(), caps)).toEqual({ kind: 'new' });
  });

  it('that a run gave back without a word are found', async () => {
    const { name, own } = somebody();
    const caps = { rate: 0, concurrency: 1 };
    const gone = await wish();
    expect(await own.admitRun(gone, caps)).toEqual({ kind: 'new' });
    await sql(name, 'UPDATE place SET looked_at = 0; UPDATE run SET created_at = 0');
    // No object of that id has a run: whoever was to accept it died.
    expect(await own.admitRun(await wish(), caps)).toEqual({ kind: 'new' });
    const page = await own.listRuns({ limit: 10, after: null, status: null });
    expect(page?.runs.map(({ id }) => id)).not.toContain(gone.id);
  });

  it('of a completion are free by themselves in the end', async () => {
    const { own } = somebody();
    const caps = { rate: 0, concurrency: 1 };
    expect(await own.takePlace('one', caps, Date.now() + 60_000)).toBeNull();
    expect(await own.takePlace('two', caps, Date.now() + 60_000)).toBe(10);
    await own.releasePlace('one');
    expect(await own.takePlace('two', caps, Date.now() + 1)).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await own.takePlace('three', caps, Date.now() + 60_000)).toBeNull();
  });
});

describe('a list that missed a message', () => {
  it('asks the run', async () => {
    const response = await post('/?wait=50', { headers: KEY });
    const { id } = await response.json<{ id: string }>();
    const name = 'key:alice';
    const own = principalClient(bindings, { principal: name, origin: 'https://prompts.example' });
    const statusOf = async () => {
      const page = await own.listRuns({ limit: 100, after: null, status: null });
      return page?.runs.find((run) => run.id === id)?.status;
    };
    await expect.poll(statusOf).toBe('completed');
    await sql(name, `UPDATE run SET status = 'running', noted_at = 0 WHERE id = '${id}'`);
    expect(await statusOf()).toBe('completed');
  });

  it('is told of a run that it lacks, once, under its title', async () => {
    const body = '# Not lost\n\nSay hello.';
    const response = await post('/', { headers: KEY, body, with: { RUN_RATE: '0' } });
    const { id } = await response.json<{ id: string }>();
    const name = 'key:alice';
    // As if the list had not been reached when the run was made.
    await sql(name, `DELETE FROM run WHERE id = '${id}'`);
    const listed = async () => {
      const page = await post('/runs?limit=100', { method: 'GET', body: null, headers: KEY });
      const { data } = await page.json<{ data: { id: string; title: string; status: string }[] }>();
      return data.filter((run) => run.id === id).map(({ title, status }) => [title, status]);
    };
    await expect.poll(listed).toEqual([['Not lost', 'completed']]);
  });

  it('is told again by the alarm of a run when it could not be told', async () => {
    const response = await post('/?wait=50', { headers: KEY, with: { RUN_RATE: '0' } });
    const { id } = await response.json<{ id: string }>();
    const own = principalClient(bindings, {
      principal: 'key:alice',
      origin: 'https://prompts.example',
    });
    const wanted = { limit: 100, after: null, status: null };
    const isListed = async () => (await own.listRuns(wanted))?.runs.some((run) => run.id === id);
    await expect.poll(isListed).toBe(true);
    // The process died after the end, before it was told.
    await sql('key:alice', `DELETE FROM run WHERE id = '${id}'`);
    const run = bindings.RUNS.getByName(id);
    await evictDurableObject(run);
    await runInDurableObject(run, (_, { storage }) => storage.setAlarm(Date.now() + 60_000));
    await runDurableObjectAlarm(run);
    await expect.poll(isListed).toBe(true);
  });

  it('does not take a run back that is gone, whatever comes late', async () => {
    const { own } = somebody();
    const gone = await wish();
    await own.admitRun(gone, NO_CAPS);
    await own.noteRun(gone.id, null);
    const status = 'completed' as const;
    const late = { id: gone.id, status, created_at: 1, expires_at: null, title: gone.title };
    expect(await own.noteRun(gone.id, { status, expires_at: null })).toBe(true);
    await own.addRun(late);
    expect((await own.listRuns({ limit: 10, after: null, status: null }))?.runs).toEqual([]);
  });

  it('has a run once that moved while it was told of', async () => {
    const { own } = somebody();
    const [from, to] = [await wish(), await wish()];
    await own.admitRun(from, NO_CAPS);
    const run = { status: 'completed' as const, created_at: 1, expires_at: null, title: '' };
    await own.addRun({ ...run, id: to.id });
    await own.moveRun(from.id, to.id);
    await own.addRun({ ...run, id: from.id });
    const page = await own.listRuns({ limit: 10, after: null, status: null });
    expect(page?.runs.map(({ id }) => id)).toEqual([to.id]);
  });

  it('forgets a run that was never accepted, and its key, but not at once', async () => {
    const { name, own } = somebody();
    const once = { key: 'k', hash: 'h' };
    const reserved = await wish({ once });
    await own.admitRun(reserved, NO_CAPS);
    await sql(name, 'UPDATE run SET noted_at = 0');
    const all = { limit: 10, after: null, status: null };
    expect((await own.listRuns(all))?.runs).toHaveLength(1);
    await sql(name, 'UPDATE run SET noted_at = 0, created_at = 0');
    expect((await own.listRuns(all))?.runs).toEqual([]);
    expect(await own.admitRun(await wish({ once }), NO_CAPS)).toEqual({ kind: 'new' });
  });

  it('does not keep keys for longer than a day', async () => {
    const { name, own } = somebody();
    const once = { key: 'k', hash: 'h' };
    await own.admitRun(await wish({ once }), NO_CAPS);
    await sql(name, `UPDATE once SET at = ${Date.now() - 24 * 3_600_000}`);
    const other = await own.admitRun(await wish({ once: { key: 'k', hash: 'x' } }), NO_CAPS);
    expect(other).toEqual({ kind: 'new' });
  });
});

describe('callers nobody knows', () => {
  it('are counted by their address, an IPv6 network as one', async () => {
    const variables = { RUN_RATE: '60,1' };
    expect((await from('192.0.2.1', '/', variables)).status).toBe(201);
    expect((await from('192.0.2.1', '/', variables)).status).toBe(429);
    expect((await from('192.0.2.2', '/', variables)).status).toBe(201);
    expect((await from('2001:db8:1:2::1', '/', variables)).status).toBe(201);
    expect((await from('2001:0db8:1:2:ffff:1:2:3', '/', variables)).status).toBe(429);
    expect((await from('2001:db8:1:3::1', '/', variables)).status).toBe(201);
  });

  it('have less than known ones when nothing is set, and the person at the machine no cap', () => {
    expect(readEnv(bindings).settings?.caps).toEqual({
      principal: { rate: 60, concurrency: 50 },
      address: { rate: 10, concurrency: 5 },
      local: NO_CAPS,
    });
    const { settings } = readEnv({ ...bindings, RUN_RATE: '7', RUN_CONCURRENCY: '8, 9' } as Env);
    expect(settings?.caps).toEqual({
      principal: { rate: 7, concurrency: 8 },
      address: { rate: 10, concurrency: 9 },
      local: { rate: 7, concurrency: 8 },
    });
  });

  it('give their place back when the run has ended', async () => {
    const variables = { RUN_RATE: '0,0', RUN_CONCURRENCY: '0,1' };
    for (let tried = 0; tried < 3; tried += 1) {
      await expect
        .poll(async () => (await from('192.0.2.3', '/?wait=50', variables)).status)
        .toBe(200);
    }
  });

  it('leave nothing behind: their object removes itself', async () => {
    expect((await from('192.0.2.4', '/?wait=50')).status).toBe(200);
    const { settings } = readEnv(bindings);
    if (settings === null) throw new Error('The settings of the tests are wrong.');
    const request = new Request('https://prompts.example/', {
      headers: { 'cf-connecting-ip': '192.0.2.4' },
    });
    const name = await addressName(request, settings);
    expect(name).toMatch(/^\w{43}$/);
    const stub = bindings.ADDRESSES.getByName(name);
    const tables = () =>
      runInDurableObject(stub, (_, { storage }) =>
        storage.sql
          .exec<{ name: string }>(
            "SELECT name FROM sqlite_master WHERE name IN ('bucket', 'place')",
          )
          .toArray(),
      );
    await runDurableObjectAlarm(stub);
    expect(await tables()).toHaveLength(2);
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('UPDATE bucket SET at = 0');
      storage.sql.exec('UPDATE place SET looked_at = 0');
    });
    await runDurableObjectAlarm(stub);
    expect(await tables()).toEqual([]);
    expect((await from('192.0.2.4', '/?wait=50')).status).toBe(200);
  });
});
