import { Source } from '../../../parse/source.ts';
import type { Position } from '../../../parse/problem.ts';
import type { Stretch } from './analysis.ts';

/** Longest stretch that is underlined for a problem, in UTF-16 code units. */
const LONGEST = 200;

/** The lines of a text, so that positions become offsets. */
export class LineIndex {
  readonly #source: Source;
  readonly #starts: readonly number[];
  readonly #cut: number;

  /** @param cut what stands before the text and counts for offsets, but in no line */
  constructor(text: string, cut = 0) {
    this.#cut = cut;
    this.#source = new Source(text);
    this.#starts = lineStarts(text);
  }

  /** Offset of a position; one outside of the text is moved to its edge. */
  offsetAt({ line, column }: Position): number {
    const { length } = this.#source.text;
    const start = this.#starts[line - 1] ?? length;
    return this.#cut + Math.min(start + column - 1, length);
  }

  /** Where a piece of text stands in a line; null when it does not. */
  find(line: number, piece: string): Stretch | null {
    const column = this.#source.line(line).indexOf(piece);
    if (column === -1) return null;
    const start = this.offsetAt({ line, column: column + 1 });
    return { start, end: start + piece.length };
  }

  /** What to underline for a problem that begins here: the word, or the one before at a line's end. */
  wordAt(at: Position): Stretch {
    const start = this.offsetAt(at);
    const line = this.#source.line(at.line);
    const rest = line.slice(at.column - 1);
    const word = /^\S+/.exec(rest)?.[0] ?? '';
    if (word !== '') return { start, end: start + Math.min(word.length, LONGEST) };
    return { start: start - lastWord(line.slice(0, at.column - 1)), end: start };
  }
}

/** Length of the last word of a line with the blanks behind it. */
function lastWord(line: string): number {
  let from = line.trimEnd().length;
  while (from > 0 && line.length - from < LONGEST && /\S/.test(line.charAt(from - 1))) from -= 1;
  return line.length - from;
}

/** Lines end as `Source` says: with LF, CRLF or a lone CR. */
function lineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map(({ 0: end, index }) => index + end.length)];
}
