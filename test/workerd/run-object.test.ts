/** The object of one run, inside workerd with its real SQLite and alarms. */
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CompletionRequest } from '../../src/normalize/request.ts';
import type { RunEvent, RunStart } from '../../src/run/event.ts';
import type { Env } from '../../src/worker/env.ts';
import { NO_PROOF } from '../../src/worker/principal/principal.ts';
import { beginMove } from '../../src/worker/run/run-move.ts';
import { runClient } from '../../src/worker/run/run-client.ts';
import { newRunId } from '../../src/worker/run/run-id.ts';
import type { RunObject } from '../../src/worker/run/run-object.ts';
import { split, SqlRunLog } from '../../src/worker/run/run-log.ts';

const bindings = env as unknown as Env;
const OWNER = { holdsToken: true, principal: null };

const REQUEST: CompletionRequest = {
  version: 1,
  models: [{ provider: 'demo', model: 'demo' }],
  messages: [{ role: 'user', content: 'Say hello.' }],
  parameters: {},
  servers: [],
  references: [],
  urls: {
    policy: 'none',
    max_urls: 0,
    max_bytes: 1,
    max_tokens: 1,
    timeout: 1,
    on_error: 'note',
    html: 'markdown',
    shadow: {},
  },
  output: { format: 'markdown' },
  limits: {
    max_steps: 2,
    max_tool_calls: 2,
    max_total_tokens: null,
    max_cost: null,
    timeout: 60,
  },
  profile: 'default',
  on_auth: 'fail',
  store: null,
  ttl: null,
  publish: null,
  input: {},
  ext: {},
  sources: {},
};

const RECORD = {
  principal: null,
  is_suggested: false,
  origin: '',
  expires_at: null,
  user: '',
  address: null,
  has_key: false,
};

interface Plan {
  readonly expires_at?: number;
  readonly principal?: string;
  readonly request?: Partial<CompletionRequest>;
  readonly prompt?: string;
  readonly has_key?: boolean;
}

async function accepted({ expires_at, principal, request, prompt, has_key }: Plan = {}) {
  const id = await newRunId('a key of at least thirty-two characters');
  const start: RunStart = {
    type: 'run-start',
    version: 1,
    id,
    prompt: prompt ?? 'Say hello.',
    request: { ...REQUEST, ...request },
    problems: [],
    expires_at: expires_at ?? null,
  };
  const origin = 'https://prompts.example';
  const record = {
    principal: principal ?? null,
    is_suggested: false,
    origin,
    expires_at: expires_at ?? null,
    user: '',
    address: null,
    has_key: has_key ?? false,
  };
  await runClient(bindings, id).accept(start, record);
  return { id, run: runClient(bindings, id), stub: stubOf(id) };
}

function stubOf(id: string): DurableObjectStub<RunObject> {
  return bindings.RUNS.getByName(id) as unknown as DurableObjectStub<RunObject>;
}

async function textOf(found: Awaited<ReturnType<ReturnType<typeof runClient>['events']>>) {
  if (found.found !== 'run') throw new Error(found.found);
  return await new Response(found.value).text();
}

describe('a run', () => {
  it('runs to its end by its alarm and is then read as it was written', async () => {
    const { run } = await accepted();
    expect(await run.settled(50_000)).toBe(true);
    const found = await run.view(NO_PROOF);
    expect(found).toMatchObject({
      found: 'run',
      value: { status: 'completed', stop_reason: 'stop' },
    });
    const text = await textOf(await run.events(NO_PROOF, { after: 0, preamble: '' }));
    expect(text).toContain('"type":"run-end"');
  });

  it('that was never accepted is nothing', async () => {
    const run = runClient(bindings, await newRunId('another key of thirty-two characters'));
    expect(await run.view(NO_PROOF)).toEqual({ found: 'nothing' });
    expect(await run.events(NO_PROOF, { after: 0, preamble: '' })).toEqual({ found: 'nothing' });
    expect(await run.cancel(OWNER)).toEqual({ found: 'nothing' });
    expect(await run.remove(OWNER)).toEqual({ found: 'nothing' });
  });

  it('that is accepted again stays what it is', async () => {
    const { id, run } = await accepted();
    await run.settled(50_000);
    const start = { ...(await firstEvent(id)), id, prompt: 'Another one.' };
    const first = await run.view(OWNER);
    expect(await run.accept(start, RECORD)).toMatchObject({
      found: 'run',
      value: { status: 'completed', expires_at: null },
    });
    expect(await run.view(OWNER)).toEqual(first);
  });

  it('that had a key and was deleted is not made again by a request that comes late', async () => {
    const { id, run, stub } = await accepted({ has_key: true });
    const start = { ...(await firstEvent(id)), id };
    await run.settled(50_000);
    expect(await run.remove(OWNER)).toMatchObject({ found: 'run' });
    expect(await run.view(OWNER)).toEqual({ found: 'nothing' });
    expect(await run.accept(start, RECORD)).toEqual({ found: 'nothing' });
    expect(await run.view(OWNER)).toEqual({ found: 'nothing' });
    const tables = () =>
      runInDurableObject(stub, (_, { storage }) =>
        storage.sql
          .exec("SELECT name FROM sqlite_master WHERE name IN ('event', 'tombstone')")
          .toArray(),
      );
    // An alarm that a loop of before had set changes nothing.
    await runDurableObjectAlarm(stub);
    expect(await tables()).toEqual([{ name: 'tombstone' }]);
    // A day later nothing at all is kept of it.
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('UPDATE tombstone SET at = at - 86400000');
    });
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(await tables()).toEqual([]);
  });

  it('that was moving when the process died has moved after its alarm, once', async () => {
    const { id, run, stub } = await accepted({ principal: 'key:alice' });
    await run.settled(50_000);
    const before = await run.view(OWNER);
    const to = await newRunId('a key of at least thirty-two characters');
    const target = runClient(bindings, to);
    const events = await runInDurableObject(stub, (_, { storage }) => {
      beginMove(storage.sql, to);
      return new SqlRunLog(storage.sql).after(0);
    });
    await target.receive(
      events
        .slice(0, 2)
        .map((event) => (event.type === 'run-start' ? { ...event, id: to } : event)),
    );
    // Half of it is there, and nobody finds it.
    expect(await target.view(OWNER)).toEqual({ found: 'nothing' });
    await evictDurableObject(stub);
    await runInDurableObject(stub, (_, { storage }) => storage.setAlarm(Date.now()));
    await runDurableObjectAlarm(stub);
    // The alarm may have begun by itself, and then still works.
    await expect.poll(async () => (await target.view(OWNER)).found).toBe('run');
    const after = await target.view(OWNER);
    expect(JSON.stringify(after)).toBe(JSON.stringify(before).replaceAll(id, to));
    await expect
      .poll(() => run.view(OWNER))
      .toMatchObject({ found: 'tombstone', status: 'rotated', to: null });
    const maker = { holdsToken: false, principal: 'key:alice' };
    expect(await run.view(maker)).toMatchObject({ found: 'tombstone', to });
    expect(await run.rotate(maker, 'x'.repeat(32))).toMatchObject({ found: 'tombstone', to });
  });

  it('that was moving is not removed at the old address and left at the new one', async () => {
    const { run, stub } = await accepted();
    await run.settled(50_000);
    const to = await newRunId('a key of at least thirty-two characters');
    await runInDurableObject(stub, (_, { storage }) => beginMove(storage.sql, to));
    expect(await run.remove(OWNER)).toMatchObject({ found: 'tombstone', status: 'rotated' });
    expect(await runClient(bindings, to).view(OWNER)).toMatchObject({ found: 'run' });
  });

  it('belongs to the key that made it and to nobody else without the token', async () => {
    const { run } = await accepted({ principal: 'key:alice' });
    await run.settled(50_000);
    const viewer = async (principal: string | null) => {
      const found = await run.view({ holdsToken: false, principal });
      return found.found === 'run' ? found.value.viewer : found.found;
    };
    expect(await viewer('key:alice')).toBe('owner');
    expect(await viewer('key:bob')).toBe('public');
    expect(await viewer(null)).toBe('public');
  });

  it('of nobody is owned by nobody without the token', async () => {
    const { run } = await accepted();
    expect(await run.remove({ holdsToken: false, principal: null })).toEqual({ found: 'refused' });
  });

  it('with publish: answer hides its prompt from public events as from the public view', async () => {
    const prompt = 'CANARY Say hello.';
    const { run } = await accepted({ prompt, request: { publish: 'answer' } });
    await run.settled(50_000);
    const events = await textOf(await run.events(NO_PROOF, { after: 0, preamble: '' }));
    expect(events).not.toContain('CANARY');
    expect(JSON.stringify(await run.view(NO_PROOF))).not.toContain('CANARY');
    expect(await textOf(await run.events(OWNER, { after: 0, preamble: '' }))).toContain('CANARY');
  });
});

describe('expiry', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is checked on every read, and purged by the alarm to a status and a time', async () => {
    const expires_at = Date.now() + 3_600_000;
    const { run, stub } = await accepted({ expires_at });
    await run.settled(50_000);
    expect((await run.view(NO_PROOF)).found).toBe('run');
    vi.useFakeTimers({ toFake: ['Date'], now: expires_at + 5 });
    expect((await run.view(OWNER)).found).toBe('tombstone');
    expect((await run.events(OWNER, { after: 0, preamble: '' })).found).toBe('tombstone');
    await runDurableObjectAlarm(stub);
    await expect
      .poll(() => run.view(OWNER))
      .toEqual({ found: 'tombstone', status: 'completed', when: expires_at, to: null });
    const kept = await runInDurableObject(stub, (_, state) => tablesOf(state));
    expect(kept).toEqual(['tombstone']);
  });

  it('ends a run that still works', async () => {
    const expires_at = Date.now() + 400;
    const messages = [{ role: 'user', content: 'word '.repeat(2000) }] as const;
    const { run } = await accepted({ expires_at, request: { messages } });
    await expect
      .poll(() => run.view(OWNER))
      .toEqual({ found: 'tombstone', status: 'expired', when: expires_at, to: null });
  });
});

describe('removal', () => {
  it('leaves one word, which a day later is gone too', async () => {
    const { run, stub } = await accepted();
    await run.settled(50_000);
    expect(await run.remove(OWNER)).toEqual({ found: 'run', value: true });
    expect(await run.view(OWNER)).toEqual({ found: 'nothing' });
    const kept = () =>
      runInDurableObject(stub, async (_, state) => [
        tablesOf(state),
        (await state.storage.getAlarm()) === null,
      ]);
    expect(await kept()).toEqual([['tombstone'], false]);
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('UPDATE tombstone SET at = at - 86400000');
    });
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(await kept()).toEqual([[], true]);
  });
});

describe('the log', () => {
  it('keeps events that are larger than a row, whole and in order', async () => {
    const { run, stub } = await accepted();
    await run.settled(50_000);
    const big = '🌊é"\n'.repeat(400_000);
    const events = await runInDurableObject(stub, (_, state) => {
      state.storage.sql.exec('DELETE FROM event');
      const log = new SqlRunLog(state.storage.sql);
      log.append(
        [1, 2, 3].map((step) => ({ type: 'text-delta', step, text: big.slice(0, step * 600_000) })),
      );
      log.append([{ type: 'text-delta', step: 4, text: 'small' }]);
      return log.read();
    });
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    const texts = events.map((event) => (event.type === 'text-delta' ? event.text : ''));
    expect(texts).toEqual([
      big.slice(0, 600_000),
      big.slice(0, 1_200_000),
      big.slice(0, 1_800_000),
      'small',
    ]);
  });

  it('takes nothing after the end', async () => {
    const { id, run, stub } = await accepted();
    await run.settled(50_000);
    const before = await eventsOf(id);
    const taken = await runInDurableObject(stub, (_, state) =>
      new SqlRunLog(state.storage.sql).append([{ type: 'text-delta', step: 1, text: 'late' }]),
    );
    expect(taken).toEqual([]);
    expect(await eventsOf(id)).toEqual(before);
  });

  it('never tears a surrogate pair when it splits', () => {
    const text = 'a🌊b🌊🌊';
    for (let units = 2; units < 9; units += 1) {
      const pieces = split(text, units);
      expect(pieces.join('')).toBe(text);
      for (const piece of pieces) expect(piece.isWellFormed()).toBe(true);
    }
  });
});

function tablesOf(state: DurableObjectState): string[] {
  return state.storage.sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
    .toArray()
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('_'));
}

async function eventsOf(id: string): Promise<readonly RunEvent[]> {
  return await runInDurableObject(stubOf(id), (_, state) =>
    new SqlRunLog(state.storage.sql).read(),
  );
}

async function firstEvent(id: string): Promise<RunStart> {
  const [first] = await eventsOf(id);
  if (first?.type !== 'run-start') throw new Error('The log does not begin.');
  return first;
}
