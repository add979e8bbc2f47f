import { isObject } from '../../protocol/json.ts';
import type { Draft } from './draft.ts';
import { adoptOutput } from './response-format.ts';
import { adoptMessages, type Message, speakerOf } from './turns.ts';

const INPUT_KEYS = ['input', 'inputs', 'variables', 'parameters'];

/** Whether a document keeps its prompt in `messages:` and has no body. */
export function hasMessages(draft: Draft): boolean {
  const messages = draft.value('messages');
  return draft.body.trim() === '' && Array.isArray(messages) && messages.some(isMessage);
}

function isMessage(item: unknown): item is Readonly<Record<string, unknown>> {
  return isObject(item) && 'role' in item && 'content' in item;
}

/**
 * `messages:` with roles become the messages of the request; `{{name}}` in them is a variable
 * without being declared, as GitHub Models has it; `responseFormat` and `jsonSchema` are `output`.
 */
export function adoptMessagesSetting(draft: Draft): void {
  const entry = draft.entry('messages');
  if (entry === undefined || !Array.isArray(entry.value)) {
    return;
  }
  const messages = entry.value.flatMap((item, index) =>
    readMessage(draft, item, [entry.key, index]),
  );
  draft.remove(entry);
  adoptMessages(draft, messages);
  declareUsed(draft, messages, entry.key);
  const format = draft.entry('response_format');
  const schema = draft.entry('json_schema');
  const taken = adoptOutput(draft, format?.value, schema?.value, [format?.key ?? '']);
  for (const used of taken ? [format, schema] : []) {
    if (used !== undefined) {
      draft.remove(used);
    }
  }
}

function readMessage(draft: Draft, item: unknown, path: readonly (string | number)[]): Message[] {
  const at = draft.at(path) ?? { line: 1, column: 1 };
  const role = isObject(item) ? item['role'] : undefined;
  const speaker = speakerOf(role);
  const text = isObject(item) ? textOf(item['content']) : null;
  if (speaker === null || text === null) {
    const message = 'must have a role system, user or assistant and content that is text';
    draft.report('error', 'invalid_value', `${path.join('.')} ${message}.`, at);
    return [];
  }
  return text.trim() === ''
    ? []
    : [{ speaker, text: text.trim(), at: draft.at([...path, 'content']) ?? at }];
}

/** A text, or the texts of OpenAI's list of parts. */
function textOf(content: unknown): string | null {
  if (typeof content === 'string') {
    return content;
  }
  if (!Array.isArray(content)) {
    return null;
  }
  const texts = content.map((part) => (isObject(part) ? part['text'] : part));
  return texts.every((part) => typeof part === 'string') ? texts.join('\n\n') : null;
}

function declareUsed(draft: Draft, messages: readonly Message[], key: string): void {
  const names = new Set(
    messages.flatMap(({ text }) =>
      Array.from(
        text.matchAll(/(?<!\$)\{\{ {0,9}([A-Za-z_][\w-]{0,99}) {0,9}\}\}/g),
        ([, name]) => name ?? '',
      ),
    ),
  );
  if (names.size === 0 || draft.has(...INPUT_KEYS)) {
    return;
  }
  const properties = Object.fromEntries([...names].map((name) => [name, { type: 'string' }]));
  const schema = { type: 'object', properties, required: [...names] };
  draft.put('input', { schema }, [key]);
}
