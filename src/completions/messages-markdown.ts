import type { ChatMessage } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import { codeSpan, fenced } from '../publish/fence.ts';

/** Marks what a message says that is neither text nor an image with an address of its own. */
const OMITTED = '*(not shown)*';

/**
 * The messages of a request as one Markdown document, for the page of a published run. One message
 * of the user is that text alone; of several each stands under its role.
 */
export function messagesMarkdown(messages: readonly ChatMessage[]): string {
  const [only] = messages;
  if (messages.length === 1 && only?.role === 'user') return textOf(only.content);
  const parts = messages.map((message) =>
    [`## ${roleOf(message)}`, textOf(message.content), ...callsOf(message)]
      .filter((part) => part !== '')
      .join('\n\n'),
  );
  return parts.join('\n\n');
}

/** Callers write what they like; only a word becomes a heading. */
function roleOf({ role }: ChatMessage): string {
  return /^[a-z]{1,20}$/.test(role) ? role.charAt(0).toUpperCase() + role.slice(1) : 'Message';
}

/** @param content as it came; providers take more than our types say */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: unknown) => partText(part)).join('\n\n');
}

function partText(part: unknown): string {
  if (!isObject(part)) return OMITTED;
  if (typeof part['text'] === 'string') return part['text'];
  const image = part['image_url'];
  const url = isObject(image) ? image['url'] : null;
  return typeof url === 'string' && /^https?:/i.test(url) ? `Image: ${codeSpan(url)}` : OMITTED;
}

function callsOf(message: ChatMessage): string[] {
  if (message.role !== 'assistant' || !Array.isArray(message.tool_calls)) return [];
  return message.tool_calls.map((call: unknown) => {
    const asked = isObject(call) ? call['function'] : null;
    if (!isObject(asked)) return OMITTED;
    return `Calls ${codeSpan(String(asked['name']))}:\n\n${fenced(String(asked['arguments']), 'json')}`;
  });
}
