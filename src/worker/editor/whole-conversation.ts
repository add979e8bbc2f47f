import type { CompletionRequest, Normalized } from '../../normalize/request.ts';
import { parsePrompt } from '../../parse/parse-prompt.ts';
import type { ChatMessage } from '../../protocol/chat.ts';
import type { RunView } from '../../run/view.ts';
import { filledPrompt } from './filled-prompt.ts';

/** A conversation as a document. */
export interface WholeConversation {
  readonly text: string;
  /**
   * Whether it would use an address that the run did not: what a model said is read as prose here,
   * and must not get to the logins of whoever runs it.
   */
  readonly usesMore: boolean;
}

interface Turn {
  readonly role: 'system' | 'user' | 'model';
  readonly text: string;
}

/**
 * The conversation of a run that goes on from another one as one document: its settings, what was
 * said before, each under its role, and its own message at the end. Calls of tools and pictures are
 * left out: a document has no words for them.
 * @param normalize what the server would make of a document
 * @returns null for a run that began by itself, or where the document would say anything else
 */
export async function wholeConversation(
  { prompt, request }: RunView,
  normalize: (text: string) => Promise<Normalized>,
): Promise<WholeConversation | null> {
  const own = prompt === null || request === null ? null : (await normalize(prompt)).request;
  if (own === null || prompt === null || request === null) return null;
  const before = request.messages.slice(0, -own.messages.length);
  const isOwn = said(request.messages.slice(before.length)) === said(own.messages);
  if (!isOwn || !before.some(({ role }) => role === 'assistant')) return null;
  const text = withSettings(written(prompt, before), request, own);
  const read = (await normalize(text)).request;
  if (read === null || said(read.messages) !== said(request.messages)) return null;
  return { text, usesMore: !isWithin(read, request) };
}

function written(prompt: string, before: readonly ChatMessage[]): string {
  const { frontmatter, body, bodyStart, text } = parsePrompt(prompt);
  const isTemplate =
    /^\s*\{\{~?#?\s*role\s/.test(body) ||
    frontmatter?.entries.some(({ key }) => /^inputs?$|^_/.test(key)) === true;
  const turns = turnsOf(before).map(({ role, text: words }) => section(role, literal(words)));
  const last = section('user', isTemplate ? body : literal(body.trim()));
  return `${text.slice(0, bodyStart)}${[...turns, last].join('\n\n')}\n`;
}

function section(role: Turn['role'], text: string): string {
  return `{{role "${role}"}}\n${text}`;
}

/** Text in which no tag is one. */
function literal(text: string): string {
  return text.replace(/(?<![${])\{{2,3}(?!\{)/g, '\\$&');
}

/**
 * What was said beside the message, in its settings: the model, the tool servers, and that the public
 * sees no more than the answer. Whoever runs the document would else publish what the run before did not.
 */
function withSettings(prompt: string, request: CompletionRequest, own: CompletionRequest): string {
  const query = new URLSearchParams({ prompt });
  const model = modelOf(request);
  if (model !== modelOf(own)) query.set('model', model);
  if (request.publish === 'answer') query.set('publish', 'answer');
  const servers = request.servers.filter(
    ({ from, type, headers, authorization }) =>
      from === 'request' && type === 'mcp' && !authorization && Object.keys(headers).length === 0,
  );
  if (servers.length > 0) query.set('tools', JSON.stringify(servers.map(({ url }) => url)));
  return filledPrompt(query);
}

function modelOf({ models: [first] }: CompletionRequest): string {
  return first === undefined ? '' : `${first.provider}/${first.model}`;
}

/** Whether a request uses no address that another one does not use in the same way. */
function isWithin(request: CompletionRequest, other: CompletionRequest): boolean {
  const known = new Set(addressesOf(other));
  return addressesOf(request).every((address) => known.has(address));
}

function addressesOf({ servers, references }: CompletionRequest): string[] {
  const context = references.filter(({ as }) => as === 'context');
  return [
    ...servers.map(({ url }) => `server ${url}`),
    ...context.map(({ url }) => `context ${url}`),
  ];
}

/** What is said in messages, to be compared: where the system speaks makes no difference. */
function said(messages: readonly ChatMessage[]): string {
  const turns = turnsOf(messages);
  const system = turns.filter(({ role }) => role === 'system');
  return JSON.stringify([system, turns.filter(({ role }) => role !== 'system')]);
}

/** Who says what, one after the other; words alone. */
function turnsOf(messages: readonly ChatMessage[]): readonly Turn[] {
  const turns: Turn[] = [];
  for (const { role, content } of messages) {
    const text = wordsOf(content).trim();
    if (role === 'tool' || text === '') continue;
    const speaker = role === 'assistant' ? 'model' : role;
    const last = turns.at(-1);
    if (last?.role !== speaker) turns.push({ role: speaker, text });
    else turns[turns.length - 1] = { role: speaker, text: `${last.text}\n\n${text}` };
  }
  return turns;
}

function wordsOf(content: ChatMessage['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}
