import { describe, expect, test } from 'vitest';

import { drawProblem, type Paint } from '../../../src/cli/draw-problem.ts';
import { textWidth } from '../../../src/cli/text-width.ts';

const plain: Paint = (_style, text) => text;

function draw(text: string, line: number, column: number): string[] {
  const at = { line, column };
  const problem = { code: 'x', severity: 'error', message: 'M.', at, excerpt: 'y' } as const;
  return drawProblem(problem, { name: 'f.md', text }, plain).split('\n');
}

/** The character that the caret points at. */
function pointedAt([, line = '', caret = '']: readonly string[]): string | undefined {
  const column = textWidth(caret) - 1;
  return Array.from(line).find(
    (_, index, all) => textWidth(all.slice(0, index).join('')) === column,
  );
}

describe('drawProblem', () => {
  test('shows place, severity, code, message, the line and a caret under the place', () => {
    expect(draw('one\ntwo: @x\n', 2, 6)).toEqual([
      'f.md:2:6 error x M.',
      ' 2 | two: @x',
      '   |      ^',
    ]);
  });

  test.each([
    ['a tab', 'a\t\tX', 4],
    ['wide characters', '日本語: X', 6],
    ['an emoji of two code units', '🎲🎲X', 5],
    ['an escape character that is not shown', '\u001b[31mX', 6],
  ])('the caret stands under the place after %s', (_what, text, column) => {
    expect(pointedAt(draw(text, 1, column))).toBe('X');
  });

  test('CRLF counts as one line end', () => {
    expect(draw('a\r\nb\r\nX', 3, 1)[1]).toBe(' 3 | X');
  });

  test('a line of a megabyte is cut around the place', () => {
    const lines = draw(`${'a'.repeat(500_000)}X${'b'.repeat(500_000)}`, 1, 500_001);
    expect(pointedAt(lines)).toBe('X');
    expect(lines[1]?.length).toBeLessThan(120);
  });

  test('the place may be just past the end of the line', () => {
    expect(draw('ab', 1, 3)[2]).toBe('   |   ^');
  });

  test('a line that the problem does not quote, because of a secret in it, is not drawn', () => {
    const at = { line: 1, column: 3 };
    const problem = { code: 'literal_secret', severity: 'error', message: 'M.', at } as const;
    const drawn = drawProblem(problem, { name: 'f.md', text: 'k: canary' }, plain);
    expect(drawn).toBe('f.md:1:3 error literal_secret M.');
  });

  test('without a place, or with one outside the text, only the head is shown', () => {
    const problem = { code: 'empty', severity: 'warning', message: 'It is empty.' } as const;
    const source = { name: '-', text: '' };
    expect(drawProblem(problem, source, plain)).toBe('- warning empty It is empty.');
    expect(draw('a', 9, 1)).toHaveLength(1);
  });
});
