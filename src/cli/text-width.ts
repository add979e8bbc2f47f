const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Characters that a terminal draws two columns wide: East Asian scripts, full-width forms, emoji. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji}\ufe0f/u;

/** Nothing but marks, joiners and format characters: drawn over the character before. */
const ZERO = /^[\p{Mark}\p{Cf}]+$/u;

/** Columns between tab stops in what we draw. */
const TAB = 4;

/** How many columns a terminal needs for a text without tabs and line ends. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** The text with every tab turned into the spaces up to the next stop. */
export function expandTabs(text: string): string {
  if (!text.includes('\t')) return text;
  const [first = '', ...rest] = text.split('\t');
  return rest.reduce((line, part) => {
    const gap = TAB - (textWidth(line) % TAB);
    return `${line}${' '.repeat(gap)}${part}`;
  }, first);
}

function graphemeWidth(grapheme: string): number {
  if (ZERO.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** Control characters but line end and tab, and those that turn the direction of text around. */
const CONTROLS = /[[\p{Cc}\u202a-\u202e\u2066-\u2069]--[\n\t]]/gv;

/** Those, and what takes no room: joiners, marks of direction, tags, the byte order mark. */
const UNSEEN = /[[\p{Cc}\p{Cf}\u2028\u2029]--[\n\t]]/gv;

/**
 * The text as it may be written to a terminal. What models, tools and pages say could otherwise
 * hold escape sequences that rewrite the screen, the title or the clipboard of whoever reads it.
 */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, '');
}

/**
 * The text of a stranger that a person decides about, with what a terminal would not show written
 * out: a scope or a name that looks like another one must not.
 */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x24_00 + code) : `\\u{${code.toString(16)}}`;
  });
}

/** {@link visible} on one line of at most `max` characters. */
export function visibleLine(text: string, max: number): string {
  return oneLine(visible(text.slice(0, 4 * max).replaceAll(/\s+/g, ' ')), max);
}

/** The text on one line of at most `max` characters, with `…` where something was left out. */
export function oneLine(text: string, max: number): string {
  const line = printable(text).replaceAll(/\s+/g, ' ').trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}
