/** What a text is made of. */
export interface TextCount {
  readonly words: number;
  /** Characters as readers see them, as near as code points come to that. */
  readonly characters: number;
  readonly lines: number;
}

/** Counts words (between white space), characters and lines; an empty text has none. */
export function countWords(text: string): TextCount {
  return {
    words: text.split(/\s+/).filter((word) => word !== '').length,
    characters: Array.from(text).length,
    lines: text === '' ? 0 : text.split(/\r\n|\r|\n/).length,
  };
}
