import { escapeHtml } from './markup.ts';

/** What a badge says when nobody says otherwise. */
const USUAL = 'Prompt it';

/** A badge is a button, not a place to write: what is longer ends with an ellipsis. */
const MOST_CHARACTERS = 60;

/** What cannot be seen, changes the order of its neighbours, or is no character of a line. */
const UNSEEN = /\p{C}|\p{Default_Ignorable_Code_Point}|[\u2028\u2029]/gu;

/** Widths of ASCII characters in thousandths of the font size; those of Verdana and DejaVu Sans. */
const WIDTHS: readonly (readonly [characters: string, width: number])[] = [
  [`'`, 280],
  ['iIjl!|.,:;[]()/\\ `', 380],
  ['frt-"J{}', 450],
  ['cksvxyz?*', 570],
  ['abdeghnopqu_0123456789$L', 630],
  ['ABCEFKPRSTVXYZ&#<>+=^~', 720],
  ['DGHNOQUw', 800],
  ['mMW@%', 1000],
];

const WIDTH_OF: ReadonlyMap<string, number> = new Map(
  WIDTHS.flatMap(([characters, width]) =>
    Array.from(characters).map((one) => [one, width] as const),
  ),
);

/** Characters that stand in a square: Chinese, Japanese, Korean, and pictures. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\u3000-\u303f\uff01-\uff60]/u;

/** Characters that take no place of their own. */
const COMBINING = /\p{M}/u;

const FONT_SIZE = 12;
const HEIGHT = 28;
/** Left of the words: an edge, the mark, a gap. */
const BEFORE = 32;
const AFTER = 12;

/**
 * A button as an SVG picture, for READMEs and pages of others: a mark and some words, readable on
 * light and dark paper. It holds no script, no style, no link and no address of anybody else.
 * @param text the words; bounded, in one line, without what cannot be seen
 * @see spec/rendering.md DOCS-4
 */
export function badgeSvg(text: string): string {
  const words = badgeWords(text);
  const length = widthOf(words);
  const width = BEFORE + length + AFTER;
  const said = escapeHtml(words);
  // The words get the width that the table says, whatever font the reader has.
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${said}">
<title>${said}</title>
<rect x=".5" y=".5" width="${width - 1}" height="${HEIGHT - 1}" rx="6" fill="#0b57b0" stroke="#5b93d6"/>
<path d="M11 8.5v11l9-5.5z" fill="#fff"/>
<text x="${BEFORE}" y="18.2" fill="#fff" font-family="Verdana,'DejaVu Sans',Geneva,sans-serif" font-size="${FONT_SIZE}" textLength="${length}" lengthAdjust="spacingAndGlyphs">${said}</text>
</svg>
`;
}

function badgeWords(text: string): string {
  const line = text.replace(/\s+/gu, ' ').replace(UNSEEN, '').trim();
  const characters = Array.from(line);
  if (characters.length === 0) return USUAL;
  if (characters.length <= MOST_CHARACTERS) return line;
  return `${characters
    .slice(0, MOST_CHARACTERS - 1)
    .join('')
    .trimEnd()}…`;
}

/** Pixels that a line takes, about. */
function widthOf(line: string): number {
  const thousandths = Array.from(line).reduce((sum, one) => sum + characterWidth(one), 0);
  return Math.max(1, Math.round((thousandths * FONT_SIZE) / 1000));
}

function characterWidth(character: string): number {
  if (COMBINING.test(character)) return 0;
  return WIDTH_OF.get(character) ?? (WIDE.test(character) ? 1050 : 690);
}
