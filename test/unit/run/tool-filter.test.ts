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
  expect(isToolAllowed({ name }, allowed, disallowed)).toBe(expected);
});

test('a pattern of many wildcards is done with at once', () => {
  const name = 'a'.repeat(100_000);
  expect(isToolAllowed({ name }, [`${'a*'.repeat(20_000)}b`])).toBe(false);
});

test.each([
  [true, { read_only: true }, true],
  [false, { read_only: true }, false],
  [undefined, { read_only: true }, false],
  [true, { read_only: false }, false],
  [false, { read_only: false }, true],
  [undefined, { read_only: false }, true],
  [true, { read_only: true, tool_names: ['sea*'] }, true],
  [true, { read_only: true, tool_names: ['find'] }, false],
  [false, { read_only: true, tool_names: ['search'] }, false],
  [undefined, {}, true],
])('a tool that says of itself that it only reads: %j, with the filter %j: %s', (...row) => {
  const [readOnly, filter, expected] = row;
  expect(isToolAllowed({ name: 'search', readOnly }, filter)).toBe(expected);
});
