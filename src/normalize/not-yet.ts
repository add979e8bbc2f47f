import type { Settings } from './given.ts';
import type { CompletionRequest } from './request.ts';

/** Settings that are read and kept, but that no run obeys yet. */
const NOT_OBEYED = {
  max_cost: 'The run will not stop at this amount.',
  callback: 'Nothing will be sent there.',
} as const;

/**
 * Says which settings of the format are not carried out yet, instead of ignoring them in silence.
 * @param request what was understood of them; a value that is wrong has its own problem
 * @see spec/prompt-format.md KEY-15
 */
export function reportNotYet(
  settings: Settings,
  request: Pick<CompletionRequest, 'limits' | 'callback'>,
): void {
  const values = { max_cost: request.limits.max_cost, callback: request.callback ?? null };
  for (const key of ['max_cost', 'callback'] as const) {
    const [given] = settings.given(key);
    if (given === undefined || values[key] === null) continue;
    const message = `${key} is not supported yet. ${NOT_OBEYED[key]}`;
    settings.report('warning', 'not_supported', message, settings.position(given.place));
  }
}
