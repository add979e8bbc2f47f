/** What may come next in a JSON text. */
type Expected = 'value' | 'key' | 'colon' | 'next' | 'nothing';

/** One token and the space before it; what matches none is where the text stops being JSON. */
const TOKEN =
  /[ \t\r\n]*(?:("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([[\]{}:,]))/y;

/**
 * Where a text that is not JSON stops being JSON, as the offset of the first character that cannot
 * stand there. Engines tell it in some messages only.
 */
export function jsonErrorOffset(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  let canClose = false;
  TOKEN.lastIndex = 0;
  for (let end = 0; ; end = TOKEN.lastIndex) {
    TOKEN.lastIndex = end;
    const match = TOKEN.exec(text);
    if (match === null) return afterSpace(text, end);
    const [whole, string, scalar, mark = ''] = match;
    const start = end + whole.length - (string ?? scalar ?? mark).length;
    const closes: boolean = mark === ']' || mark === '}';
    if (closes) {
      const fits = open.pop() === (mark === ']' ? '[' : '{');
      if (!fits || !(expected === 'next' || canClose)) return start;
      expected = open.length === 0 ? 'nothing' : 'next';
      canClose = false;
      continue;
    }
    const following = follow(expected, { string, scalar, mark }, open);
    if (following === null) return start;
    canClose = mark === '[' || mark === '{';
    expected = following;
  }
}

/** What must follow a token, or null when it may not stand here; opens what it opens. */
function follow(
  expected: Expected,
  token: { string: string | undefined; scalar: string | undefined; mark: string },
  open: string[],
): Expected | null {
  switch (expected) {
    case 'value':
      if (token.mark === '[' || token.mark === '{') {
        open.push(token.mark);
        return token.mark === '[' ? 'value' : 'key';
      }
      if (token.mark !== '') return null;
      return open.length === 0 ? 'nothing' : 'next';
    case 'key':
      return token.string === undefined ? null : 'colon';
    case 'colon':
      return token.mark === ':' ? 'value' : null;
    case 'next':
      if (token.mark !== ',') return null;
      return open.at(-1) === '[' ? 'value' : 'key';
    case 'nothing':
      return null;
  }
}

function afterSpace(text: string, offset: number): number {
  return offset + (/^[ \t\r\n]*/.exec(text.slice(offset))?.[0].length ?? 0);
}
