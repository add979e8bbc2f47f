import { type Range, rangeBehind } from './ranges.ts';
import { lastAtMost } from './source.ts';

/**
 * `\x` escapes · runs of backticks · comments · HTML tags. A tag's name is followed by a blank, `/`
 * or `>`, so `<https://…>` is none.
 */
const TOKEN =
  /\\[!-/:-@[-`{-~]|`+|<!--|<\/?[A-Za-z][\w.-]*(?::[\w.-]+)?(?:[ \t\r\n][^<>]{0,1000})?\/?>/g;

/**
 * What is not prose inside one paragraph: code spans, comments and HTML tags (with the addresses in
 * their attributes), as ranges of the body.
 *
 * @param body the whole text
 * @param parts the parts of lines that make the paragraph
 * @param closes every `-->` of the body: a comment may end behind the paragraph, and looking for
 *   that end anew from every `<!--` would be quadratic
 */
export function hiddenInline(
  body: string,
  parts: readonly Range[],
  closes: readonly Range[],
): Range[] {
  const paragraph = new Paragraph(body, parts);
  const closers = new BacktickRuns(paragraph.text);
  const hidden: Range[] = [];
  const token = new RegExp(TOKEN);
  for (let found = token.exec(paragraph.text); found !== null; found = token.exec(paragraph.text)) {
    const written = found[0];
    const after = found.index + written.length;
    if (written.startsWith('\\')) {
      continue;
    }
    if (written.startsWith('`')) {
      const close = closers.next(written.length, after);
      if (close !== null) {
        token.lastIndex = close + written.length;
        hidden.push(paragraph.range(found.index, close + written.length));
      }
    } else if (written === '<!--') {
      const start = paragraph.offset(found.index);
      const comment = rangeBehind(closes, start + 4);
      if (comment !== undefined) {
        hidden.push({ start, end: comment.end });
        token.lastIndex = Math.max(after, paragraph.indexOf(comment.end));
      }
    } else {
      hidden.push(paragraph.range(found.index, after));
    }
  }
  return hidden;
}

/** The lines of a paragraph as one text, and the way back to the body. */
class Paragraph {
  readonly text: string;
  readonly #parts: readonly Range[];
  readonly #bodyStarts: readonly number[];
  /** Where each part begins in `text`. */
  readonly #starts: number[] = [];

  constructor(body: string, parts: readonly Range[]) {
    const lines: string[] = [];
    let length = 0;
    for (const part of parts) {
      this.#starts.push(length);
      lines.push(body.slice(part.start, part.end));
      length += part.end - part.start + 1;
    }
    this.text = lines.join('\n');
    this.#parts = parts;
    this.#bodyStarts = parts.map(({ start }) => start);
  }

  offset(index: number): number {
    const low = lastAtMost(this.#starts, index);
    return (this.#parts[low]?.start ?? 0) + index - (this.#starts[low] ?? 0);
  }

  /** Index in `text` of an offset into the body; its length when that is behind the paragraph. */
  indexOf(offset: number): number {
    const last = this.#parts.at(-1);
    if (last === undefined || offset > last.end) {
      return this.text.length;
    }
    const part = Math.max(0, lastAtMost(this.#bodyStarts, offset));
    return (this.#starts[part] ?? 0) + Math.max(0, offset - (this.#bodyStarts[part] ?? 0));
  }

  range(start: number, end: number): Range {
    return { start: this.offset(start), end: this.offset(end - 1) + 1 };
  }
}

/** Runs of backticks by their length, so that looking for a closing one never starts over. */
class BacktickRuns {
  readonly #byLength = new Map<number, number[]>();
  readonly #used = new Map<number, number>();

  constructor(text: string) {
    for (const run of text.matchAll(/`+/g)) {
      const list = this.#byLength.get(run[0].length);
      if (list === undefined) {
        this.#byLength.set(run[0].length, [run.index]);
      } else {
        list.push(run.index);
      }
    }
  }

  /** The next run of exactly this length at or behind an index; indices must not go back. */
  next(length: number, from: number): number | null {
    const list = this.#byLength.get(length) ?? [];
    let at = this.#used.get(length) ?? 0;
    while (at < list.length && (list[at] ?? 0) < from) {
      at += 1;
    }
    this.#used.set(length, at);
    return list[at] ?? null;
  }
}
