/** Runs that have ended are read without their objects, with a real bucket and real objects. */
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { normalizePrompt } from '../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../src/parse/parse-prompt.ts';
import type { EventBody } from '../../src/run/event.ts';
import type { Env } from '../../src/worker/env.ts';
import worker from '../../src/worker/index.ts';
import { runClient } from '../../src/worker/run/run-client.ts';
import { newRunId, ownerToken } from '../../src/worker/run/run-id.ts';
import { BucketSnapshots } from '../../src/worker/snapshot/bucket-snapshots.ts';
import { RunSnapshot } from '../../src/worker/snapshot/run-snapshot.ts';
import { isOutdated, SNAPSHOT_VERSION } from '../../src/worker/snapshot/snapshot.ts';
import { ownPaths } from '../../src/worker/own-paths.ts';
import { readEnv } from '../../src/worker/env.ts';

const bindings = env as unknown as Env & { readonly ID_KEY: string; readonly SNAPSHOTS: R2Bucket };
const OWNER = { holdsToken: true, principal: null };
const ANSWER = 'Here it is.\n\n```js src/a.js\nconst wave = "🌊";\n```\n\nDone, Zoë.';

/** The bindings, and how often an object of a run was named since. */
function counted(changes: Partial<Env> = {}): { readonly env: Env; readonly named: () => number } {
  let named = 0;
  const RUNS = {
    getByName: (name: string) => {
      named += 1;
      return bindings.RUNS.getByName(name);
    },
  };
  return {
    env: { ...bindings, RUNS: RUNS as unknown as DurableObjectNamespace, ...changes },
    named: () => named,
  };
}

/** Without a bucket everything is read from the object, as it was before there were snapshots. */
function fromObject(): Env {
  const { SNAPSHOTS: _SNAPSHOTS, ...rest } = bindings;
  return rest;
}

async function ask(path: string, init: RequestInit = {}, with_: Env = bindings): Promise<Response> {
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  const request = new Request(`https://prompts.example${path}`, { redirect: 'manual', ...init });
  return await worker.fetch(
    request as Parameters<typeof worker.fetch>[0],
    with_,
    context as unknown as ExecutionContext,
  );
}

interface Plan {
  readonly settings?: string;
  readonly ttl?: number;
  readonly answer?: string;
  readonly isOpen?: boolean;
}

/** A run that has ended, as a request that mirrored it would leave it. */
async function ended({ settings = '', ttl, answer = ANSWER, isOpen = false }: Plan = {}) {
  const prompt = `---\n${settings}\ntimeout: 60\n---\nCANARY: say hello to @https://example.com.`;
  const { request } = normalizePrompt(parsePrompt(prompt), {
    providers: [{ id: 'demo', defaultModel: 'demo' }],
  });
  if (request === null) throw new Error('The prompt has an error.');
  const id = await newRunId(bindings.ID_KEY);
  const expires_at = ttl === undefined ? null : Date.now() + ttl;
  const run = runClient(bindings, id);
  await run.accept(
    { type: 'run-start', version: 1, id, prompt, request, problems: [], expires_at },
    {
      principal: 'key:alice',
      is_suggested: false,
      is_mirrored: true,
      origin: 'https://prompts.example',
      expires_at,
      user: '',
      address: null,
      has_key: false,
    },
  );
  const step = { step: 1, attempt: 1, provider: 'demo', model: 'demo' };
  const bodies: EventBody[] = [
    { type: 'step-start', ...step },
    { type: 'text-delta', step: 1, text: answer },
    { type: 'run-end', status: 'completed', stop_reason: 'stop' },
  ];
  const events = bodies.slice(0, isOpen ? 2 : 3);
  await run.mirror(
    1,
    events.map((body) => ({ ...body, seq: 0, at: Date.now() })),
  );
  const owner = { authorization: `Bearer ${await ownerToken(bindings.ID_KEY, id)}` };
  const stub = bindings.RUNS.getByName(id);
  const snapshot = async () => (await (await bindings.SNAPSHOTS.get(id))?.text()) ?? null;
  if (!isOpen) await expect.poll(snapshot).not.toBeNull();
  return { id, run, owner, stub, snapshot };
}

interface Init {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Everything that can be read of a run: path, and headers to ask with. */
const READS: readonly (readonly [path: string, init?: Init])[] = [
  ['', { headers: { accept: 'text/html' } }],
  ['', { headers: { accept: 'application/json' } }],
  [''],
  ['', { method: 'HEAD' }],
  ['.md'],
  ['.json'],
  ['.txt'],
  ['.html'],
  ['.html', { method: 'HEAD' }],
  ['?key=output'],
  ['?key=prompt'],
  ['?key=references'],
  ['?key=nothing'],
  ['/files/src/a.js'],
  ['/files/src/b.js'],
  ['.md', { headers: { 'if-none-match': '*' } }],
];

async function bytes(response: Response): Promise<unknown> {
  return [response.status, [...response.headers], await response.text()];
}

describe('of a run that has ended', () => {
  it('at most one read in twenty wakes its object, and every one gives the same bytes', async () => {
    const { id } = await ended();
    const { env: watched, named } = counted();
    for (const [path, init] of READS) {
      const kept = await bytes(await ask(`/${id}${path}`, init, watched));
      expect(kept, path).toEqual(await bytes(await ask(`/${id}${path}`, init, fromObject())));
      const etag = (await ask(`/${id}${path}`, init, watched)).headers.get('etag');
      if (etag === null) continue;
      const again = { ...init, headers: { ...init?.headers, 'if-none-match': etag } };
      expect((await ask(`/${id}${path}`, again, watched)).status, path).toBe(304);
    }
    const { settings } = readEnv(bindings);
    if (settings === null) throw new Error('misconfigured');
    const read = await ownPaths(watched, settings).document(`/${id}.md`);
    expect(read?.text).toContain('Done, Zoë.');
    // `/events` are the object's.
    expect((await ask(`/${id}/events`, { method: 'HEAD' }, watched)).status).toBe(200);
    expect(named()).toBe(0);
    expect((await ask(`/${id}/events`, {}, watched)).status).toBe(200);
    expect(named()).toBe(1);
  });

  it('what is read does not depend on its database', async () => {
    const { id, stub } = await ended();
    const before = await bytes(await ask(`/${id}.json`));
    await runInDurableObject(stub, (_, { storage }) => storage.deleteAll());
    expect(await bytes(await ask(`/${id}.json`))).toEqual(before);
  });

  it('its owner sees everything, and what is kept says no more than the public may see', async () => {
    const { id, owner, snapshot } = await ended({ settings: 'publish: answer' });
    expect(await snapshot()).not.toContain('CANARY');
    expect(await (await ask(`/${id}.json`)).text()).not.toContain('CANARY');
    expect(await (await ask(`/${id}.json`, { headers: owner })).text()).toContain('CANARY');
    const alice = { authorization: 'Bearer alice-key-0123456789' };
    expect(await (await ask(`/${id}.json`, { headers: alice })).text()).toContain('CANARY');
    const bob = { authorization: 'Bearer bob-key-0123456789' };
    expect(await (await ask(`/${id}.json`, { headers: bob })).text()).not.toContain('CANARY');
  });

  it('a snapshot that is missing, because a process died, is made by the next read', async () => {
    const { id, stub, snapshot } = await ended();
    const text = await snapshot();
    await bindings.SNAPSHOTS.delete(id);
    await evictDurableObject(stub);
    expect((await ask(`/${id}.md`)).status).toBe(200);
    await expect.poll(snapshot).toBe(text);
  });

  it('or by its alarm', async () => {
    const { id, stub, snapshot } = await ended();
    await bindings.SNAPSHOTS.delete(id);
    await evictDurableObject(stub);
    await runInDurableObject(stub, (_, { storage }) => storage.setAlarm(Date.now() + 60_000));
    await runDurableObjectAlarm(stub);
    await expect.poll(snapshot).not.toBeNull();
  });

  it('a long answer is laid out once for everybody, and never for its owner', async () => {
    const { id, owner, snapshot, stub } = await ended({ answer: '- *a* <b>\n'.repeat(3000) });
    const page = { headers: { accept: 'text/html' } };
    const whole = await bytes(await ask(`/${id}`, page));
    expect(whole).toEqual(await bytes(await ask(`/${id}`, page, fromObject())));
    const text = String(await snapshot());
    const kept = JSON.parse(text) as { laid_out: { renderer: string; answer: string } };
    expect(kept.laid_out.answer).toContain('<li><em>a</em> &lt;b&gt;</li>');
    const laid = (changes: object) =>
      bindings.SNAPSHOTS.put(
        id,
        JSON.stringify({
          ...kept,
          laid_out: { ...kept.laid_out, answer: '<p>KEPT</p>', ...changes },
        }),
      );
    await laid({});
    expect(await (await ask(`/${id}`, page)).text()).toContain('<p>KEPT</p>');
    expect(await (await ask(`/${id}.md`)).text()).not.toContain('KEPT');
    const own = await ask(`/${id}`, { headers: { ...page.headers, ...owner } });
    expect(await own.text()).not.toContain('KEPT');
    // By code that may have escaped less.
    await laid({ renderer: 'another' });
    await evictDurableObject(stub);
    expect(await bytes(await ask(`/${id}`, page))).toEqual(whole);
    await expect.poll(snapshot, { timeout: 10_000 }).toBe(text);
    await ask(`/${id}`, { method: 'DELETE', headers: owner });
    expect((await ask(`/${id}`, page)).status).toBe(404);
    expect(await snapshot()).not.toContain('<em>');
  });

  it('a short answer is not', async () => {
    const { snapshot } = await ended();
    expect(JSON.parse(String(await snapshot()))).toMatchObject({ laid_out: null });
  });

  it('a snapshot of another version is not used, and is made anew', async () => {
    const { id, stub, snapshot } = await ended();
    const text = String(await snapshot());
    const { view } = JSON.parse(text) as { view: object };
    const old = { version: SNAPSHOT_VERSION - 1, view: { ...view, answer: 'OLD', steps: null } };
    await bindings.SNAPSHOTS.put(id, JSON.stringify(old));
    await evictDurableObject(stub);
    expect(await (await ask(`/${id}.json`)).text()).not.toContain('OLD');
    await expect.poll(snapshot).toBe(text);
  });
});

describe('a run that goes on', () => {
  it('has no snapshot', async () => {
    const { id, snapshot } = await ended({ isOpen: true });
    expect((await ask(`/${id}.md`)).headers.get('cache-control')).toBe('private, no-store');
    expect(await snapshot()).toBeNull();
  });
});

describe('a run that was removed', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const gone = async (id: string) => {
    const statuses = await Promise.all(
      READS.map(async ([path, init]) => (await ask(`/${id}${path}`, init)).status),
    );
    return [...new Set(statuses)];
  };
  /** A write that was on its way when the process that began it died. */
  const late = (id: string, text: string) =>
    new BucketSnapshots(bindings.SNAPSHOTS).keep(id, text, isOutdated);

  it('is not read any more when DELETE answers, not by a write that comes late either', async () => {
    const { id, owner, stub, snapshot } = await ended();
    const text = String(await snapshot());
    expect((await ask(`/${id}`, { method: 'DELETE', headers: owner })).status).toBe(204);
    expect(await snapshot()).not.toContain('Zoë');
    expect(await gone(id)).toEqual([404]);
    await late(id, text);
    const old = text.replace(`"version":${SNAPSHOT_VERSION}`, '"version":0');
    await late(id, old);
    expect(await gone(id)).toEqual([404]);
    // A day later nothing is on its way any more, and nothing is kept.
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('UPDATE tombstone SET at = at - 86400000');
    });
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(await snapshot()).toBeNull();
    expect(await gone(id)).toEqual([404]);
  });

  it('is whole for everybody when the process died between its stone and its removal', async () => {
    const { id, owner, stub } = await ended();
    await new RunSnapshot(bindings).bar(id, { status: 'deleted', when: Date.now() });
    await evictDurableObject(stub);
    expect(await gone(id)).not.toContain(410);
    expect((await ask(`/${id}.md`)).status).toBe(200);
    expect((await ask(`/${id}`, { method: 'DELETE', headers: owner })).status).toBe(204);
    expect(await gone(id)).toEqual([404]);
  });

  it('by many at once is removed once', async () => {
    const { id, owner } = await ended();
    const remove = async () => (await ask(`/${id}`, { method: 'DELETE', headers: owner })).status;
    const read = async () => (await ask(`/${id}.md`)).status;
    const all = await Promise.all([remove(), read(), remove(), read(), remove(), read()]);
    expect(all.filter((status) => status === 204)).toHaveLength(1);
    expect(await gone(id)).toEqual([404]);
  });

  it('is not rotated by who comes at the same time', async () => {
    const { run, owner, id } = await ended();
    const to = await newRunId(bindings.ID_KEY);
    const [removed, rotated] = await Promise.all([run.remove(OWNER), run.rotate(OWNER, to)]);
    expect([removed.found, rotated.found].filter((found) => found === 'run')).toHaveLength(1);
    const { found } = await runClient(bindings, to).view(OWNER);
    expect(found).toBe(removed.found === 'run' ? 'nothing' : 'run');
    expect((await ask(`/${id}.md`, { headers: owner })).status).not.toBe(200);
  });

  it('by rotating is read at its new address alone', async () => {
    const { id, owner, snapshot } = await ended();
    const text = String(await snapshot());
    const response = await ask(`/${id}/rotate`, { method: 'POST', headers: owner });
    const { id: to } = await response.json<{ id: string }>();
    await late(id, text);
    const { env: watched, named } = counted();
    const old = await ask(`/${id}.json`, {}, watched);
    expect([old.status, await old.text()]).toEqual([410, expect.stringContaining('rotated')]);
    expect(JSON.stringify(await bytes(await ask(`/${id}.json`, {}, watched)))).not.toContain(to);
    expect(await (await ask(`/${to}.md`, {}, watched)).text()).toContain('Zoë');
    expect(named()).toBe(0);
    expect(await gone(id)).toEqual([410]);
  });

  it('because its time is over is 410 from that moment on, without its object', async () => {
    const { id, stub, snapshot } = await ended({ ttl: 3_600_000 });
    const text = String(await snapshot());
    const { env: watched, named } = counted();
    expect((await ask(`/${id}.md`, {}, watched)).status).toBe(200);
    const over = (JSON.parse(text) as { view: { expires_at: number } }).view.expires_at;
    vi.useFakeTimers({ toFake: ['Date'], now: over + 1 });
    const first = await bytes(await ask(`/${id}.json`, {}, watched));
    expect(first).toEqual([410, expect.anything(), expect.stringMatching(/"status": "completed"/)]);
    await runDurableObjectAlarm(stub);
    await expect.poll(snapshot).not.toContain('Zoë');
    await late(id, text);
    expect(await bytes(await ask(`/${id}.json`, {}, watched))).toEqual(first);
    expect(await bytes(await ask(`/${id}.json`, {}, fromObject()))).toEqual(first);
    expect(named()).toBe(0);
  });
});

describe('a store that does not answer', () => {
  const broken = (fetch: () => Promise<Response>) =>
    ({ SNAPSHOT_DISK: { fetch } as unknown as Fetcher }) as unknown as Env;

  it('lets nothing be removed, and what is removed later is', async () => {
    const { id, owner } = await ended();
    let isBroken = true;
    const snapshot = new RunSnapshot(
      broken(() => Promise.resolve(new Response(null, { status: isBroken ? 500 : 204 }))),
    );
    const stone = { status: 'deleted', when: Date.now() } as const;
    await expect(snapshot.bar(id, stone)).rejects.toThrow('500');
    expect(snapshot.isBarred).toBe(false);
    isBroken = false;
    await snapshot.bar(id, stone);
    expect(snapshot.isBarred).toBe(true);
    expect((await ask(`/${id}`, { method: 'DELETE', headers: owner })).status).toBe(204);
  });

  it('hides no run', async () => {
    const { id } = await ended();
    const SNAPSHOTS = { get: () => Promise.reject(new Error('down')) } as unknown as R2Bucket;
    const { env: watched, named } = counted({ SNAPSHOTS });
    expect((await ask(`/${id}.md`, {}, watched)).status).toBe(200);
    expect(named()).toBe(1);
  });
});
