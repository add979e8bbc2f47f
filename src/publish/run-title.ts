import type { RunView } from '../run/view.ts';
import { bounded, inert } from './bounded.ts';

const LONGEST_TITLE = 80;

/**
 * What a run is called on its own page: the prompt's title, its name, or its first words.
 * Never put into `<title>` or a link preview, which show it to people who were not given the URL.
 */
export function titleOf(view: Pick<RunView, 'request'>): string {
  const request = view.request;
  const line = request?.title ?? request?.name ?? firstWords(view);
  const { text, more } = bounded(inert(line).replace(/\s+/g, ' ').trim(), LONGEST_TITLE);
  if (text === '') return 'Run';
  return more === 0 ? text : `${text.replace(/(?<!\s)\s+\S*$/, '')}…`;
}

/** The first line of the prompt without the marks of a heading, a list or a quotation. */
function firstWords(view: Pick<RunView, 'request'>): string {
  const message = view.request?.messages.findLast(({ role }) => role === 'user');
  const { content } = message ?? { content: '' };
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
  const text = parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
  const body = text.slice(0, 4000);
  const line = body.split('\n').find((candidate) => /[\p{L}\p{N}]/u.test(candidate)) ?? '';
  return line.replace(/^\s*(?:#{1,6}\s+|[-*+>]\s+)*/, '');
}
