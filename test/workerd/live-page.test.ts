/** The page of a run that goes on, for many who look at it at once. */
import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { SentParts } from '../../src/publish/page-shown.ts';
import type { EventBody } from '../../src/run/event.ts';
import type { Env } from '../../src/worker/env.ts';
import { LivePage } from '../../src/worker/run/live-page.ts';
import { newRunId } from '../../src/worker/run/run-id.ts';
import { SqlRunLog } from '../../src/worker/run/run-log.ts';
import type { RunObject } from '../../src/worker/run/run-object.ts';
import { runStart, stepStart } from '../unit/publish/sample-runs.ts';

const bindings = env as unknown as Env & { readonly ID_KEY: string };
const LONG = 'Word & word.\n'.repeat(20_000);
const thinks: EventBody = { type: 'reasoning-delta', step: 1, text: 'Hm.' };

/** Works on the log of a run, in the object where it is kept. */
async function inLog<Value>(work: (log: SqlRunLog) => Value): Promise<Value> {
  const id = await newRunId(bindings.ID_KEY);
  const stub = bindings.RUNS.getByName(id) as unknown as DurableObjectStub<RunObject>;
  return await runInDurableObject(stub, (_, { storage: { sql } }) => {
    SqlRunLog.create(sql);
    const log = new SqlRunLog(sql);
    log.append([runStart({ publish: 'full' }, LONG), stepStart(1)]);
    return work(log);
  });
}

describe('the page of a run, looked at by many', () => {
  it('is laid out once for all of them, and not again before its time', async () => {
    await inLog((log) => {
      const page = new LivePage(log, 'public');
      const first = page.main(1000);
      expect(page.main(9000)).toBe(first);
      log.append([thinks]);
      page.catchUp();
      expect(page.main(first.until - 1)).toBe(first);
      const next = page.main(first.until);
      expect(next).not.toBe(first);
      expect(next.seq).toBe(page.seq);
      // What is large is laid out less often.
      expect(first.until).toBeGreaterThan(1000 + LONG.length / 10_000);
    });
  });

  it('keeps what did not change once, whoever has it', async () => {
    await inLog((log) => {
      const page = new LivePage(log, 'public');
      const before = page.main(0).pieces;
      const reader = new SentParts();
      expect(reader.take(before)).toContain(`Word &amp; word.\nWord`);
      log.append([thinks]);
      page.catchUp();
      const after = page.main(Infinity).pieces;
      const longest = (pieces: typeof after) =>
        pieces.find((piece) => typeof piece !== 'string' && piece.html.length > LONG.length);
      expect(longest(before)).toBeDefined();
      expect(longest(after)).toBe(longest(before));
      const news = reader.take(after);
      expect(news).toContain('Hm.');
      expect(news).toContain('<section data-key="prompt" data-same></section>');
      expect(news).not.toContain('Word');
    });
  });

  it('has a place for another answer at once', async () => {
    await inLog((log) => {
      const page = new LivePage(log, 'public');
      const first = page.main(0);
      log.append([{ type: 'text-delta', step: 1, text: 'Well' }]);
      page.catchUp();
      const next = page.main(0);
      expect(next).not.toBe(first);
      expect(new SentParts().take(next.pieces)).toContain('data-key="prose"');
    });
  });

  it('lays out a long answer at its pace, not at that of its readers', async () => {
    await inLog((log) => {
      const says = (text: string) => {
        log.append([{ type: 'text-delta', step: 1, text }]);
        page.catchUp();
      };
      const page = new LivePage(log, 'public');
      says('- a\n'.repeat(5000));
      const first = page.answer(1000);
      expect(first.until).toBeNull();
      says('- the next');
      const behind = page.answer(1001);
      expect(behind.rest).toBe(first.rest);
      expect(behind.until).toBeGreaterThan(1000 + 20_000 / 200);
      const whole = page.answer(behind.until ?? 0);
      expect(whole.rest).toContain('the next');
      expect(whole.until).toBeNull();
    });
  });
});
