/** What the model says is written soon for who reads it, and together for nobody. */
import { describe, expect, it } from 'vitest';
import { DeltaBuffer } from '../../../src/execute/delta-buffer.ts';
import type { Clock } from '../../../src/execute/ports.ts';
import { systemClock } from '../../../src/execute/system-clock.ts';

const LONG_MS = 60_000;

/** A buffer, what it wrote, and somebody who can come. */
function buffer(change: Partial<Clock> = {}, isThere = false) {
  const listeners = new Set<() => void>();
  const written: string[] = [];
  const clock: Clock = {
    ...systemClock(LONG_MS),
    audience: {
      isThere,
      onLook: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    ...change,
  };
  const deltas = new DeltaBuffer(1, clock, (bodies) => {
    written.push(bodies.map((body) => ('text' in body ? body.text : '')).join('|'));
  });
  const look = () => {
    for (const listener of listeners) listener();
  };
  return { deltas, written, look, listeners };
}

const say = (deltas: DeltaBuffer, text: string) => deltas.add({ type: 'text-delta', text });

describe('what the model says', () => {
  it('is written at once for who is there, from its first piece on', () => {
    const { deltas, written } = buffer({}, true);
    say(deltas, 'Hel');
    expect(written).toEqual(['Hel']);
    say(deltas, 'lo');
    expect(written).toEqual(['Hel']);
    deltas.close();
    expect(written).toEqual(['Hel', 'lo']);
  });

  it('waits while nobody is there, its first piece too, until somebody looks', () => {
    const { deltas, written, look } = buffer();
    say(deltas, 'Hel');
    say(deltas, 'lo');
    expect(written).toEqual([]);
    look();
    expect(written).toEqual(['Hello']);
    look();
    expect(written).toEqual(['Hello']);
    say(deltas, '.');
    deltas.close();
    expect(written).toEqual(['Hello', '.']);
  });

  it('is written by time and by size as well', async () => {
    const { deltas, written } = buffer({ flushMs: 1 });
    say(deltas, 'a');
    await expect.poll(() => written).toEqual(['a']);
    say(deltas, 'b');
    await expect.poll(() => written).toEqual(['a', 'b']);
    const large = buffer();
    say(large.deltas, 'x'.repeat(8192));
    expect(large.written).toHaveLength(1);
  });

  it('is written soon for who came while it waited', async () => {
    let flushMs = LONG_MS;
    const { deltas, written, look } = buffer({
      sleep: (_ms, signal) => systemClock(0).sleep(flushMs, signal),
    });
    say(deltas, 'a');
    flushMs = 1;
    look();
    say(deltas, 'b');
    await expect.poll(() => written).toEqual(['a', 'b']);
  });

  it('is not written any more once it is over', () => {
    const { deltas, written, look, listeners } = buffer();
    say(deltas, 'a');
    deltas.close();
    look();
    expect([written, listeners.size]).toEqual([['a'], 0]);
  });

  it('is written piece by piece where nothing is said of an audience', () => {
    const written: string[] = [];
    const deltas = new DeltaBuffer(1, systemClock(0), (bodies) =>
      written.push(String(bodies.length)),
    );
    say(deltas, 'a');
    say(deltas, 'b');
    expect(written).toEqual(['1', '1']);
  });
});
