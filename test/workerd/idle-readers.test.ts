/** Readers of a run while nothing happens, on either side: their clock is put forward. */
import { env, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EventBody } from '../../src/run/event.ts';
import type { Env } from '../../src/worker/env.ts';
import { newRunId } from '../../src/worker/run/run-id.ts';
import { SqlRunLog } from '../../src/worker/run/run-log.ts';
import type { RunObject } from '../../src/worker/run/run-object.ts';
import { RunReaders } from '../../src/worker/run/run-readers.ts';
import { runStart, stepStart } from '../unit/publish/sample-runs.ts';

const bindings = env as unknown as Env & { readonly ID_KEY: string };
const says: EventBody = { type: 'text-delta', step: 1, text: 'x' };

interface Reading {
  readonly log: SqlRunLog;
  readonly readers: RunReaders;
  readonly stream: ReadableStreamDefaultReader<Uint8Array>;
}

/** A run that goes on, in the object where it is kept, and somebody who follows its events. */
async function reading(work: (reading: Reading) => Promise<void>): Promise<void> {
  const id = await newRunId(bindings.ID_KEY);
  const stub = bindings.RUNS.getByName(id) as unknown as DurableObjectStub<RunObject>;
  await runInDurableObject(stub, async (_, { storage: { sql } }) => {
    SqlRunLog.create(sql);
    const log = new SqlRunLog(sql);
    log.append([runStart({ publish: 'full' }, 'Hi.'), stepStart(1)]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const readers = new RunReaders();
    const owner = { viewer: 'owner', origin: 'https://prompts.example' } as const;
    const events = readers.events(log, owner, { after: 0, preamble: '' });
    if (events === null) throw new TypeError('The run goes on.');
    await work({ log, readers, stream: events.getReader() });
  });
}

afterEach(() => {
  vi.useRealTimers();
});

const textOf = (read: ReadableStreamReadResult<Uint8Array>) => new TextDecoder().decode(read.value);

describe('a reader', () => {
  it('that takes nothing for a minute is dropped, and another one goes on from there', async () => {
    await reading(async ({ log, readers, stream }) => {
      expect(textOf(await stream.read())).toContain('event: step-start');
      log.append([says]);
      await vi.advanceTimersByTimeAsync(59_000);
      expect(readers.isThere).toBe(true);
      await vi.advanceTimersByTimeAsync(2000);
      expect(readers.isThere).toBe(false);
      await expect(stream.read()).rejects.toThrow('stalled');
      const owner = { viewer: 'owner', origin: 'https://prompts.example' } as const;
      const again = readers.events(log, owner, { after: 2, preamble: '' })?.getReader();
      const read = await again?.read();
      expect(read === undefined ? '' : textOf(read)).toMatch(/^id: 3\nevent: text-delta\n/);
      await again?.cancel();
      expect(readers.isThere).toBe(false);
    });
  });

  it('that waits is told every fifteen seconds that the connection stands, for as long as it likes', async () => {
    await reading(async ({ log, readers, stream }) => {
      await stream.read();
      for (let waited = 0; waited < 8; waited += 1) {
        const next = stream.read();
        await vi.advanceTimersByTimeAsync(15_000);
        expect(textOf(await next)).toBe(': keep-alive\n\n');
      }
      const next = stream.read();
      log.append([says]);
      expect(textOf(await next)).toMatch(/^id: 3\nevent: text-delta\n/);
      expect(readers.isThere).toBe(true);
      await stream.cancel();
      expect(readers.isThere).toBe(false);
    });
  });
});
