import type { Position, Problem, Severity } from './problem.ts';

/** Longest part of a source line that an excerpt shows, in UTF-16 code units. */
const EXCERPT_WIDTH = 100;

/** The text of a document with its lines, so that offsets become positions. */
export class Source {
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.text = text;
    this.#starts = lineStarts(text);
  }

  /** Number of lines; a final line end starts one more, empty line. */
  get lines(): number {
    return this.#starts.length;
  }

  /** Line and column of an offset; offsets outside the text are moved to its edge. */
  positionAt(offset: number): Position {
    const inside = Math.min(Math.max(offset, 0), this.text.length);
    const index = lastAtMost(this.#starts, inside);
    return { line: index + 1, column: inside - (this.#starts[index] ?? 0) + 1 };
  }

  /** The text of a line, counted from 1, without its line end. */
  line(number: number): string {
    const start = this.#starts[number - 1] ?? this.text.length;
    const next = this.#starts[number] ?? this.text.length;
    return this.text.slice(start, next).replace(/[\r\n]{1,2}$/, '');
  }

  /** The line of a position with a caret under it. */
  excerpt(at: Position): string {
    return caret(this.line(at.line), at.column);
  }

  /** A problem at an offset, with its excerpt. */
  problem(code: string, severity: Severity, message: string, offset: number): Problem {
    const at = this.positionAt(offset);
    return { code, severity, message, at, excerpt: this.excerpt(at) };
  }
}

/**
 * A source line and a caret under one column, as two lines.
 * Control and direction characters become `·`: an excerpt is printed to terminals and pages, and an
 * escape sequence or a right-to-left override in a prompt must not act there.
 */
export function caret(line: string, column: number): string {
  const from = Math.max(0, Math.min(column - 1 - EXCERPT_WIDTH / 2, line.length - EXCERPT_WIDTH));
  const before = from > 0 ? '…' : '';
  const after = from + EXCERPT_WIDTH < line.length ? '…' : '';
  const shown = line.slice(from, from + EXCERPT_WIDTH).toWellFormed();
  const safe = shown.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    character === '\t' ? '\t' : '·',
  );
  const lead = safe.slice(0, column - 1 - from).replace(/[^\t]/g, ' ');
  return `${before}${safe}${after}\n${before === '' ? '' : ' '}${lead}^`;
}

/** Lines end with LF, CRLF or a lone CR, as in YAML and CommonMark. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let offset = 0; offset < text.length; offset += 1) {
    const unit = text.charCodeAt(offset);
    const loneReturn = unit === 13 && text.charCodeAt(offset + 1) !== 10;
    if (unit === 10 || loneReturn) {
      starts.push(offset + 1);
    }
  }
  return starts;
}

/** Index of the last number that is not above `limit`, in a sorted list that starts with 0. */
export function lastAtMost(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sorted[middle] ?? 0) <= limit) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}
