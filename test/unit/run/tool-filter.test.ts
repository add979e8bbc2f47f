import { expect, test } from 'vitest';
import { isToolAllowed } from '../../../src/run/tool-filter.ts';

test.each([
  ['search', undefined, undefined, true],
  ['search', [], undefined, false],
  ['search', ['search'], undefined, true],
  ['search', ['SEARCH'], undefined, false],
  ['search', ['*'], undefined, true],
  ['search', ['sea*'], undefined, true],
  ['search', ['*rch'], undefined, true],
  ['search', ['s*a*h'], undefined, true],
  ['search', ['sea*arch'], undefined, false],
  ['aa', ['a*a*a'], undefined, false],
  ['a.b', ['a?b', 'a+b', '.*'], undefined, false],
  ['', ['*'], undefined, true],
  ['search', ['read', 'search'], undefined, true],
  ['search', undefined, ['sea*'], false],
  ['search', ['search'], ['search'], false],
  ['search', ['*'], ['write*'], true],
])('%j with allowed %j and disallowed %j: %s', (name, allowed, disallowed, expected) => {
  expect(isToolAllowed(name, allowed, disallowed)).toBe(expected);
});

test('a pattern of many wildcards is done with at once', () => {
  const name = 'a'.repeat(100_000);
  expect(isToolAllowed(name, [`${'a*'.repeat(20_000)}b`])).toBe(false);
});
