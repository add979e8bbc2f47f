/** Runs that are not to be kept, a day after: the clock of the Worker is put forward. */
import { env, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/worker/env.ts';
import worker from '../../src/worker/index.ts';
import type { RunObject } from '../../src/worker/run/run-object.ts';

const bindings = env as unknown as Env;
const ORIGIN = 'https://prompts.example';
const HOUR = 3_600_000;
const PROMPT = '---\nstore: false\ntools: /demo/mcp\n---\n\nRoll two dice.';

afterEach(() => {
  vi.useRealTimers();
});

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: 'Bearer alice-key-0123456789' };
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined };
  return await worker.fetch(
    new Request(`${ORIGIN}${path}`, { ...init, headers }) as Parameters<typeof worker.fetch>[0],
    bindings,
    context as unknown as ExecutionContext,
  );
}

/** Every text in every table of a run's object. */
async function stored(stub: DurableObjectStub<RunObject>): Promise<string> {
  return await runInDurableObject(stub, (_, { storage: { sql } }) => {
    const names = sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .toArray()
      .filter(({ name }) => !name.startsWith('_cf_'));
    return JSON.stringify(names.map(({ name }) => sql.exec(`SELECT * FROM "${name}"`).toArray()));
  });
}

describe('a run that is not to be stored', () => {
  it('is gone 25 hours later for everybody, and so is all that it held', async () => {
    const created = await ask('/?wait=50', { method: 'POST', body: PROMPT });
    const run = (await created.json()) as { id: string; status: string; expires_at: string };
    expect(run.status).toBe('completed');
    expect(Date.parse(run.expires_at) - Date.now()).toBeGreaterThan(23 * HOUR);
    const stub = bindings.RUNS.getByName(run.id) as unknown as DurableObjectStub<RunObject>;
    expect(await stored(stub)).toContain('dice');
    expect((await ask(`/${run.id}.json`)).status).toBe(200);

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 25 * HOUR });
    for (const form of ['', '.md', '.json', '.txt', '.html', '/events']) {
      expect([form, (await ask(`/${run.id}${form}`)).status]).toEqual([form, 410]);
    }
    await runDurableObjectAlarm(stub);
    await expect.poll(() => stored(stub)).not.toContain('dice');
    expect((await ask(`/${run.id}.json`)).status).toBe(410);
  });
});
