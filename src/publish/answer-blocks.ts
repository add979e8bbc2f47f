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

  /** Characters that are laid out anew each time, or that this gives: of definitions nothing is seen. */
  get cost(): number {
    return Math.max(this.#text.length - this.#from, this.#rest.length);
  }

  /** @param text the whole answer so far, which begins with what it was before */
  grow(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    if (this.#isMarkdown && text.length <= LONGEST_MARKDOWN) this.#layOut(text.slice(this.#from));
    else this.#showAsItIs(text);
  }

  #showAsItIs(text: string): void {
    this.#sealed = [];
    this.#rest = text.trim() === '' ? '' : plainText(text).html;
  }

  #layOut(open: string): void {
    const blocks = markdownBlocks(open, { references: { ...this.#definitions.references } });
    const lines = lineStarts(open);
    const lineOf = (at: number) => blocks.at(at)?.line ?? 0;
    // What begins on a line that is not whole may yet turn out to belong to the block before it.
    const finished = blocks.length - (lineOf(-1) < lines.length - 1 ? 1 : 2);
    const end = finished > 0 ? (lines[lineOf(finished)] ?? 0) : 0;
    this.#rest = joined(end > 0 ? blocks.slice(finished) : blocks);
    if (end === 0) return;
    // Once more and alone: a definition behind it is not whole yet.
    const sealed = markdownBlocks(open.slice(0, end), this.#definitions);
    this.#sealed.push(...sealed.map(({ html }) => html));
    this.#from += end;
  }
}

function joined(blocks: readonly { readonly html: string }[]): string {
  return blocks.map(({ html }) => html).join('');
}

/** Where the lines of a text begin; the last one is that which no line end closes. */
function lineStarts(text: string): number[] {
  return [0, ...Array.from(text.matchAll(/\r\n?|\n/g), ({ 0: end, index }) => index + end.length)];
}
