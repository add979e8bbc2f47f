/** Ends an address wherever it stands: blanks, control characters, quotes, CJK punctuation. */
const ENDS =
  /[\s\p{Cc}"`|\u2018-\u201f\u00ab\u00bb\u3001\u3002\u3008-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]/u;
/** What makes an address a template or a placeholder, which is never fetched. */
const TEMPLATED = /[{}<>*\\…]|:\/\/\.{3}|[/=]\.{3}/;

/** An address as it was read from prose. */
export interface WrittenUrl {
  readonly url: string;
  /** Offset behind its last character. */
  readonly end: number;
}

/**
 * Reads the address that begins at an offset, up to a limit, without the punctuation of the
 * sentence around it: `see (https://example.com/a_(b)).` → `https://example.com/a_(b)`.
 *
 * @param before the character before the address (and its `@`), so that emphasis is recognised
 * @returns null when it is templated or no address at all
 */
export function readUrl(
  text: string,
  start: number,
  limit: number,
  before: string,
): WrittenUrl | null {
  let end = start;
  while (end < limit && !ENDS.test(text[end] ?? '') && !endsAtTag(text, end)) {
    end += 1;
  }
  const emphasis = /[*_~]/.test(before) ? before : '';
  const url = trimUrl(text.slice(start, end), emphasis);
  const written = text.slice(start, end);
  const templated = TEMPLATED.test(url) || /[/=]\.{3}/.test(written);
  return templated ? null : { url, end: start + url.length };
}

/** `</tag>` and `<br>` end an address; `<id>` in it is a placeholder. */
function endsAtTag(text: string, index: number): boolean {
  return text[index] === '<' && /^<(?:\/[A-Za-z]|br\b)/i.test(text.slice(index, index + 4));
}

/** Takes trailing punctuation, unbalanced brackets and closing emphasis off an address. */
export function trimUrl(written: string, emphasis: string): string {
  const open = new Map([
    [')', count(written, '(') - count(written, ')')],
    [']', count(written, '[') - count(written, ']')],
    ['}', count(written, '{') - count(written, '}')],
  ]);
  let end = written.length;
  for (; end > 0; end -= 1) {
    const last = written[end - 1] ?? '';
    const balance = open.get(last);
    if (balance !== undefined) {
      if (balance >= 0) {
        break;
      }
      open.set(last, balance + 1);
    } else if (!".,;:!?'".includes(last) && last !== emphasis) {
      break;
    }
  }
  return written.slice(0, end);
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
