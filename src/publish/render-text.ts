import type { RunView } from '../run/view.ts';
import { inert } from './bounded.ts';

/** The answer alone, ending in one newline; empty while there is none. */
export function renderText(view: RunView): string {
  const answer = inert(view.output).replace(/(?<!\n)\n+$/, '');
  return answer === '' ? '' : `${answer}\n`;
}
