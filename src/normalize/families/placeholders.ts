import type { Draft, Edit } from './draft.ts';

/**
 * `$ARGUMENTS`, `$ARGUMENTS[0]`, `$1` and the names under `arguments:` are the words of the input
 * `arguments`. They become variables of this format, so values are put in once and open nothing.
 */
export function adoptArguments(draft: Draft): void {
  const names = argumentNames(draft.value('arguments'));
  const given = draft.supplied['arguments'] ?? draft.supplied['ARGUMENTS'] ?? '';
  const parts = Array.isArray(given) ? given.map(String) : wordsOf(String(given));
  const values = new Map<string, string>();
  const edits: Edit[] = [];
  const pattern =
    /\$(?:ARGUMENTS(?:\[(\d)\])?(?!\w)|([1-9])(?![\d\w]|[.,]\d)|([A-Za-z_]\w{0,60}))/g;
  for (const match of draft.body.matchAll(pattern)) {
    const [written, index, number, name] = match;
    const place = placeOf(index, number, name, names);
    if (place !== null) {
      const variable = place === 'all' ? '_arguments' : `_argument_${place}`;
      const all = Array.isArray(given) ? parts.join(' ') : String(given);
      values.set(variable, place === 'all' ? all : (parts[place - 1] ?? ''));
      const { index: start } = match;
      edits.push({ start, end: start + written.length, text: `{{${variable}}}` });
    }
  }
  if (edits.length === 0) {
    return;
  }
  if (parts.length === 0) {
    const message =
      'The text uses $ARGUMENTS, the input "arguments". None were given, so nothing stands there.';
    draft.note('info', 'no_arguments', message, draft.bodyPosition(edits[0]?.start ?? 0));
  }
  draft.edit(edits);
  for (const [name, value] of values) {
    draft.put(name, value);
  }
}

/** Which word is meant, counted from 1, or all of them; null when it is another dollar. */
function placeOf(
  index: string | undefined,
  number: string | undefined,
  name: string | undefined,
  names: readonly string[],
): number | 'all' | null {
  if (name !== undefined) {
    const found = names.indexOf(name);
    return found === -1 ? null : found + 1;
  }
  if (number !== undefined) {
    return Number(number);
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

/**
 * `${input:name}` and `${input:name:hint}` of VS Code are the value of that name where one was
 * given. Nobody can be asked here, so the others stay, with one warning.
 */
export function adoptAskedInputs(draft: Draft): void {
  const missing = new Set<string>();
  const edits: Edit[] = [];
  for (const match of draft.body.matchAll(
    /\$\{input:([A-Za-z_][\w-]{0,60})(?::[^}\r\n]{0,300})?\}/g,
  )) {
    const [written, name = ''] = match;
    if (Object.hasOwn(draft.supplied, name)) {
      const start = match.index;
      edits.push({ start, end: start + written.length, text: `{{${name}}}` });
    } else {
      missing.add(`\${input:${name}}`);
    }
  }
  draft.edit(edits);
  if (missing.size > 0) {
    const message = `No value was given, so left as they are: ${[...missing].slice(0, 10).join(', ')}.`;
    draft.note('warning', 'undeclared_variable', message);
  }
}
