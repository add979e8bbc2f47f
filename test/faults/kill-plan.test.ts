/** What `SEED=` repeats. */
import { describe, expect, it } from 'vitest';
import { killPlan } from './kill-plan.ts';
import { Random } from './random.ts';
import { PHASES } from './traps.ts';

describe('the plan of kills', () => {
  it('is the same for the same seed, whatever the peers of the server drew meanwhile', () => {
    const one = new Random(4711);
    const other = new Random(4711);
    for (let asked = 0; asked < 17; asked += 1) {
      other.next();
      other.of('model').next();
    }
    expect(killPlan(other, 200)).toEqual(killPlan(one, 200));
    expect(killPlan(new Random(4711), 13)).toEqual(killPlan(one, 200).slice(0, 13));
  });

  it('is another one for another seed', () => {
    expect(killPlan(new Random(4712), 200)).not.toEqual(killPlan(new Random(4711), 200));
  });

  it('has every phase as often as every other', () => {
    const plan = killPlan(new Random(1), 20 * PHASES.length);
    for (const wanted of PHASES) {
      expect(plan.filter(({ phase }) => phase === wanted)).toHaveLength(20);
    }
  });
});

describe('what a seed decides under a name', () => {
  it('is its own, and the same each time', () => {
    const numbers = (name: string) => {
      const random = new Random(7).of(name);
      return [random.next(), random.next(), random.next()];
    };
    expect(numbers('r1/0')).toEqual(numbers('r1/0'));
    expect(new Set(['r1/0', 'r1/1', 'r0/1', 'page', ''].map((name) => numbers(name)[0])).size).toBe(
      5,
    );
  });
});
