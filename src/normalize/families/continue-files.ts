import type { Draft } from './draft.ts';
import { adoptTurns, speakerOf, type Turn } from './turns.ts';

const URL_TAG = /(\{\{\{? {0,3}url {1,3}")(https?:\/\/[^"\s{}]{1,2000})(" {0,3}\}?\}\})/g;
const INPUT_TAG = /\{\{\{ {0,3}input {0,3}\}\}\}/;
const OPEN = /\s*<(system|user|assistant)>/iy;

/** Whether a text is one of Continue's: it begins with what the system says and has its tags. */
export function isContinueFile(draft: Draft): boolean {
  return (
    draft.has('invokable') ||
    draft.value('schema') === 'v1' ||
    (/^\s*<system>/i.test(draft.body) && INPUT_TAG.test(draft.body))
  );
}

/**
 * The words of files `*.prompt`: `<system>…</system>` before the prompt, and other speakers in the
 * same way, are messages; `{{{ input }}}` is the input of that name, or nothing; `{{{ url "…" }}}`
 * is context.
 */
export function adoptBlocks(draft: Draft): void {
  adoptUrlTags(draft);
  adoptInputTag(draft);
  const turns = /\{\{[~#]?\s*role\s/.test(draft.body) ? [] : blocksOf(draft.body);
  if (turns.length > 0) {
    adoptTurns(draft, turns);
  }
}

function adoptUrlTags(draft: Draft): void {
  const edits = Array.from(draft.body.matchAll(URL_TAG), (match) => {
    const [whole, open = '', url = '', close = ''] = match;
    draft.stacked.set(url, 'A tag {{{ url }}} wants it.');
    const end = match.index + whole.length;
    return [
      { start: match.index, end: match.index + open.length, text: '' },
      { start: end - close.length, end, text: '' },
    ];
  });
  draft.edit(edits.flat());
}

function adoptInputTag(draft: Draft): void {
  const start = draft.body.search(INPUT_TAG);
  if (start === -1 || draft.has('input', 'inputs', 'variables', 'parameters')) {
    return;
  }
  draft.put('input', { schema: { 'input?': 'any' } });
  if (!Object.hasOwn(draft.supplied, 'input')) {
    const message = 'The text uses the input "input". None was given, so nothing stands there.';
    draft.report('info', 'no_arguments', message, draft.bodyPosition(start));
  }
}

/** The messages a body begins with; what follows them is said by the user. */
function blocksOf(body: string): readonly Turn[] {
  const turns: Turn[] = [];
  const open = new RegExp(OPEN);
  let line = 0;
  for (;;) {
    open.lastIndex = line;
    const name = open.exec(body)?.[1] ?? '';
    const speaker = speakerOf(name);
    const start = open.lastIndex;
    const end = speaker === null ? -1 : body.indexOf(`</${name}>`, start);
    if (speaker === null || end === -1) {
      break;
    }
    turns.push({ speaker, text: body.slice(start, end).trim(), start, end, line });
    line = end + name.length + 3;
  }
  const rest = body.slice(line).trim();
  return turns.length === 0 || rest === ''
    ? turns
    : [...turns, { speaker: 'user', text: rest, start: line, end: body.length, line }];
}
