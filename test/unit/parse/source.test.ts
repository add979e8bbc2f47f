import { describe, expect, test } from 'vitest';
import { caret, Source } from '../../../src/parse/source.ts';

describe('positions', () => {
  test('lines end with LF, CRLF and a lone CR', () => {
    const source = new Source('a\nb\r\nc\rd');
    expect(source.lines).toBe(4);
    expect(source.positionAt(5)).toEqual({ line: 3, column: 1 });
    expect([1, 2, 3, 4].map((line) => source.line(line))).toEqual(['a', 'b', 'c', 'd']);
  });

  test('an offset outside the text is its edge', () => {
    const source = new Source('ab');
    expect(source.positionAt(99)).toEqual({ line: 1, column: 3 });
    expect(source.positionAt(-1)).toEqual({ line: 1, column: 1 });
  });
});

describe('an excerpt', () => {
  test('is the line with a caret under the column', () => {
    expect(caret('name: @x', 7)).toBe('name: @x\n      ^');
  });

  test('keeps tabs, so that the caret stands right', () => {
    expect(caret('\tx', 2)).toBe('\tx\n\t^');
  });

  test('is cut around the column of a long line', () => {
    const [line = '', mark = ''] = caret(`${'a'.repeat(500)}X${'b'.repeat(500)}`, 501).split('\n');
    expect(line.length).toBeLessThan(110);
    expect(line[mark.indexOf('^')]).toBe('X');
  });

  test('carries no escape sequence and no direction override to a terminal', () => {
    expect(caret('a\u001B[31mb\u202Ec', 1)).toBe('a·[31mb·c\n^');
  });
});
