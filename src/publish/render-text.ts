import { isTerminal } from '../run/run.ts';
import type { RunView } from '../run/view.ts';
import { actionNotes } from './action-words.ts';
import { inert } from './bounded.ts';
import type { RunUrls } from './run-urls.ts';

/**
 * The answer alone, ending in one newline. While a run waits for somebody, what the model said until
 * then, if anything, and what it waits for.
 */
export function renderText(view: RunView, urls: RunUrls | null): string {
  const answer = inert(view.output).replace(/(?<!\n)\n+$/, '');
  const notes = isTerminal(view.status) && answer !== '' ? [] : actionNotes(view, urls);
  const parts = [answer, notes.join('\n')].filter((part) => part !== '');
  return parts.length === 0 ? '' : `${parts.join('\n\n')}\n`;
}
