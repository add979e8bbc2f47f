import type { Settings } from './given.ts';
import type { CompletionRequest } from './request.ts';

/**
 * Says which settings of the format are not carried out yet, instead of ignoring them in silence.
 * @param request what was understood of them; a value that is wrong has its own problem
 * @see spec/prompt-format.md KEY-15
 */
export function reportNotYet(
  settings: Settings,
  { limits }: Pick<CompletionRequest, 'limits'>,
): void {
  const [given] = settings.given('max_cost');
  if (given === undefined || limits.max_cost === null) return;
  const message = 'max_cost is not supported yet. The run will not stop at this amount.';
  settings.report('warning', 'not_supported', message, settings.position(given.place));
}
