import type { RunView } from '../run/view.ts';
import { actionNotes } from './action-words.ts';
import { inert } from './bounded.ts';
import type { RunUrls } from './run-urls.ts';

/**
 * The answer alone, ending in one newline; while there is none, what the run waits for, if it waits
 * for somebody, and else nothing.
 */
export function renderText(view: RunView, urls: RunUrls | null): string {
  const answer = inert(view.output).replace(/(?<!\n)\n+$/, '');
  if (answer !== '') return `${answer}\n`;
  return actionNotes(view, urls)
    .map((note) => `${note}\n`)
    .join('');
}
