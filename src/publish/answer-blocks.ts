import { LONGEST_MARKDOWN, markdownBlocks, plainText, type Definitions } from './markdown-html.ts';

/**
 * An answer that still grows, as HTML. Blocks that are finished are sealed: they are laid out once
 * and never again, so that the thousandth paragraph costs what the first one did. Only the rest
 * behind them is laid out anew. What reaches back, such as the definition of a link that was used
 * before, is right when the whole answer is laid out at the end.
 */
export class AnswerBlocks {
  readonly #isMarkdown: boolean;
  readonly #definitions: Definitions = { references: {} };
  #text = '';
  #from = 0;
  #sealed: string[] = [];
  #rest = '';

  constructor(isMarkdown: boolean) {
    this.#isMarkdown = isMarkdown;
  }

  /** The finished blocks, each one element and a line end. */
  get sealed(): readonly string[] {
    return this.#sealed;
  }

  /** HTML of what stands behind them. */
  get rest(): string {
    return this.#rest;
  }

  /** @param text the whole answer so far, which begins with what it was before */
  grow(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    if (!this.#isMarkdown || text.length > LONGEST_MARKDOWN) {
      this.#sealed = [];
      this.#rest = text.trim() === '' ? '' : plainText(text).html;
      return;
    }
    const open = text.slice(this.#from);
    const blocks = markdownBlocks(open, { references: { ...this.#definitions.references } });
    const lines = lineStarts(open);
    // What begins on a line that is not whole may yet turn out to belong to the block before it.
    const isWhole = (blocks.at(-1)?.line ?? 0) < lines.length - 1;
    const finished = blocks.length - (isWhole ? 1 : 2);
    const end = lines[blocks[finished]?.line ?? 0] ?? 0;
    if (finished > 0 && end > 0) {
      // Once more and alone: a definition behind it is not whole yet.
      const sealed = markdownBlocks(open.slice(0, end), this.#definitions);
      this.#sealed.push(...sealed.map(({ html }) => html));
      this.#from += end;
      this.#rest = joined(blocks.slice(finished));
    } else {
      this.#rest = joined(blocks);
    }
  }
}

function joined(blocks: readonly { readonly html: string }[]): string {
  return blocks.map(({ html }) => html).join('');
}

/** Where the lines of a text begin; the last one is that which no line end closes. */
function lineStarts(text: string): number[] {
  return [0, ...Array.from(text.matchAll(/\r\n?|\n/g), ({ 0: end, index }) => index + end.length)];
}
