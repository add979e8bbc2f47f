/** Runs as the first version of the server left them on disk: objects of today open them. */
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/worker/env.ts';
import { NO_PROOF } from '../../src/worker/principal/principal.ts';
import { runClient } from '../../src/worker/run/run-client.ts';
import { newRunId } from '../../src/worker/run/run-id.ts';
import type { RunObject } from '../../src/worker/run/run-object.ts';
import FIRST_VERSION from '../fixtures/runs/first-version.json' with { type: 'json' };

const bindings = env as unknown as Env;
const OWNER = { holdsToken: true, principal: null };
const KEY = 'a key of at least thirty-two characters';

/** The tables that the first version made. */
const TABLES = [
  'CREATE TABLE record (principal TEXT, origin TEXT NOT NULL, expires_at INTEGER)',
  `CREATE TABLE event (seq INTEGER NOT NULL, part INTEGER NOT NULL, json TEXT NOT NULL,
     PRIMARY KEY (seq, part)) WITHOUT ROWID`,
];

/** An object with the first events of the old log, as if the process had died after them. */
async function olderRun(count: number, expires_at: number | null = null) {
  const id = await newRunId(KEY);
  const stub = bindings.RUNS.getByName(id) as unknown as DurableObjectStub<RunObject>;
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    for (const table of TABLES) sql.exec(table);
    sql.exec('INSERT INTO record VALUES (?, ?, ?)', 'local', 'https://prompts.example', expires_at);
    for (const event of FIRST_VERSION.slice(0, count)) {
      const own = { ...event, at: Date.now(), ...(event.seq === 1 ? { id, expires_at } : {}) };
      sql.exec('INSERT INTO event VALUES (?, 0, ?)', event.seq, JSON.stringify(own));
    }
  });
  await evictDurableObject(stub);
  return { id, run: runClient(bindings, id), stub };
}

const ring = async (stub: DurableObjectStub<RunObject>): Promise<void> => {
  await runInDurableObject(stub, (_, { storage }) => storage.setAlarm(Date.now()));
  await runDurableObjectAlarm(stub);
};

describe('a run of the first version', () => {
  it('that has ended is read, by its owner and by the public, and moves to another address', async () => {
    const { run } = await olderRun(FIRST_VERSION.length);
    const seen = await run.view({ holdsToken: false, principal: 'local' });
    expect(seen).toMatchObject({
      found: 'run',
      value: { viewer: 'owner', status: 'completed', stop_reason: 'stop' },
    });
    expect(JSON.stringify(seen)).toContain('17 * 23 = 391');
    expect(await run.view(NO_PROOF)).toMatchObject({ value: { viewer: 'public' } });
    const events = await run.events(OWNER, { after: 0, preamble: '' });
    if (events.found !== 'run') throw new Error(events.found);
    expect((await new Response(events.value).text()).match(/^id: /gm)).toHaveLength(
      FIRST_VERSION.length,
    );
    const to = await newRunId(KEY);
    expect(await run.rotate(OWNER, to)).toMatchObject({ value: { id: to } });
    expect(await runClient(bindings, to).view(OWNER)).toMatchObject({
      value: { status: 'completed' },
    });
  });

  it('is no program’s: it is not known which one made it', async () => {
    const { run } = await olderRun(FIRST_VERSION.length);
    const asked = await run.view({ holdsToken: false, principal: 'local', program: 'a-program' });
    expect(asked).toMatchObject({ value: { viewer: 'public' } });
    expect(
      await run.cancel({ holdsToken: false, principal: 'local', program: 'a-program' }),
    ).toEqual({ found: 'refused' });
  });

  it('that had only begun goes on to its end', async () => {
    const { run, stub } = await olderRun(1);
    await ring(stub);
    expect(await run.settled(50_000)).toBe(true);
    const seen = await run.view(OWNER);
    expect(seen).toMatchObject({ value: { status: 'completed' } });
    expect(JSON.stringify(seen)).toContain('391');
  });

  it('is cancelled, deleted and expires as others do', async () => {
    const { run } = await olderRun(1);
    expect(await run.cancel(OWNER)).toMatchObject({ value: 'cancelled' });
    expect(await run.remove(OWNER)).toEqual({ found: 'run', value: true });
    expect(await run.view(OWNER)).toEqual({ found: 'nothing' });
    const when = Date.now() - 1000;
    const short = await olderRun(FIRST_VERSION.length, when);
    await ring(short.stub);
    const gone = { found: 'tombstone', status: 'completed', when, to: null };
    expect(await short.run.view(OWNER)).toMatchObject({ found: 'tombstone', when });
    const kept = () =>
      runInDurableObject(short.stub, (_, { storage: { sql } }) =>
        sql.exec("SELECT name FROM sqlite_master WHERE name IN ('event', 'record')").toArray(),
      );
    await expect.poll(kept).toEqual([]);
    await expect.poll(() => short.run.view(OWNER)).toEqual(gone);
  });

  it('that was removed then is 410 now', async () => {
    const stub = bindings.RUNS.getByName(await newRunId(KEY));
    await runInDurableObject(stub, (_, { storage: { sql } }) => {
      sql.exec('CREATE TABLE tombstone (status TEXT NOT NULL, at INTEGER NOT NULL)');
      sql.exec("INSERT INTO tombstone VALUES ('failed', 5)");
    });
    await evictDurableObject(stub);
    const run = stub as unknown as ReturnType<typeof runClient>;
    const gone = { found: 'tombstone', status: 'failed', when: 5, to: null };
    expect(await run.view(OWNER)).toEqual(gone);
  });
});
