import { readTag, type TemplateTag } from './template-tag.ts';

/** A stretch of text, or a tag. Offsets are those of the template, ends exclusive. */
export type TemplatePiece = TextPiece | TagPiece;

interface TextPiece {
  readonly kind: 'text';
  readonly start: number;
  readonly end: number;
}

export interface TagPiece {
  readonly kind: 'tag';
  readonly start: number;
  readonly end: number;
  readonly tag: TemplateTag;
}

/** A tag with two or three braces on each side, and at most 2,000 characters between them. */
const DOUBLE = /\{\{([^{}]{0,2000})\}\}/y;
const TRIPLE = /\{\{\{([^{}]{0,2000})\}\}\}/y;
const BRACES = /\{+/y;
const BLANK = /\s/;

/**
 * Parts a template into texts and tags, in one pass that is linear in its length.
 * A template of one megabyte has 200,000 tags, so they are handed over one by one and not kept.
 *
 * Text is `\{{` (a literal `{{`), `${{`, four braces and more, and braces that no tag follows. White
 * space beside a `~`, and the line of a block tag or comment that stands alone on it, is in no piece.
 * @see spec/prompt-format.md TPL
 */
export function scanTemplate(text: string, take: (piece: TemplatePiece) => void): void {
  new Scanner(text, take).scan();
}

interface FoundTag {
  readonly start: number;
  readonly end: number;
  readonly inner: string;
}

class Scanner {
  readonly #text: string;
  readonly #take: (piece: TemplatePiece) => void;
  /** Where the text that is not in a piece yet begins. */
  #from = 0;
  #hasCommentEnd = true;

  constructor(text: string, take: (piece: TemplatePiece) => void) {
    this.#text = text;
    this.#take = take;
  }

  scan(): void {
    const text = this.#text;
    let open = text.indexOf('{{');
    while (open !== -1) {
      open = text.indexOf('{{', this.#readAt(open));
    }
    this.#takeText(text.length);
  }

  /** Reads what begins with braces at an offset; returns where to look on. */
  #readAt(open: number): number {
    const text = this.#text;
    BRACES.lastIndex = open;
    const behind = open + (BRACES.exec(text)?.[0].length ?? 2);
    const before = open > this.#from ? text[open - 1] : '';
    if (before === '$' || behind - open > 3) {
      return behind;
    }
    if (before === '\\') {
      this.#takeText(open - 1);
      const isEscaped = open - 2 < this.#from || text[open - 2] !== '\\';
      this.#from = open;
      // Two backslashes are one, and the tag is a tag.
      if (isEscaped) {
        return behind;
      }
    }
    const found = this.#tagAt(open, behind - open);
    if (found === null) {
      return behind;
    }
    this.#takeTag(found);
    return found.end;
  }

  #tagAt(open: number, braces: number): FoundTag | null {
    const comment = this.#commentAt(open);
    if (comment !== null) {
      return comment;
    }
    for (const [pattern, start] of [
      [TRIPLE, open],
      [DOUBLE, open + braces - 2],
    ] as const) {
      pattern.lastIndex = start;
      const match = pattern.exec(this.#text);
      if (match !== null) {
        return { start, end: pattern.lastIndex, inner: match[1] ?? '' };
      }
    }
    return null;
  }

  /** `{{!-- anything, even {{tags}} --}}` */
  #commentAt(open: number): FoundTag | null {
    const text = this.#text;
    const isComment = text.startsWith('{{!--', open) || text.startsWith('{{~!--', open);
    // Without this flag a text of open comments would be searched to its end for each of them.
    if (!isComment || !this.#hasCommentEnd) {
      return null;
    }
    const close = /--~?\}\}/g;
    close.lastIndex = open + 5;
    const match = close.exec(text);
    if (match === null) {
      this.#hasCommentEnd = false;
      return null;
    }
    const tilde = text[open + 2] === '~' ? '~' : '';
    const inner = `${tilde}!${match[0].includes('~') ? '~' : ''}`;
    return { start: open, end: match.index + match[0].length, inner };
  }

  #takeText(end: number): void {
    if (end > this.#from) {
      this.#take({ kind: 'text', start: this.#from, end });
    }
  }

  #takeTag({ start, end, inner }: FoundTag): void {
    const bare = inner.replace(/^~/, '').replace(/~$/, '');
    const tag = readTag(bare);
    const line = tag.kind === 'value' || tag.kind === 'unknown' ? null : this.#lineOf(start, end);
    this.#takeText(inner.startsWith('~') ? this.#skipBack(start) : (line?.start ?? start));
    this.#take({ kind: 'tag', start, end, tag });
    this.#from = inner.length > 1 && inner.endsWith('~') ? this.#skip(end) : (line?.end ?? end);
  }

  /** The line around a tag, when nothing else is on it. */
  #lineOf(start: number, end: number): { start: number; end: number } | null {
    const text = this.#text;
    let first = start;
    while (first > 0 && isBlank(text[first - 1])) {
      first -= 1;
    }
    let last = end;
    while (isBlank(text[last])) {
      last += 1;
    }
    const startsLine = first === 0 || isLineEnd(text[first - 1]);
    if (!startsLine || (last < text.length && !isLineEnd(text[last]))) {
      return null;
    }
    const isPair = text[last] === '\r' && text[last + 1] === '\n';
    return { start: first, end: Math.min(last + (isPair ? 2 : 1), text.length) };
  }

  #skipBack(offset: number): number {
    let at = offset;
    while (at > 0 && BLANK.test(this.#text[at - 1] ?? '')) {
      at -= 1;
    }
    return at;
  }

  #skip(offset: number): number {
    let at = offset;
    while (BLANK.test(this.#text[at] ?? '')) {
      at += 1;
    }
    return at;
  }
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

function isLineEnd(character: string | undefined): boolean {
  return character === '\n' || character === '\r';
}
