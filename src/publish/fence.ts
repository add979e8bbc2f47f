import { bounded, inert, moreNote } from './bounded.ts';

/** Text, less blank lines at its end, as a fenced block that nothing inside can close. */
export function fenced(text: string, info: 'json' | 'markdown' | 'text'): string {
  const safe = inert(text).trimEnd();
  const fence = '`'.repeat(Math.max(3, longestRun(safe) + 1));
  return `${fence}${info}\n${safe}${safe === '' ? '' : '\n'}${fence}`;
}

/** The same for at most `limit` characters; what is missing is said under the block. */
export function fencedStart(
  text: string,
  info: 'json' | 'markdown' | 'text',
  limit: number,
): string {
  const { text: start, more } = bounded(text, limit);
  return more === 0 ? fenced(start, info) : `${fenced(start, info)}\n\n${moreNote(more)}`;
}

/** Text as one code span on one line, for names and addresses that somebody else chose. */
export function codeSpan(text: string): string {
  const line = oneLine(text);
  const ticks = '`'.repeat(longestRun(line) + 1);
  const space = line === '' || line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${ticks}${space}${line}${space}${ticks}`;
}

/**
 * Text as words within a paragraph: one line, no links, no HTML, no table cells. Backticks stay,
 * since messages quote names with them and a code span ends with its line at the latest. A star
 * between blanks emphasizes nothing and stays: `17 * 23` reads well. At the start it would be a list.
 */
export function words(text: string): string {
  return oneLine(text).replace(/(?<!\S )\*|\*(?! )|[\\[\]<>|]/g, '\\$&');
}

function oneLine(text: string): string {
  const { text: start, more } = bounded(inert(text), 2000);
  return `${start.replace(/\s+/g, ' ').trim()}${more === 0 ? '' : '…'}`;
}

/** Length of the longest run of backticks. */
function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}
