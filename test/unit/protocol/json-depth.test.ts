import { describe, expect, it } from 'vitest';
import { nestsDeeperThan } from '../../../src/protocol/json-depth.ts';

const nested = (levels: number): unknown =>
  JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

describe('nesting', () => {
  it.each([
    ['a text', 'x', 0, false],
    ['null', null, 0, false],
    ['an empty list', [], 0, true],
    ['an empty list', [], 1, false],
    ['a map in a list', [{ a: 1 }], 1, true],
    ['a map in a list', [{ a: 1 }], 2, false],
    ['64 levels', nested(64), 64, false],
    ['65 levels', nested(65), 64, true],
  ])('of %s (%j) past %i levels: %j', (_, value, levels, expected) => {
    expect(nestsDeeperThan(value, levels)).toBe(expected);
  });

  it('of a hundred thousand levels is measured without recursion', () => {
    expect(nestsDeeperThan(nested(100_000), 200_000)).toBe(false);
  });
});
