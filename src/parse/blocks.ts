import {
  type BlockLine,
  blockLine,
  isBlank,
  isIndented,
  isThematicBreak,
  rest,
  takeListMarker,
  takeQuote,
} from './block-line.ts';
import type { Range } from './ranges.ts';

/** What the lines of a Markdown text are, as far as it matters for what may be read in them. */
export interface Blocks {
  /** Fences, indented blocks, comments and raw HTML, line by line. */
  readonly hidden: readonly Range[];
  /** Paragraphs and headings, each as the parts of lines that hold its text. */
  readonly paragraphs: readonly (readonly Range[])[];
}

/** A quote, or a list item with the column where its content begins. */
type Container = 'quote' | number;

type Leaf =
  | { readonly kind: 'fence'; readonly mark: string; readonly length: number }
  | { readonly kind: 'raw'; readonly end: RegExp };

/** Containers that are followed; text nested deeper counts as code. */
const MAX_CONTAINERS = 64;

/**
 * Reads block structure line by line: `>` and list items as containers; fences, indented code,
 * comments, raw HTML, headings and paragraphs inside them.
 *
 * Work per line is bounded by the depth of containers, so the whole is linear in the text. It
 * differs from CommonMark where that suits prompts: XML-like tags on their own line do not make
 * an HTML block, since prompts use them as headings and a fence inside them is a fence.
 */
export class BlockReader {
  readonly #text: string;
  readonly #hidden: Range[] = [];
  readonly #paragraphs: Range[][] = [];
  #containers: Container[] = [];
  #leaf: Leaf | null = null;
  #paragraph: Range[] | null = null;
  /** Offset where a comment that spans lines ends. */
  #commentEnd = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Blocks {
    const text = this.#text;
    for (let start = 0; start < text.length;) {
      const end = lineEnd(text, start);
      if (this.#commentEnd <= start) {
        this.#readLine(blockLine(text.slice(start, end), start));
      } else if (this.#commentEnd < end) {
        this.#addText(this.#commentEnd, end);
      }
      start = end + (text[end] === '\r' && text[end + 1] === '\n' ? 2 : 1);
    }
    return { hidden: this.#hidden, paragraphs: this.#paragraphs };
  }

  #readLine(line: BlockLine): void {
    const matched = this.#matchContainers(line);
    const all = matched === this.#containers.length;
    if (this.#leaf !== null && all) {
      this.#continueLeaf(this.#leaf, line);
      return;
    }
    if (isBlank(line)) {
      this.#close(matched);
      return;
    }
    const opened = this.#openContainers(line, matched);
    if (this.#containers.length > MAX_CONTAINERS) {
      this.#containers = this.#containers.slice(0, MAX_CONTAINERS);
      this.#hide(line);
      return;
    }
    this.#openLeaf(line, opened || all ? null : matched);
  }

  /** How many of the open containers the line continues. */
  #matchContainers(line: BlockLine): number {
    let matched = 0;
    for (const container of this.#containers) {
      const continues =
        container === 'quote' ? takeQuote(line) : isBlank(line) || line.column >= container;
      if (!continues) {
        break;
      }
      if (container !== 'quote') {
        line.base = container;
      }
      matched += 1;
    }
    return matched;
  }

  /** Opens the quotes and items that begin on this line; whether there are any. */
  #openContainers(line: BlockLine, matched: number): boolean {
    let opened = false;
    for (;;) {
      const interrupts = this.#paragraph !== null && !opened && matched === this.#containers.length;
      const item = takeQuote(line) ? 'quote' : takeListMarker(line, interrupts);
      if (item === null) {
        return opened;
      }
      if (!opened) {
        this.#close(matched);
      }
      opened = true;
      this.#containers.push(item);
      if (this.#containers.length > MAX_CONTAINERS) {
        return true;
      }
    }
  }

  /**
   * @param lazyFrom number of continued containers when the line leaves some: it then either goes
   *   on with the open paragraph or closes the rest
   */
  #openLeaf(line: BlockLine, lazyFrom: number | null): void {
    const text = rest(line);
    const indented = isIndented(line);
    const continues = this.#paragraph !== null && (indented || !startsBlock(text));
    if (!continues) {
      this.#close(lazyFrom ?? this.#containers.length);
    }
    if (indented && !continues) {
      this.#hide(line);
    } else if (!indented && this.#openFence(line, text)) {
      return;
    } else {
      this.#readText(line);
    }
    if (!indented && (startsBlock(text) || isUnderline(text))) {
      this.#paragraph = null;
    }
  }

  /** Opens a fence or raw HTML, which may end on its own line. */
  #openFence(line: BlockLine, text: string): boolean {
    const leaf = leafStart(text);
    if (leaf === null) {
      return false;
    }
    this.#hide(line);
    this.#leaf = leaf.kind === 'raw' && leaf.end.test(text) ? null : leaf;
    return true;
  }

  #readText(line: BlockLine): void {
    if (!isBlank(line) && !this.#openComment(line)) {
      this.#addText(line.start + line.index, line.start + line.text.length);
    }
  }

  /** A comment that begins a line hides everything to its end, blank lines and fences included. */
  #openComment(line: BlockLine): boolean {
    const start = line.start + line.index;
    if (!this.#text.startsWith('<!--', start)) {
      return false;
    }
    const close = this.#text.indexOf('-->', start + 4);
    this.#commentEnd = close === -1 ? this.#text.length : close + 3;
    this.#hidden.push({ start, end: this.#commentEnd });
    const end = line.start + line.text.length;
    if (this.#commentEnd < end) {
      this.#addText(this.#commentEnd, end);
    }
    return true;
  }

  #continueLeaf(leaf: Leaf, line: BlockLine): void {
    this.#hide(line);
    const text = rest(line);
    const ends =
      leaf.kind === 'raw' ? leaf.end.test(text) : !isIndented(line) && closesFence(leaf, text);
    if (ends) {
      this.#leaf = null;
    }
  }

  #addText(start: number, end: number): void {
    if (this.#paragraph === null) {
      this.#paragraph = [];
      this.#paragraphs.push(this.#paragraph);
    }
    this.#paragraph.push({ start, end });
  }

  /** Hides a line; lines that follow each other are one range, or a long fence would be many. */
  #hide(line: BlockLine): void {
    const end = line.start + line.text.length;
    const last = this.#hidden.at(-1);
    if (last !== undefined && line.start > last.end && line.start - last.end <= 2) {
      this.#hidden[this.#hidden.length - 1] = { start: last.start, end };
    } else {
      this.#hidden.push({ start: line.start, end });
    }
  }

  /** Closes the paragraph, the leaf and all containers behind the first few. */
  #close(keep: number): void {
    this.#paragraph = null;
    this.#leaf = null;
    this.#containers.length = Math.min(keep, this.#containers.length);
  }
}

/** Whether a line ends the paragraph above it: a fence, raw HTML, a heading, a thematic break. */
function startsBlock(text: string): boolean {
  return leafStart(text) !== null || /^#{1,6}(?:[ \t]|$)/.test(text) || isThematicBreak(text);
}

/** The line under a heading of two lines; `---` is a thematic break here. */
function isUnderline(text: string): boolean {
  return text.startsWith('=') && text.trimEnd() === '='.repeat(text.trimEnd().length);
}

/** The fence or raw HTML element that begins with this text. */
function leafStart(text: string): Leaf | null {
  const fence = /^(?:`{3,}(?=[^`]*$)|~{3,})/.exec(text)?.[0];
  if (fence !== undefined) {
    return { kind: 'fence', mark: fence.charAt(0), length: fence.length };
  }
  return /^<(?:pre|script|style|textarea)(?:[\s>]|$)/i.test(text)
    ? { kind: 'raw', end: /<\/(?:pre|script|style|textarea)>/i }
    : null;
}

function closesFence(fence: { mark: string; length: number }, text: string): boolean {
  const trimmed = text.trimEnd();
  return trimmed.length >= fence.length && trimmed === fence.mark.repeat(trimmed.length);
}

function lineEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') {
    end += 1;
  }
  return end;
}
