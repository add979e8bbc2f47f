import type { ChatMessage } from '../protocol/chat.ts';
import type { RunView } from '../run/view.ts';
import { bounded, moreNote } from './bounded.ts';
import { counted } from './figures.ts';
import { plainText } from './markdown-html.ts';
import { Markup, markup } from './markup.ts';

/** Characters of one message; the page links to `.json`, which has everything. */
const LONGEST_MESSAGE = 20_000;

/** What was said before the prompt of a run that goes on from another one; null where nothing was. */
export function conversationHtml({ request }: RunView): Markup | null {
  const messages = request?.messages ?? [];
  const prompt = messages.findLastIndex(({ role }) => role === 'user');
  const before = messages.slice(0, prompt).filter(isTurn);
  if (!before.some(({ role }) => role === 'assistant')) return null;
  return markup`<details data-key="before"><summary>What was said before: ${counted(before.length, 'message')}</summary>
${before.map(messageHtml)}</details>
`;
}

function isTurn({ role, content }: ChatMessage): boolean {
  return (role === 'user' || role === 'assistant') && wordsOf(content).trim() !== '';
}

function messageHtml({ role, content }: ChatMessage): Markup {
  const { text, more } = bounded(wordsOf(content), LONGEST_MESSAGE);
  return markup`<h3>${role === 'user' ? 'User' : 'Model'}</h3>
${plainText(text)}${more === 0 ? null : markup`<p class="quiet">${moreNote(more)}</p>`}`;
}

function wordsOf(content: ChatMessage['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}
