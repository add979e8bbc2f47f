import { readPath, type TemplatePath } from './template-path.ts';

/** What a tag works on. */
export type Argument =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'path'; readonly path: TemplatePath; readonly written: string };

/** One `{{…}}`, read. */
export interface TemplateTag {
  /** `value` prints or calls a helper, `open` and `close` bound a block, `else` parts it. */
  readonly kind: 'value' | 'open' | 'close' | 'else' | 'comment' | 'unknown';
  /** The first word: `if`, `role`, `user.name`; empty for a plain `else`. */
  readonly name: string;
  readonly args: readonly Argument[];
  /** `indent=2` */
  readonly named: ReadonlyMap<string, Argument>;
  /** Set where what stands behind the name could not be read: `(gt a 1)`, `a >= 1`. */
  readonly unread?: true;
}

/** `name=value` or a value: a text in quotes, or a word. */
const WORD =
  /\s*(?:(?<key>[A-Za-z]\w*)=)?(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<word>[^\s"'=|()]+))(?=\s|$)/y;

/**
 * Reads what stands between the braces of a tag.
 * @param inner without the braces and without `~`
 * @see spec/prompt-format.md TPL
 */
export function readTag(inner: string): TemplateTag {
  if (inner.startsWith('!')) {
    return bare('comment', '');
  }
  const { kind, rest } = kindOf(inner.trim());
  const words = readWords(rest);
  if (words === null) {
    // A block is a block, whatever stands in it: its end must find it.
    const isBlock = kind === 'open' || kind === 'else';
    const name = /^\S*/.exec(rest.trim())?.[0] ?? '';
    return isBlock ? { ...bare(kind, name), unread: true } : bare('unknown', '');
  }
  const [first, ...others] = words;
  if (first === undefined) {
    return bare(kind === 'else' ? 'else' : 'unknown', '');
  }
  if (first.key !== undefined || first.value.kind !== 'path') {
    return bare('unknown', '');
  }
  const name = first.value.written;
  return others.length === 0 ? bare(kind, name) : { ...bare(kind, name), ...sorted(others) };
}

const NO_ARGUMENTS: readonly Argument[] = [];
const NO_NAMES: ReadonlyMap<string, Argument> = new Map();

function bare(kind: TemplateTag['kind'], name: string): TemplateTag {
  return { kind, name, args: NO_ARGUMENTS, named: NO_NAMES };
}

function sorted(words: readonly Word[]): Pick<TemplateTag, 'args' | 'named'> {
  const args: Argument[] = [];
  const named = new Map<string, Argument>();
  for (const { key, value } of words) {
    if (key === undefined) {
      args.push(value);
    } else {
      named.set(key, value);
    }
  }
  return { args, named };
}

function kindOf(text: string): { kind: TemplateTag['kind']; rest: string } {
  switch (text[0]) {
    case '#':
      return { kind: 'open', rest: text.slice(1) };
    case '/':
      return { kind: 'close', rest: text.slice(1) };
    case '&':
      return { kind: 'value', rest: text.slice(1) };
    case '^':
      // `{{^name}}` opens a block of its own in Mustache; only the plain form is `else`.
      return { kind: text === '^' ? 'else' : 'open', rest: text === '^' ? '' : text };
    default:
      return /^else(?:\s|$)/.test(text)
        ? { kind: 'else', rest: text.slice(4) }
        : { kind: 'value', rest: text };
  }
}

interface Word {
  readonly key?: string;
  readonly value: Argument;
}

/** All words of a tag; null when something in it is no word. */
function readWords(text: string): readonly Word[] | null {
  const words: Word[] = [];
  const end = text.trimEnd().length;
  let from = 0;
  while (from < end) {
    WORD.lastIndex = from;
    const groups = WORD.exec(text)?.groups;
    if (groups === undefined) {
      return null;
    }
    from = WORD.lastIndex;
    const { key, double, single, word = '' } = groups;
    const quoted = double ?? single;
    const value = quoted === undefined ? readArgument(word) : literal(quoted);
    if (value === null) {
      return null;
    }
    words.push(key === undefined ? { value } : { key, value });
  }
  return words;
}

function literal(value: string | number | boolean | null): Argument {
  return { kind: 'literal', value };
}

function readArgument(word: string): Argument | null {
  switch (word) {
    case 'true':
    case 'false':
      return literal(word === 'true');
    case 'null':
    case 'undefined':
      return literal(null);
    default: {
      if (/^-?\d{1,15}(?:\.\d{1,15})?$/.test(word)) {
        return literal(Number(word));
      }
      const path = readPath(word);
      return path === null ? null : { kind: 'path', path, written: word };
    }
  }
}
