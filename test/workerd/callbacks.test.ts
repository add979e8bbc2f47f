/** The outbox of a run inside workerd, with a clock that the tests set. */
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { normalizePrompt } from '../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../src/parse/parse-prompt.ts';
import { renderJson } from '../../src/publish/render-json.ts';
import type { EventBody } from '../../src/run/event.ts';
import { CallbackOutbox } from '../../src/worker/callback/callback-outbox.ts';
import { callbackSecret } from '../../src/worker/callback/callback-secret.ts';
import { withSealedCallback } from '../../src/worker/callback/callback-address.ts';
import { readEnv, type Env } from '../../src/worker/env.ts';
import { NO_PROOF } from '../../src/worker/principal/principal.ts';
import { RunAlarm } from '../../src/worker/run/run-alarm.ts';
import { RunCallbacks } from '../../src/worker/run/run-callbacks.ts';
import { runClient } from '../../src/worker/run/run-client.ts';
import { newRunId } from '../../src/worker/run/run-id.ts';
import { SqlRunLog } from '../../src/worker/run/run-log.ts';
import type { RunObject } from '../../src/worker/run/run-object.ts';

const bindings = env as unknown as Env & { readonly ID_KEY: string };
const OWNER = { holdsToken: true, principal: null };
const HOUR = 3_600_000;
const PLACE = 'https://hooks.example/in?t=canary-in-the-query';

/** The internet of these tests: how the receiver answers, and what it was sent. */
let answers: (() => Response | Promise<Response>)[] = [];
let clock = 0;
let seen: { url: string; headers: Headers; body: string }[] = [];

beforeEach(() => {
  answers = [];
  seen = [];
  clock = Date.now();
  // Alone: timers go on as they are, and nobody moves the clock but the test.
  vi.spyOn(Date, 'now').mockImplementation(() => clock);
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    seen.push({ url: request.url, headers: request.headers, body: await request.text() });
    return (answers.shift() ?? (() => new Response(null, { status: 204 })))();
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const refuses =
  (headers: Record<string, string> = {}) =>
  () =>
    new Response('no', { status: 500, headers });

interface Plan {
  readonly is_suggested?: boolean;
  readonly expires_at?: number;
  readonly callback?: string;
}

async function accepted({ is_suggested = false, expires_at, callback = PLACE }: Plan = {}) {
  const providers = [{ id: 'demo', defaultModel: 'demo' }];
  const { request } = normalizePrompt(
    parsePrompt('Say hello.'),
    { providers },
    { overrides: { callback } },
  );
  if (request === null) throw new Error('The prompt has an error.');
  const id = await newRunId(bindings.ID_KEY);
  const { settings } = readEnv(bindings);
  if (settings === null) throw new Error('The settings are wrong.');
  const sealed = await withSealedCallback(request, id, settings);
  const run = runClient(bindings, id);
  const kept = { expires_at: expires_at ?? null };
  await run.accept(
    {
      type: 'run-start',
      version: 1,
      id,
      prompt: 'Say hello.',
      request: sealed,
      problems: [],
      ...kept,
    },
    {
      principal: 'key:alice',
      is_suggested,
      user: '',
      address: null,
      has_key: false,
      origin: 'https://prompts.example',
      ...kept,
    },
  );
  const stub = bindings.RUNS.getByName(id) as unknown as DurableObjectStub<RunObject>;
  return { id, run, stub };
}

type Accepted = Awaited<ReturnType<typeof accepted>>;

async function told({ run }: Accepted) {
  const found = await run.view(OWNER);
  if (found.found !== 'run') throw new Error(found.found);
  return found.value.callback;
}

/** The one message, after so many tries were written down. */
async function after(accepted: Accepted, attempts: number) {
  const read = async () => (await told(accepted))?.events[0];
  await expect
    .poll(async () => {
      const message = await read();
      const isClaimed = message?.next_at === Date.now() + 20_000;
      return isClaimed ? -1 : message?.attempts;
    })
    .toBe(attempts);
  const message = await read();
  if (message === undefined) throw new Error('There is no message.');
  return message;
}

async function addressOf({ stub }: Accepted): Promise<string | null> {
  return runInDurableObject(
    stub,
    (_, { storage: { sql } }) =>
      sql.exec<{ url: string | null }>('SELECT url FROM callback').one().url,
  );
}

const wholeLog = ({ stub }: Accepted) =>
  runInDurableObject(stub, (_, { storage: { sql } }) => JSON.stringify(new SqlRunLog(sql).read()));

describe('the schedule', () => {
  it('is that of Standard Webhooks, under one id, and ends with the address forgotten', async () => {
    const delays = [
      5_000,
      300_000,
      HOUR / 2,
      2 * HOUR,
      5 * HOUR,
      10 * HOUR,
      14 * HOUR,
      20 * HOUR,
      24 * HOUR,
    ];
    answers = Array.from({ length: 10 }, () => refuses());
    const run = await accepted();
    for (const [index, delay] of delays.entries()) {
      const { next_at, delivered_at } = await after(run, index + 1);
      expect(delivered_at).toBeNull();
      const waited = (next_at ?? 0) - Date.now();
      expect(waited).toBeGreaterThanOrEqual(delay);
      expect(waited).toBeLessThanOrEqual(delay * 1.1 + 1);
      expect(await addressOf(run)).toMatch(/^1\.[\w.-]+$/);
      clock = next_at ?? 0;
      expect(await runDurableObjectAlarm(run.stub)).toBe(true);
    }
    expect(await after(run, 10)).toMatchObject({ next_at: null, delivered_at: null });
    expect(new Set(seen.map(({ headers }) => headers.get('webhook-id'))).size).toBe(1);
    expect(seen).toHaveLength(10);
    expect(await addressOf(run)).toBeNull();
    // It stood for the case that the last try is not heard of.
    await runDurableObjectAlarm(run.stub);
    const alarm = await runInDurableObject(run.stub, (_, { storage }) => storage.getAlarm());
    expect(alarm).toBeNull();
  });

  it('signs each try with its own time and the secret of the run', async () => {
    answers = [refuses()];
    const run = await accepted();
    const { next_at } = await after(run, 1);
    clock = next_at ?? 0;
    await runDurableObjectAlarm(run.stub);
    await after(run, 2);
    const secret = await callbackSecret(bindings.ID_KEY, run.id);
    for (const { headers, body } of seen) {
      const message = new Webhook(secret).verify(body, Object.fromEntries(headers));
      expect(message).toMatchObject({ type: 'run.completed', data: { run_id: run.id } });
    }
    expect(seen.map(({ headers }) => headers.get('webhook-timestamp'))).toHaveLength(2);
  });

  it('waits as long as a receiver asks, but no longer than a day', async () => {
    answers = [refuses({ 'retry-after': '600' }), refuses({ 'retry-after': '999999999' })];
    const run = await accepted();
    const first = await after(run, 1);
    expect((first.next_at ?? 0) - Date.now()).toBe(600_000);
    clock = first.next_at ?? 0;
    await runDurableObjectAlarm(run.stub);
    const second = await after(run, 2);
    expect((second.next_at ?? 0) - Date.now()).toBe(24 * HOUR);
  });

  it('does not ring before it is due when the run expires later, and the expiry still comes', async () => {
    answers = [refuses()];
    const run = await accepted({ expires_at: Date.now() + 2 * HOUR });
    const { next_at } = await after(run, 1);
    clock = next_at ?? 0;
    await runDurableObjectAlarm(run.stub);
    expect(await after(run, 2)).toMatchObject({ next_at: null });
    clock += 2 * HOUR;
    await runDurableObjectAlarm(run.stub);
    expect((await run.run.view(OWNER)).found).toBe('tombstone');
    expect(seen).toHaveLength(2);
  });

  it('counts a try before it is made, and goes on after the object was evicted', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    answers = [() => promise];
    const run = await accepted();
    await expect.poll(() => seen.length).toBe(1);
    const before = (await told(run))?.events[0];
    expect(before).toMatchObject({ attempts: 1, next_at: Date.now() + 20_000 });
    resolve(new Response(null, { status: 500 }));
    await after(run, 1);
    await evictDurableObject(run.stub);
    const { next_at, id } = await after(run, 1);
    clock = next_at ?? 0;
    await runDurableObjectAlarm(run.stub);
    expect(await after(run, 2)).toMatchObject({ id, next_at: null });
  });
});

describe('the address', () => {
  it('is in no event and no view, and is forgotten when the message arrived', async () => {
    const run = await accepted({ callback: `${PLACE}-only` });
    expect((await after(run, 1)).delivered_at).toBe(Date.now());
    expect(seen[0]?.url).toBe(`${PLACE}-only`);
    expect(await addressOf(run)).toBeNull();
    const events = await wholeLog(run);
    expect(events).not.toContain('canary');
    for (const proof of [OWNER, NO_PROOF]) {
      const found = await run.run.view(proof);
      if (found.found !== 'run') throw new Error(found.found);
      const shown = renderJson(found.value, null);
      expect(JSON.stringify(shown)).not.toContain('canary');
      expect(shown['callback'] === null).toBe(proof === NO_PROOF);
    }
  });

  it('is forgotten at once when the receiver is gone', async () => {
    answers = [() => new Response(null, { status: 410 })];
    const run = await accepted();
    expect(await after(run, 1)).toMatchObject({ next_at: null, delivered_at: null });
    expect(await told(run)).toMatchObject({ disabled: true });
    expect(await addressOf(run)).toBeNull();
  });

  it('of a document of somebody else is not even kept', async () => {
    const run = await accepted({ is_suggested: true });
    await run.run.settled(50_000);
    expect(await told(run)).toBeNull();
    expect(await wholeLog(run)).not.toContain('hooks.example');
    expect(seen).toEqual([]);
  });

  it.each(['https://127.0.0.1/x', 'https://printer.local/x', 'https://hooks.example:8443/x'])(
    '%s is never asked',
    async (callback) => {
      const run = await accepted({ callback });
      expect(await after(run, 1)).toMatchObject({ delivered_at: null });
      expect(seen).toEqual([]);
    },
  );
});

describe('a run that expires while it works', () => {
  it('tells that, once, and keeps nothing', async () => {
    const run = await accepted({ expires_at: Date.now() + 1 });
    clock += 1000;
    await runDurableObjectAlarm(run.stub);
    await expect.poll(() => seen.length).toBe(1);
    expect(seen[0]?.body).toContain('"status":"expired"');
    expect((await run.run.view(OWNER)).found).toBe('tombstone');
    const tables = () =>
      runInDurableObject(run.stub, (_, { storage: { sql } }) =>
        sql.exec("SELECT name FROM sqlite_master WHERE name LIKE 'callback%'").toArray(),
      );
    await expect.poll(tables).toEqual([]);
  });
});

describe('the outbox', () => {
  const asked = (action_id: string): EventBody => ({
    type: 'action-required',
    action_id,
    action: { kind: 'authorization', server: 'notes', url: 'https://notes.example/mcp' },
    expires_at: Date.now() + HOUR,
  });

  it('holds a bounded number of messages, and the end of the run is always one of them', async () => {
    answers = Array.from({ length: 200 }, () => refuses());
    const run = await accepted();
    await after(run, 1);
    const messages = await runInDurableObject(run.stub, (_, { storage: { sql } }) => {
      sql.exec('DELETE FROM callback_message');
      sql.exec('UPDATE callback SET ended = 0');
      const outbox = new CallbackOutbox(sql);
      for (let count = 0; count < 100; count += 1) {
        outbox.put({ type: 'run.action_required', body: '{}' });
      }
      outbox.put({ type: 'run.completed', body: '{}' });
      return outbox.view()?.events ?? [];
    });
    expect(messages).toHaveLength(64);
    expect(messages.at(-1)?.type).toBe('run.completed');
  });

  it('loses neither an event without its message nor a message without its event', async () => {
    const run = await accepted();
    await after(run, 1);
    await runInDurableObject(run.stub, (_, state) => {
      const { sql } = state.storage;
      sql.exec('DELETE FROM event WHERE json LIKE \'{"type":"run-end"%\'');
      const callbacks = new RunCallbacks(state, bindings, new RunAlarm(state.storage));
      const log = new SqlRunLog(sql, callbacks);
      const before = [log.seq, callbacks.view()?.events.length];
      sql.exec('ALTER TABLE callback_message RENAME TO hidden');
      expect(() => log.append([asked('action-2')])).toThrow('callback_message');
      sql.exec('ALTER TABLE hidden RENAME TO callback_message');
      expect([log.seq, callbacks.view()?.events.length]).toEqual(before);
      log.append([asked('action-2')]);
      expect([log.seq, callbacks.view()?.events.length]).toEqual(
        before.map((one) => (one ?? 0) + 1),
      );
      callbacks.abort();
    });
  });
});

describe('the alarm', () => {
  it('rings at the earliest of what was asked for', async () => {
    const { stub, run } = await accepted({ is_suggested: true });
    await run.settled(50_000);
    await runInDurableObject(stub, async (_, { storage }) => {
      const alarm = new RunAlarm(storage);
      const at = Date.now();
      await alarm.at(null, at + 9 * HOUR, at + 5 * HOUR);
      expect(await storage.getAlarm()).toBe(at + 5 * HOUR);
      alarm.sooner(at + 6 * HOUR);
      alarm.sooner(null);
      expect(await storage.getAlarm()).toBe(at + 5 * HOUR);
      alarm.sooner(at + 4 * HOUR);
      expect(await storage.getAlarm()).toBe(at + 4 * HOUR);
      await alarm.at(null, null);
      expect(await storage.getAlarm()).toBeNull();
    });
  });
});
