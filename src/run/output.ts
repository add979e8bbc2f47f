import type { Run } from './run.ts';

/**
 * The answer of a run: what the model said in its last step that said anything. What it says
 * before calling tools belongs to those steps.
 */
export function outputOf(run: Pick<Run, 'steps'>): string {
  return run.steps.findLast((step) => step.text.trim() !== '')?.text ?? '';
}
