import { globSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { analyse } from 'scslre';
import { describe, expect, test } from 'vitest';
import { regexLiterals } from '../support/regex-literals.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const literals = globSync(`${root}src/**/*.{ts,js}`)
  .toSorted()
  .flatMap((path) => {
    const file = relative(root, path).replaceAll('\\', '/');
    return regexLiterals(readFileSync(path, 'utf8')).map((literal) => ({ file, ...literal }));
  });

/** What grows with the square of a text that is always short. */
const BOUNDED: Readonly<Record<string, string>> = {
  '/\\B(?=(?:\\d{3})+$)/g': 'the digits of one number',
  '/!?\\[([^\\]]*)\\](?:\\([^)]*\\)|\\[[^\\]]*\\])/g': 'a heading, cut before',
  '/(^|\\W)_+(?=\\S)|(?<=\\S)_+(?=\\W|$)/g': 'a heading, cut before',
};

describe('the regular expressions of src', () => {
  test('are all found by the scanner', () => {
    expect(literals.length).toBeGreaterThan(200);
    for (const { source, flags } of literals) expect(new RegExp(source, flags).source).toBe(source);
  });

  test('read any text in linear time', () => {
    const slow = literals.flatMap(({ file, line, source, flags }) => {
      const written = `/${source}/${flags}`;
      const { reports } = analyse(new RegExp(source, flags));
      const types = reports.map(({ type, exponential }) => (exponential ? 'exponential' : type));
      const isSlow = types.length > 0 && !Object.hasOwn(BOUNDED, written);
      return isSlow ? [`${file}:${line} ${written} ${types.join(' ')}`] : [];
    });
    expect(slow).toEqual([]);
  });

  test('that are excused are still there', () => {
    const written = new Set(literals.map(({ source, flags }) => `/${source}/${flags}`));
    expect(Object.keys(BOUNDED).filter((expression) => !written.has(expression))).toEqual([]);
  });
});

describe('the scanner of literals', () => {
  test.each([
    ['const a = b / c / d;', []],
    ['f(/a[/]b/g, 1 / 2 / 3)', ['a[/]b']],
    ['// no /x/ here\n/* nor /y/ */ return /z/.test(a)', ['z']],
    ['`a ${b.replace(/[`}]/, "/c/")} /d/` + /e/', ['[`}]', 'e']],
    ["const a = '/b/' / 2; c = !/d/u.test(e)", ['d']],
    ['{ a: `${{ b: `${1 / 2 / 3}` }.b}` }', []],
  ])('%s', (code, sources) => {
    expect(regexLiterals(code).map(({ source }) => source)).toEqual(sources);
  });
});
