import type { ChatMessage, ContentPart } from '../protocol/chat.ts';

/** A document that was put before the prompt. */
export interface GivenDocument {
  readonly url: string;
  /** Its title, or its first line. */
  readonly title: string;
}

/** A call that was made for this prompt, and what came back. */
export interface PastCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
  /** Undefined while there is no result. */
  readonly result: string | undefined;
}

/** What the demo model sees of a conversation. */
export interface Conversation {
  /** The last thing that a person asked, without the documents before it. */
  readonly prompt: string;
  readonly documents: readonly GivenDocument[];
  readonly calls: readonly PastCall[];
  /** Calls of the whole conversation; makes ids unique. */
  readonly callCount: number;
}

/** The rules are quick but not made for books. */
const MAX_PROMPT = 20_000;

/** Reads the messages of a request. */
export function conversationIn(messages: readonly ChatMessage[]): Conversation {
  const asked = messages.findLastIndex(({ role }) => role === 'user');
  const users = messages
    .filter(({ role }) => role === 'user')
    .map(({ content }) => textOf(content));
  const split = users.map(splitDocuments);
  return {
    prompt: (split.at(-1)?.prompt ?? '').trim().slice(0, MAX_PROMPT),
    documents: split.flatMap(({ documents }) => documents),
    calls: callsIn(messages.slice(asked + 1)),
    callCount: callsIn(messages).length,
  };
}

/** The text of a message; images say nothing to rules. */
function textOf(content: string | readonly ContentPart[] | null): string {
  if (content === null) return '';
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

function callsIn(messages: readonly ChatMessage[]): PastCall[] {
  const results = new Map<string, string>();
  for (const message of messages) {
    if (message.role === 'tool') results.set(message.tool_call_id, textOf(message.content));
  }
  return messages.flatMap((message) =>
    message.role === 'assistant'
      ? (message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => ({
          name,
          arguments: args,
          result: results.get(id),
        }))
      : [],
  );
}

const OPEN = '<context';
const CLOSE = '</context>';

/**
 * Takes `<context url="…">…</context>` off a message. What a page says must never choose a tool:
 * the prompt is what follows the last document, so a page that writes `</context>` itself gains
 * nothing.
 */
function splitDocuments(text: string): { prompt: string; documents: GivenDocument[] } {
  const documents: GivenDocument[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf(OPEN, at);
    const head = open < 0 ? -1 : text.indexOf('>', open);
    const close = head < 0 ? -1 : text.indexOf(CLOSE, head);
    if (close < 0) break;
    documents.push(documentFrom(text.slice(open, head), text.slice(head + 1, close)));
    at = close + CLOSE.length;
  }
  const prompt = documents.length === 0 ? text : text.slice(text.lastIndexOf(CLOSE) + CLOSE.length);
  return { prompt, documents };
}

function documentFrom(head: string, body: string): GivenDocument {
  const attribute = (name: string): string | undefined =>
    new RegExp(String.raw`\b${name}="([^"]*)"`).exec(head)?.[1];
  const line = body.split('\n').find((each) => each.trim() !== '') ?? '';
  const title = attribute('title') || line.replace(/^\s*#+\s*/, '').trim();
  return { url: attribute('url') ?? '', title: title.slice(0, 120) };
}
