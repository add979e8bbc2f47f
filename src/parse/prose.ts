import { BlockReader } from './blocks.ts';
import { hiddenInline } from './inline.ts';
import { mergeRanges, type Range } from './ranges.ts';

/**
 * The parts of a Markdown text that are not prose: fenced and indented code, code spans, HTML
 * comments, HTML tags and raw elements. Only what is left may hold references.
 *
 * It is a scanner of its own and linear in the text, because a general Markdown parser is not: on
 * a plain list of one megabyte remark did not end, while the answer needed here is only where
 * code and comments are. A test compares the two on ordinary documents.
 *
 * @returns sorted ranges that do not touch
 * @see spec/prompt-format.md REF
 */
export function hiddenRanges(body: string): readonly Range[] {
  // Nothing can be a reference without one of these, so most prompts are not scanned at all.
  if (!body.includes('://') && !body.includes('@/') && !body.includes('@{/')) {
    return [];
  }
  const { hidden, paragraphs } = new BlockReader(body).read();
  const closes = Array.from(body.matchAll(/-->/g), ({ index }) => ({
    start: index,
    end: index + 3,
  }));
  return mergeRanges([
    ...hidden,
    ...paragraphs.flatMap((parts) => hiddenInline(body, parts, closes)),
  ]);
}
