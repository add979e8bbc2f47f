import { toJson } from '../setting-type.ts';
import type { Draft, Edit } from './draft.ts';

/** `$ARGUMENTS`, `$ARGUMENTS[0]`, `$1`, `$name`; not `\$1`, and not `$B$1`, a cell of a sheet. */
const ARGUMENT =
  /(?<!\\)\$(?:ARGUMENTS(?:\[(\d)\])?(?!\w)|(?<!\$[A-Za-z]{0,3}\$)([1-9])(?!\w|[.,]\d)|([A-Za-z_]\w{0,60}))/g;
/** `{{ _1 }}`, the first word behind a file of mdflow. */
const POSITION = /(?<!\$)\{\{-? {0,3}_([1-9]) {0,3}-?\}\}/g;
/** Tags of the template language; `${{ … }}` and `\{{` are none. */
const TAG = /(?<![\\${])\{\{/g;
const DECLARED = ['input', 'inputs', 'variables', 'parameters'];

/** What was given as arguments: all of it, and its words. */
interface Given {
  readonly all: string;
  readonly words: readonly string[];
}

/**
 * `$ARGUMENTS`, `$ARGUMENTS[0]`, `$1` and the names under `arguments:` are the words of the input
 * `arguments`. They become variables of this format, so values are put in once and open nothing;
 * tags that were only text in such a file stay text.
 */
export function adoptArguments(draft: Draft): void {
  const given = givenArguments(draft.supplied['arguments'] ?? draft.supplied['ARGUMENTS']);
  const names = argumentNames(draft.value('arguments'));
  // The first of two equal names counts, as a list is read.
  const numbers = new Map(names.map((name, index) => [name, index + 1] as const).toReversed());
  const isNumbered = given.all !== '' || takesArguments(draft);
  const found = [...draft.body.matchAll(ARGUMENT)].flatMap((match) => {
    const place = placeOf(match, numbers, isNumbered);
    return place === null ? [] : [{ place, start: match.index, length: match[0].length }];
  });
  putArguments(draft, found, { given, tags: literalTags(draft) });
}

/** `{{ _1 }}` is the first word of the input `arguments`, unless the input `_1` was given. */
export function adoptPositions(draft: Draft): void {
  const found = [...draft.body.matchAll(POSITION)].flatMap((match) =>
    Object.hasOwn(draft.supplied, `_${match[1] ?? ''}`) || draft.has(`_${match[1] ?? ''}`)
      ? []
      : [{ place: Number(match[1]), start: match.index, length: match[0].length }],
  );
  const given = givenArguments(draft.supplied['arguments']);
  putArguments(draft, found, { given, tags: [] });
}

/**
 * Whether a document shows that it takes arguments. Without such a sign `$1` is one of a shell
 * script, of a statement of SQL or a price, as skills are full of them.
 */
function takesArguments(draft: Draft): boolean {
  return (
    draft.has('argument_hint', 'arguments') ||
    /\$ARGUMENTS(?!\w)/.test(draft.body) ||
    /(?:^|\/)commands?\//.test(draft.path)
  );
}

/** A placeholder in the body and the word it stands for. */
interface Found {
  readonly place: number | 'all';
  readonly start: number;
  readonly length: number;
}

function putArguments(
  draft: Draft,
  found: readonly Found[],
  { given, tags }: { readonly given: Given; readonly tags: readonly Edit[] },
): void {
  const [first] = found;
  if (first === undefined) {
    return;
  }
  if (given.all === '') {
    const message =
      'The text uses arguments, the input "arguments". None were given, so nothing stands there.';
    draft.report('info', 'no_arguments', message, draft.bodyPosition(first.start));
  }
  const edits = found.map(({ place, start, length }): Edit => {
    return { start, end: start + length, text: `{{${variableOf(place)}}}` };
  });
  const places = new Set(found.map(({ place }) => place));
  draft.edit([...edits, ...tags].toSorted((a, b) => a.start - b.start));
  draft.sources.add('arguments').add('ARGUMENTS');
  for (const place of places) {
    draft.inner.add(variableOf(place));
    draft.put(variableOf(place), place === 'all' ? given.all : (given.words[place - 1] ?? ''));
  }
}

function literalTags(draft: Draft): Edit[] {
  return draft.has(...DECLARED)
    ? []
    : Array.from(draft.body.matchAll(TAG), ({ index }) => {
        return { start: index, end: index, text: '\\' };
      });
}

function givenArguments(value: unknown): Given {
  if (Array.isArray(value)) {
    const words = value.map(textOf);
    return { all: words.join(' '), words };
  }
  const all = textOf(value ?? '');
  return { all, words: wordsOf(all) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(toJson(value));
}

function variableOf(place: number | 'all'): string {
  return place === 'all' ? '_arguments' : `_argument_${place}`;
}

/** Which word is meant, counted from 1, or all of them; null when it is another dollar. */
function placeOf(
  [, index, number, name]: RegExpExecArray,
  numbers: ReadonlyMap<string, number>,
  isNumbered: boolean,
): number | 'all' | null {
  if (name !== undefined) {
    return numbers.get(name) ?? null;
  }
  if (number !== undefined) {
    return isNumbered ? Number(number) : null;
  }
  return index === undefined ? 'all' : Number(index) + 1;
}

function argumentNames(value: unknown): readonly string[] {
  const list: readonly unknown[] =
    typeof value === 'string' ? value.split(/[\s,]+/) : Array.isArray(value) ? value : [];
  return list.filter((name) => typeof name === 'string');
}

/** Words between blanks; quotes keep several together. */
function wordsOf(text: string): readonly string[] {
  return Array.from(
    text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g),
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

/** `${input:name}` and `${input:name:hint}`, the questions of VS Code. */
const ASKED = /\$\{input:([A-Za-z_][\w-]{0,60})(?::[^}\r\n]{0,300})?\}/g;

/**
 * `${input:name}` is the value of that name where one was given. Nobody can be asked here, so the
 * others stay, with one warning.
 */
export function adoptAskedInputs(draft: Draft): void {
  const missing = new Map<string, number>();
  const edits: Edit[] = [];
  for (const match of draft.body.matchAll(ASKED)) {
    const [written, name = ''] = match;
    if (Object.hasOwn(draft.supplied, name)) {
      const start = match.index;
      edits.push({ start, end: start + written.length, text: `{{${name}}}` });
    } else {
      const shown = `\${input:${name}}`;
      missing.set(shown, missing.get(shown) ?? match.index);
    }
  }
  const [first] = missing.values();
  if (first !== undefined) {
    const names = [...missing.keys()].slice(0, 10).join(', ');
    const message = `No value was given, so left as they are: ${names}.`;
    draft.report('warning', 'no_arguments', message, draft.bodyPosition(first));
  }
  draft.edit(edits);
}
