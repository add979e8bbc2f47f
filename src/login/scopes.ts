/** Lists of scopes as OAuth writes them: words with spaces between. @see RFC 6749 section 3.3 */

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;
const MAX_SCOPES = 100;

/** The scopes of a text, each once; what is no scope is left out. */
export function scopesIn(text: string): readonly string[] {
  return oneOfEach(text.split(/\s+/));
}

/** The scopes of a list of a metadata document. */
export function scopesOf(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  return oneOfEach(list.filter((item: unknown) => typeof item === 'string'));
}

/** All scopes of all texts, in the order in which they first appear. */
export function union(...texts: readonly string[]): string {
  return scopesIn(texts.join(' ')).join(' ');
}

/** Whether the first names something that the second does not. */
export function asksMore(text: string, than: string): boolean {
  const known = new Set(scopesIn(than));
  return scopesIn(text).some((scope) => !known.has(scope));
}

function oneOfEach(words: readonly string[]): readonly string[] {
  return [...new Set(words.filter((word) => SCOPE.test(word)))].slice(0, MAX_SCOPES);
}
