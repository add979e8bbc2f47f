import type { ChatTool } from '../protocol/chat.ts';
import type { Conversation, GivenDocument, PastCall } from './conversation.ts';
import type { ToolChoice } from './tool-choice.ts';

/** How every answer begins: nobody shall take rules for a mind. */
export const WHO_I_AM =
  'I am the built-in demo model: I follow a few rules and am not a language model.';

const HOW_TO_CONFIGURE =
  'For real answers set `OPENAI_API_KEY` (or the key of another provider), or point ' +
  '`OPENAI_BASE_URL` at any compatible server.';

const MAX_RESULT = 600;
const MAX_TOOLS = 20;
const MAX_WORDS = 20_000;
const WORDS = 'a prompt is a document and its run has an address where every word appears'.split(
  ' ',
);

/** The answer, in Markdown, once there is nothing left to call. */
export function demoAnswer(
  conversation: Conversation,
  tools: readonly ChatTool[],
  choice: ToolChoice,
): string {
  const { prompt, documents, calls } = conversation;
  const count = wordsAskedFor(prompt);
  const parts = [WHO_I_AM];
  if (/\bsay hello\b|^(?:hello|hi)\b/i.test(prompt)) parts.push('Hello!');
  if (documents.length > 0) parts.push(aboutDocuments(documents));
  if (calls.length > 0) parts.push(calls.map(aboutCall).join('\n'));
  if (count !== null) parts.push(manyWords(count));
  for (const { name, missing } of choice.unfilled) {
    parts.push(`I did not call \`${name}\`: I found nothing in the prompt for its \`${missing}\`.`);
  }
  if (calls.length === 0 && count === null) parts.push(aboutMyself(prompt, tools));
  return parts.join('\n\n');
}

/** `write 500 words` asks for so many, at most 20,000; null when the prompt does not. */
export function wordsAskedFor(prompt: string): number | null {
  const asked = /\bwrite (\d{1,9}) words\b/i.exec(prompt)?.[1];
  return asked === undefined ? null : Math.min(Number(asked), MAX_WORDS);
}

function manyWords(count: number): string {
  const words: string[] = [];
  for (let n = 0; n < count; n += 1) words.push(WORDS[n % WORDS.length] ?? '');
  const paragraphs: string[] = [];
  for (let n = 0; n < count; n += 100) paragraphs.push(words.slice(n, n + 100).join(' '));
  return paragraphs.join('\n\n');
}

function aboutDocuments(documents: readonly GivenDocument[]): string {
  const count = documents.length === 1 ? 'one document' : `${documents.length} documents`;
  const lines = documents.map(({ url, title }) => `- ${url}: “${title}”`);
  return `I was given ${count}:\n\n${lines.join('\n')}`;
}

function aboutCall({ name, arguments: args, result }: PastCall): string {
  const call = `\`${name}\` with \`${args}\``;
  if (result === undefined) return `- ${call} gave no result.`;
  const text = result.trim().replace(/(?<!\s)\s*\n\s*/g, ' ');
  const shown = text.length > MAX_RESULT ? `${text.slice(0, MAX_RESULT)}…` : text;
  return isError(text) ? `- ${call} failed: ${shown}` : `- ${call}: ${shown}`;
}

/** A tool message has no flag for it: how errors begin is all there is. */
function isError(result: string): boolean {
  return /^(?:\W*error\b|\w*error:|\{\s*"(?:error|isError)"|failed\b|mcp error)/i.test(result);
}

function aboutMyself(prompt: string, tools: readonly ChatTool[]): string {
  const line = prompt.split('\n').find((each) => each.trim() !== '') ?? '';
  const asked = line === '' ? 'The prompt is empty.' : `You asked:\n\n> ${line.slice(0, 300)}`;
  return `${asked}\n\n${aboutTools(tools)}\n\n${HOW_TO_CONFIGURE}`;
}

function aboutTools(tools: readonly ChatTool[]): string {
  if (tools.length === 0) return 'I have no tools for this prompt.';
  const names = tools.slice(0, MAX_TOOLS).map(({ function: { name } }) => `\`${name}\``);
  const more = tools.length > MAX_TOOLS ? ` and ${tools.length - MAX_TOOLS} more` : '';
  return `None of my rules fits it. The tools I have are ${names.join(', ')}${more}; name one and what to give it.`;
}
