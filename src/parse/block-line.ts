/** One line of Markdown while its containers are taken off from the left. */
export interface BlockLine {
  readonly text: string;
  /** Offset of the line in the body. */
  readonly start: number;
  /** Index into `text` of the first character that is not blank, from where we are. */
  index: number;
  /** Column of that character; a tab reaches to the next multiple of four. */
  column: number;
  /** Column where the content of the innermost container begins. */
  base: number;
}

const TAB = 4;
/** Four columns of indentation make code. */
const CODE_INDENT = 4;

export function blockLine(text: string, start: number): BlockLine {
  const line = { text, start, index: 0, column: 0, base: 0 };
  skipBlanks(line);
  return line;
}

/** Moves to the next character that is neither space nor tab. */
export function skipBlanks(line: BlockLine): void {
  for (;;) {
    const character = line.text[line.index];
    if (character === '\t') {
      line.column += TAB - (line.column % TAB);
    } else if (character === ' ') {
      line.column += 1;
    } else {
      return;
    }
    line.index += 1;
  }
}

export function isBlank(line: BlockLine): boolean {
  return line.index >= line.text.length;
}

/** Whether the line is indented like code, seen from its container. */
export function isIndented(line: BlockLine): boolean {
  return line.column - line.base >= CODE_INDENT;
}

/** What is left of the line, without indentation. */
export function rest(line: BlockLine): string {
  return line.text.slice(line.index);
}

/** Takes a `>` and the one blank that belongs to it. */
export function takeQuote(line: BlockLine): boolean {
  if (line.text[line.index] !== '>' || isIndented(line)) {
    return false;
  }
  takeMarker(line, 1);
  const next = line.text[line.index];
  line.base = line.column + (next === ' ' || next === '\t' ? 1 : 0);
  skipBlanks(line);
  return true;
}

/** Moves past a marker of so many characters. */
export function takeMarker(line: BlockLine, width: number): void {
  line.index += width;
  line.column += width;
}

/**
 * Takes a list marker.
 *
 * @param interrupts whether a paragraph is open, which only `1.` and filled items can end
 * @returns the column where the content of the item begins, or null
 */
export function takeListMarker(line: BlockLine, interrupts: boolean): number | null {
  const marker = /^(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)/.exec(
    line.text.slice(line.index, line.index + 11),
  );
  if (marker === null || isIndented(line) || isThematicBreak(rest(line))) {
    return null;
  }
  const empty = line.text.slice(line.index + marker[0].length).trim() === '';
  if (interrupts && (empty || (marker[1] !== undefined && marker[1] !== '1'))) {
    return null;
  }
  takeMarker(line, marker[0].length);
  const behind = line.column;
  skipBlanks(line);
  const blanks = line.column - behind;
  // Five blanks are one blank and an indented block.
  line.base = behind + (empty || blanks > CODE_INDENT ? 1 : blanks);
  return line.base;
}

/** `* * *`, `---`, `___`: at least three of one character and blanks. */
export function isThematicBreak(text: string): boolean {
  const mark = text[0];
  if (mark !== '*' && mark !== '-' && mark !== '_') {
    return false;
  }
  let count = 0;
  for (const character of text) {
    if (character === mark) {
      count += 1;
    } else if (character !== ' ' && character !== '\t') {
      return false;
    }
  }
  return count >= 3;
}
