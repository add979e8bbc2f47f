import { describe, expect, test } from 'vitest';
import { calculate } from '../../../src/demo/calculate.ts';
import { countWords } from '../../../src/demo/count-words.ts';
import { rollDice } from '../../../src/demo/roll-dice.ts';
import { timeInZone } from '../../../src/demo/time-in-zone.ts';

describe('calculate', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['7 % 4', 3],
    ['--3', 3],
    ['1e3 / 8', 125],
    ['0.1 + 0.2', 0.1 + 0.2],
    ['min(3, 1, 2) + max(4, 5)', 6],
    ['sqrt(16) + round(2.5)', 7],
    [' 4 ', 4],
    [`${'-'.repeat(400)}1`, 1],
    [`${'('.repeat(32)}1${')'.repeat(32)}`, 1],
  ])('%j is %d', (expression, value) => {
    expect(calculate(expression)).toEqual({ value });
  });

  test.each([
    ['', 'ends too early'],
    ['1 +', 'ends too early'],
    ['1 2', 'Did not expect "2"'],
    ['(1', 'Expected ")" and found the end'],
    ['1)', 'Did not expect ")"'],
    ['sqrt(1, 2)', 'one value'],
    ['sqrt 4', 'Expected "("'],
    ['constructor(1)', 'Did not expect "constructor"'],
    ['process', 'Did not expect'],
    ['1; 2', 'Character 2'],
    ['1 / 0', 'not a finite number'],
    ['sqrt(-1)', 'not a finite number'],
    ['9^9^9', 'not a finite number'],
    [`${'('.repeat(33)}1${')'.repeat(33)}`, 'nested deeper'],
    ['2^'.repeat(100) + '2', 'nested deeper'],
    ['1+'.repeat(300) + '1', 'longer than'],
  ])('%j says why it cannot be done', (expression, error) => {
    const result = calculate(expression);
    expect('error' in result ? result.error : result.value).toContain(error);
  });
});

describe('rollDice', () => {
  test('the same seed gives the same roll, another one another', () => {
    expect(rollDice(20, 6, 7)).toEqual(rollDice(20, 6, 7));
    expect(rollDice(20, 6, 7).rolls).not.toEqual(rollDice(20, 6, 8).rolls);
  });

  test('a roll without a seed can be had again with the seed it reports', () => {
    const roll = rollDice(10, 20);
    expect(rollDice(10, 20, roll.seed)).toEqual(roll);
  });

  test.each([0, -1, 1, 2 ** 40])('with seed %d all sides come up, and nothing else', (seed) => {
    const { rolls, total } = rollDice(1000, 6, seed);
    expect(new Set(rolls)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    expect(total).toBe(rolls.reduce((sum, roll) => sum + roll, 0));
  });
});

describe('timeInZone', () => {
  const NOON = Date.UTC(2026, 0, 15, 12, 30, 5);

  test('shows the clock of the zone', () => {
    expect(timeInZone('Asia/Tokyo', NOON)).toEqual({
      zone: 'Asia/Tokyo',
      local: '2026-01-15T21:30:05',
      weekday: 'Thursday',
      offset: 'GMT+09:00',
    });
  });

  test('midnight is hour 00', () => {
    expect(timeInZone('UTC', Date.UTC(2026, 0, 1))?.local).toBe('2026-01-01T00:00:00');
  });

  test.each(['', 'Nowhere/Land', 'Europe/Berlin; x', '../etc'])('there is no zone %j', (zone) => {
    expect(timeInZone(zone, NOON)).toBeNull();
  });
});

describe('countWords', () => {
  test.each([
    ['', { words: 0, characters: 0, lines: 0 }],
    ['  ', { words: 0, characters: 2, lines: 1 }],
    ['one  two\nthree', { words: 3, characters: 14, lines: 2 }],
    ['a\r\nb\rc\n', { words: 3, characters: 7, lines: 4 }],
    ['héllo 😀', { words: 2, characters: 7, lines: 1 }],
  ])('%j is %j', (text, count) => {
    expect(countWords(text)).toEqual(count);
  });
});
