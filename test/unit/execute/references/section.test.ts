import { describe, expect, it } from 'vitest';
import { headings, section } from '../../../../src/execute/references/section.ts';

const DOCUMENT = `# Guide

Intro.

## Install it

Run \`npm\`.

### On Windows

Click.

## Use **the** [\`tool\`](https://x.example) ##

\`\`\`
## no heading
\`\`\`

Title under a line
------------------

Last.

## Install it

Again.

## Größe & Café!
`;

describe('section', () => {
  it.each([
    ['install-it', '## Install it\n\nRun `npm`.\n\n### On Windows\n\nClick.'],
    ['#install-it', '## Install it\n\nRun `npm`.\n\n### On Windows\n\nClick.'],
    ['Install it', '## Install it\n\nRun `npm`.\n\n### On Windows\n\nClick.'],
    ['on-windows', '### On Windows\n\nClick.'],
    ['install-it-1', '## Install it\n\nAgain.'],
    ['use-the-tool', '## Use **the** [`tool`](https://x.example) ##\n\n```\n## no heading\n```'],
    ['title-under-a-line', 'Title under a line\n------------------\n\nLast.'],
    ['größe--café', '## Größe & Café!'],
    ['gr%C3%B6%C3%9Fe--caf%C3%A9', '## Größe & Café!'],
    ['GRÖSSE & CAFÉ!', undefined],
    ['Größe & café!', '## Größe & Café!'],
  ])('EG-18: %s', (wanted, expected) => {
    expect(section(DOCUMENT, wanted)).toBe(expected);
  });

  it.each(['no heading', 'nothing', '', '#', '%'])('EG-18: there is no section "%s"', (wanted) => {
    expect(section(DOCUMENT, wanted)).toBeUndefined();
  });

  it('the first heading takes everything below it', () => {
    expect(section(DOCUMENT, 'guide')).toBe(DOCUMENT.trim());
  });

  it('reads CRLF', () => {
    expect(section('# A\r\ntext\r\n# B\r\n', 'a')).toBe('# A\ntext');
  });
});

describe('headings', () => {
  it('are found outside fences only, with text, level and anchor', () => {
    const found = headings(
      '#no\n# A_b *c*\n~~~\n# x\n```\n# y\n~~~\n####### no\n   ## d `e`\n    # no\n',
    );
    expect(found).toEqual([
      { level: 1, text: 'A_b c', slug: 'a_b-c', line: 1 },
      { level: 2, text: 'd e', slug: 'd-e', line: 8 },
    ]);
  });

  it('an underline makes a heading of prose, not of a list, quote or table', () => {
    expect(
      headings('a\n===\n- b\n---\n> c\n---\n| d |\n---\n\n---\n').map(({ text }) => text),
    ).toEqual(['a']);
  });

  it('stay linear on a megabyte of marks', { timeout: 120_000 }, () => {
    for (const unit of ['#', '# \n', '[', '# [\n', '`', '```\n', '_', '# *_`\n', '=\n', 'a\n=\n']) {
      headings(unit.repeat(1_000_000 / unit.length));
    }
    headings(`# ${'['.repeat(1_000_000)}`);
    headings(`# ${' #'.repeat(500_000)}`);
  });
});
