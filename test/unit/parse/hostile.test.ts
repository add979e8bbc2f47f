import { describe, expect, test } from 'vitest';
import { normalizePrompt } from '../../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../../src/parse/parse-prompt.ts';

const SIZE = 1_000_000;
/** A text of the size cap made of one part, with two references at its end. */
function filled(part: string, before = ''): string {
  const tail = '\n\nhttps://x.example.com/a @https://y.example.com/b\n';
  const length = SIZE - before.length - tail.length;
  return before + part.repeat(Math.ceil(length / part.length)).slice(0, length) + tail;
}

let everyLength = '';
for (let length = 1; everyLength.length < SIZE / 2; length += 1) {
  everyLength += `${'`'.repeat(length)}a `;
}
const stairs = Array.from({ length: 1400 }, (_, row) => `${' '.repeat(2 * (row % 700))}- x`);
let manyKeys = '';
for (let key = 0; manyKeys.length < 16_000; key += 1) {
  manyKeys += `k${key}: 1\n`;
}
const block = (yaml: string): string => `---\n${yaml}\n---\nHi`;

/** Shapes that took other parsers seconds or for ever; the test's own time limit is the bound. */
const shapes: readonly (readonly [string, string])[] = [
  ['nested images', filled('![')],
  ['open brackets', filled('[')],
  ['link ends', filled('](')],
  ['links without an end', filled('[a](https://x.example.com/y ')],
  ['emphasis', filled('_*')],
  ['deep lists on one line', filled('- ')],
  ['deep lists over many lines', `${stairs.join('\n')}\nhttps://x.example.com/a`],
  ['a list of many items', filled('- item https://x.example.com\n  - sub\n\n')],
  ['stars', filled('* * * ')],
  ['quotes', filled('> ')],
  ['half a million lines in a fence', filled('x\n', '```\n')],
  ['empty lines', filled('\n')],
  ['link definitions', filled('[a]: https://x.example.com/y\n')],
  ['backticks of every length', filled('a', everyLength)],
  ['backticks without a partner', filled('` `` ')],
  ['comments that never end', filled('x <!-- \n\n')],
  ['comments that end late', `${filled('x <!-- \n\n').slice(0, -60)}-->`],
  ['tags that never end', filled('<a ')],
  ['one long tag', filled('x', '<a ')],
  ['URLs on one line', filled('https://x.example.com/y ')],
  ['one long URL', filled('a', 'https://x.example.com/')],
  ['brackets behind a URL', filled(')', 'https://x.example.com/')],
  ['emphasis behind a URL', filled('*', '*https://x.example.com/')],
  ['autolinks without an end', filled('<https://x.example.com ')],
  ['braced mentions without an end', filled('@{https://x.example.com')],
  ['schemes', filled('https://')],
  ['fences of frontmatter', filled('---\n')],
  ['frontmatter that never closes', filled('a: b\n', '---\n')],
  ['comments before the frontmatter', filled('<!-- a\n')],
  ['open template tags', filled('{{')],
  ['template tags', filled('{{a}} ')],
  ['carriage returns', filled('\r')],
  ['backslashes', filled('\\')],
  ['YAML of open brackets', block(`a: ${'['.repeat(16_000)}`)],
  ['YAML of open maps', block(`a: ${'{a: '.repeat(4000)}`)],
  ['YAML of nested items', block(`a:\n  ${'- '.repeat(8000)}x`)],
  ['YAML of explicit keys', block(`a:\n  ${'? '.repeat(8000)}x`)],
  ['YAML of many keys', block(manyKeys)],
  ['YAML of aliases', block(`a: &a [x]\n${'b: [*a,*a]\n'.repeat(1400)}`)],
  [
    'a secret of many dollars',
    block(`tools: {url: a.b/mcp, headers: {X: "${'${{ '.repeat(3900)}"}}`),
  ],
  ['tools of open brackets', block(`tools: "${'('.repeat(16_000)}"`)],
];

describe('hostile documents at the size caps', () => {
  test.each(shapes)('%s end in time, read or with a problem', { timeout: 5000 }, (_name, text) => {
    const document = parsePrompt(text);
    const { request, problems } = normalizePrompt(document, {
      providers: [{ id: 'main', defaultModel: 'main-1' }],
    });
    expect(request !== null || problems.some(({ severity }) => severity === 'error')).toBe(true);
    expect(document.references.length).toBeLessThanOrEqual(1000);
  });

  test('a block with thousands of unknown keys does not give thousands of problems', () => {
    const { problems } = normalizePrompt(parsePrompt(block(manyKeys)), { providers: [] });
    expect(problems.length).toBeLessThan(200);
  });
});
