import { isTerminal } from '../run/run.ts';
import type { RunView } from '../run/view.ts';
import { actionNotes } from './action-words.ts';
import { inert } from './bounded.ts';
import type { RunUrls } from './run-urls.ts';

/**
 * The answer alone, ending in one newline. While a run waits for somebody, what the model said until
 * then, if anything, and what it waits for; of a run that did not complete, why at the end.
 */
export function renderText(view: RunView, urls: RunUrls | null): string {
  const answer = inert(view.output).replace(/(?<!\n)\n+$/, '');
  const isEnd = isTerminal(view.status);
  const notes = isEnd && answer !== '' ? [] : actionNotes(view, urls);
  const end = isEnd && view.status !== 'completed' ? endLine(view) : '';
  const parts = [answer, notes.join('\n'), end].filter((part) => part !== '');
  return parts.length === 0 ? '' : `${parts.join('\n\n')}\n`;
}

/** Why a run did not complete, in one line; no message of a provider can make another one of it. */
export function endLine({ status, stop_reason, error }: EndOfRun): string {
  const why = error === null ? '' : ` ${inert(error.message).replace(/\s+/g, ' ')}`;
  return `Run ${status}: ${stop_reason ?? status}.${why}`;
}

interface EndOfRun {
  readonly status: string;
  readonly stop_reason: string | null;
  readonly error: { readonly message: string } | null;
}
