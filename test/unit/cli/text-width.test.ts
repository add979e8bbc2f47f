import { describe, expect, test } from 'vitest';

import { expandTabs, oneLine, printable, textWidth } from '../../../src/cli/text-width.ts';

describe('textWidth', () => {
  test.each([
    ['abc', 3],
    ['äöü', 3],
    ['日本語', 6],
    ['한국어', 6],
    ['Ａ', 2],
    ['🎲', 2],
    ['👩‍👩‍👧', 2],
    ['❤️', 2],
    ['e\u0301', 1],
    ['a\u200db', 2],
    ['12#', 3],
  ])('%s takes %i columns', (text, columns) => {
    expect(textWidth(text)).toBe(columns);
  });
});

test('a tab goes to the next stop, counted in columns and not in characters', () => {
  expect(expandTabs('\ta')).toBe('    a');
  expect(expandTabs('ab\tc')).toBe('ab  c');
  expect(expandTabs('日本\tc')).toBe('日本    c');
});

test('an escape sequence of a model cannot reach the terminal', () => {
  expect(printable('\u202ea\u001b]0;title\u0007b\rc\u009b2J\n\td')).toBe('a]0;titlebc2J\n\td');
});

test('a long text becomes one line with an ellipsis', () => {
  expect(oneLine('a\n  b\tc', 20)).toBe('a b c');
  expect(oneLine('abcdef', 4)).toBe('abc…');
});
