import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerBlocks } from '../../../src/publish/answer-blocks.ts';
import { LONGEST_MARKDOWN, markdownHtml } from '../../../src/publish/markdown-html.ts';

const PIECES = [
  'words', ' ', '\n', '\n\n', '- a', '1. b', '2', '  c', '> d', '```', '```js\n', '~~~', '    e',
  '# f', '===', '---', '|a|b|\n|-|-|\n', '|1|2|', '*', '`', '\r\n', '\r', '[x](https://e.example)', '\t',
]; // prettier-ignore

function shown(blocks: AnswerBlocks): string {
  return blocks.sealed.join('') + blocks.rest;
}

describe('an answer that grows', () => {
  it('PAGE-4 is at every moment what the whole of it would be, however it is cut', () => {
    const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 });
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (pieces, sizes) => {
        const whole = pieces.join('');
        const blocks = new AnswerBlocks(true);
        for (let end = 0; end < whole.length;) {
          end += sizes.next().value ?? 1;
          blocks.grow(whole.slice(0, end));
          expect(shown(blocks)).toBe(markdownHtml(whole.slice(0, end)).html);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never changes a block that is sealed', () => {
    const blocks = new AnswerBlocks(true);
    const whole = 'One.\n\n- two\n- three\n\n```\nfour\n\nfive\n```\n\nSix.\n\nSeven';
    let sealed: readonly string[] = [];
    for (let end = 1; end <= whole.length; end += 1) {
      blocks.grow(whole.slice(0, end));
      expect(blocks.sealed.slice(0, sealed.length)).toEqual(sealed);
      sealed = [...blocks.sealed];
    }
    expect(sealed).toHaveLength(3);
    expect(blocks.rest).toBe('<p>Six.</p>\n<p>Seven</p>\n');
  });

  it('keeps a list open whose next item may be on its way', () => {
    const blocks = new AnswerBlocks(true);
    blocks.grow('1. a\n\n2');
    expect(blocks.sealed).toEqual([]);
    blocks.grow('1. a\n\n2. b\n\nEnd.\n');
    expect(blocks.sealed).toHaveLength(1);
  });

  it('knows the definitions that stood before', () => {
    const blocks = new AnswerBlocks(true);
    blocks.grow('[a]: https://a.example\n\nOne.\n\nTwo.\n\n');
    blocks.grow('[a]: https://a.example\n\nOne.\n\nTwo.\n\nSee [a].');
    expect(blocks.rest).toContain('href="https://a.example"');
  });

  it('costs what is not finished, also where nothing of it is seen', () => {
    const blocks = new AnswerBlocks(true);
    blocks.grow(`One.\n\nTwo.\n\n${'[a]: https://a.example\n'.repeat(100)}`);
    expect(blocks.rest.length).toBeLessThan(20);
    expect(blocks.cost).toBeGreaterThan(2000);
  });

  it('shows what is no Markdown, or too long for it, as it is', () => {
    const json = new AnswerBlocks(false);
    json.grow('{"a": "*b*"');
    expect(json.rest).toContain('{&quot;a&quot;: &quot;*b*&quot;');
    const long = new AnswerBlocks(true);
    long.grow('# a\n\n'.repeat(10));
    expect(long.sealed).toHaveLength(9);
    long.grow('# a\n\n'.repeat(LONGEST_MARKDOWN / 4));
    expect(long.sealed).toEqual([]);
    expect(long.rest).toMatch(/^<pre/);
  });
});
