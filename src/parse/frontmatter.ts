/** Where the frontmatter of a document is, as offsets into its text. */
export type Split =
  | { readonly kind: 'none'; readonly bodyStart: number }
  | { readonly kind: 'rule'; readonly bodyStart: number; readonly fence: number }
  | { readonly kind: 'unclosed'; readonly bodyStart: number; readonly fence: number }
  | {
      readonly kind: 'block';
      readonly bodyStart: number;
      readonly fence: number;
      /** The YAML between the fences, line end included. */
      readonly from: number;
      readonly to: number;
    };

interface Line {
  readonly text: string;
  readonly start: number;
  /** Offset behind the line end. */
  readonly next: number;
}

/**
 * Finds the frontmatter: a block between two lines `---` at the start of the document whose first
 * line that is neither blank nor a comment looks like `key:`, or that is empty. Everything else
 * that begins with `---` is Markdown's thematic break.
 *
 * @param text the document without a byte order mark
 * @param hashComments whether `#` lines may come before it (files named `*.prompt`)
 * @see spec/prompt-format.md FM
 */
export function splitFrontmatter(text: string, hashComments: boolean): Split {
  const fence = skipPreamble(text, hashComments);
  const opening = lineAt(text, fence);
  if (!isFence(opening.text)) {
    return { kind: 'none', bodyStart: /^#![^\r\n]*\bmdops\b/.test(text) ? firstNext(text) : 0 };
  }
  const close = findClose(text, opening.next);
  const keyed = startsWithKey(text, opening.next, close?.start ?? text.length);
  if (close === null) {
    return keyed === true
      ? { kind: 'unclosed', bodyStart: text.length, fence }
      : { kind: 'rule', bodyStart: 0, fence };
  }
  if (keyed === false) {
    return { kind: 'rule', bodyStart: 0, fence };
  }
  return { kind: 'block', bodyStart: close.next, fence, from: opening.next, to: close.start };
}

/**
 * Whether `#` lines at the start are comments before the settings of a `.prompt` file whose name is
 * not known: nothing but such lines before the fence, and a key of dotprompt behind it.
 */
export function looksLikeDotprompt(text: string): boolean {
  const fence = skipPreamble(text, true);
  const opening = lineAt(text, fence);
  if (!text.startsWith('#') || !isFence(opening.text)) {
    return false;
  }
  const close = findClose(text, opening.next);
  const block = close === null ? '' : text.slice(opening.next, close.start);
  return /^(?:model|config|input|output):/m.test(block);
}

/** Passes a `#!` line, blank lines, one HTML comment and, where allowed, `#` comments. */
function skipPreamble(text: string, hashComments: boolean): number {
  let offset = text.startsWith('#!') ? firstNext(text) : 0;
  let commentAllowed = true;
  while (offset < text.length) {
    const line = lineAt(text, offset);
    if (line.text.trim() === '' || (hashComments && line.text.startsWith('#'))) {
      offset = line.next;
      continue;
    }
    const comment = commentAllowed ? commentEnd(text, line) : null;
    if (comment === null) {
      break;
    }
    commentAllowed = false;
    offset = comment;
  }
  return offset;
}

/** Offset of the line behind an HTML comment that fills whole lines, or null. */
function commentEnd(text: string, line: Line): number | null {
  if (!line.text.trimStart().startsWith('<!--')) {
    return null;
  }
  const end = text.indexOf('-->', line.start);
  if (end === -1) {
    return null;
  }
  const rest = lineAt(text, end + 3);
  return rest.text.trim() === '' ? rest.next : null;
}

function findClose(text: string, from: number): Line | null {
  let offset = from;
  while (offset < text.length) {
    const line = lineAt(text, offset);
    if (isFence(line.text)) {
      return line;
    }
    offset = line.next;
  }
  return null;
}

function isFence(line: string): boolean {
  return line.startsWith('---') && line.trimEnd() === '---';
}

/**
 * Whether the first line that is neither blank nor a comment looks like `key:`; null without one.
 * `https://…` does not, and neither does a sentence that holds a colon.
 */
function startsWithKey(text: string, from: number, to: number): boolean | null {
  let offset = from;
  while (offset < to) {
    const line = lineAt(text, offset);
    const trimmed = line.text.trim();
    if (trimmed !== '' && !trimmed.startsWith('#')) {
      return /^(?:[\p{L}_$][\p{L}\p{N}_$.-]*|"[^"]*"|'[^']*')[ \t]*:(?!\/\/)/u.test(trimmed);
    }
    offset = line.next;
  }
  return null;
}

function firstNext(text: string): number {
  return lineAt(text, 0).next;
}

/** The line from `start` to the next LF, CRLF or lone CR. */
function lineAt(text: string, start: number): Line {
  let end = start;
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') {
    end += 1;
  }
  const isPair = text[end] === '\r' && text[end + 1] === '\n';
  return {
    text: text.slice(start, end),
    start,
    next: Math.min(end + (isPair ? 2 : 1), text.length),
  };
}
