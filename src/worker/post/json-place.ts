/** What may come next in a JSON text; `first-…` is the place right after an opening bracket. */
type Place = 'value' | 'first-value' | 'key' | 'first-key' | 'colon' | 'next';

/** One token and the space before it; what matches none is where the text stops being JSON. */
const TOKEN =
  /[ \t\r\n]*(?:("(?:[^"\\\p{Cc}]|\u007f|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([[\]{}:,]))/uy;

/** The tokens that may stand at a place. */
const ALLOWED: Readonly<Record<Place, readonly string[]>> = {
  value: ['string', 'scalar', '[', '{'],
  'first-value': ['string', 'scalar', '[', '{', ']'],
  key: ['string'],
  'first-key': ['string', '}'],
  colon: [':'],
  next: [',', ']', '}'],
};

const OPENER: Readonly<Record<string, string>> = { ']': '[', '}': '{' };

/**
 * Where a text that is not JSON stops being JSON, as the offset of the first character that cannot
 * stand there. Engines tell it in some of their messages only.
 */
export function jsonErrorOffset(text: string): number {
  const open: string[] = [];
  let place: Place = 'value';
  for (let end = 0; ; end = TOKEN.lastIndex) {
    TOKEN.lastIndex = end;
    const match = TOKEN.exec(text);
    if (match === null) return end + (/^[ \t\r\n]*/.exec(text.slice(end))?.[0].length ?? 0);
    const [whole, string, scalar, mark = ''] = match;
    const written = string ?? scalar ?? mark;
    const token = mark === '' ? (string === undefined ? 'scalar' : 'string') : mark;
    const fits = ALLOWED[place].includes(token) && isPaired(token, open);
    if (!fits) return end + whole.length - written.length;
    place = placeAfter(token, place, open);
  }
}

/** Whether a closing bracket closes the last one, and a comma stands inside of one. */
function isPaired(token: string, open: readonly string[]): boolean {
  if (token === ',') return open.length > 0;
  return !(token in OPENER) || open.at(-1) === OPENER[token];
}

/** The place after a token that fits; keeps the open brackets. */
function placeAfter(token: string, place: Place, open: string[]): Place {
  switch (token) {
    case '[':
      open.push(token);
      return 'first-value';
    case '{':
      open.push(token);
      return 'first-key';
    case ']':
    case '}':
      open.pop();
      return 'next';
    case ',':
      return open.at(-1) === '[' ? 'value' : 'key';
    case ':':
      return 'value';
    default:
      return place === 'key' || place === 'first-key' ? 'colon' : 'next';
  }
}
