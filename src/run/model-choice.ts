import type { ModelChoice } from '../normalize/request.ts';
import type { Run } from './run.ts';

/** The place in the list of the model that the run stays with: the one that was asked last. */
export function choiceOf({ request, steps }: Run): number {
  const last = steps.at(-1);
  const index = request.models.findIndex(
    ({ provider, model }) => provider === last?.provider && model === last.model,
  );
  return Math.max(0, index);
}

/**
 * The model that is asked next.
 * @param choice its place in the list
 * @throws TypeError for a request without models, which normalization never makes
 */
export function modelOf(run: Run, choice = choiceOf(run)): ModelChoice {
  const model = run.request.models[choice];
  if (model === undefined) throw new TypeError('A request names at least one model.');
  return model;
}
