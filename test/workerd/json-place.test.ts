import { describe, expect, it } from 'vitest';
import { jsonErrorOffset } from '../../src/worker/post/json-place.ts';

describe('the place where a text stops being JSON', () => {
  // The caret stands under the first character that cannot stand there.
  it.each([
    ['{"a": }', '      ^'],
    ['{"a" 1}', '     ^'],
    ['[1, 2', '     ^'],
    ['[1,]', '   ^'],
    ['{"a":1,}', '       ^'],
    ['{a: 1}', ' ^'],
    ['[1 2]', '   ^'],
    ['{"a": [1}', '        ^'],
    ['{} x', '   ^'],
    ['"a\nb"', '^'],
    ['[tru]', ' ^'],
    ['', '^'],
    ["{'a': 1}", ' ^'],
    ['{"a":{"b":[]}} ,', '               ^'],
  ])('%s', (text, caret) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(jsonErrorOffset(text)).toBe(caret.indexOf('^'));
  });
});
