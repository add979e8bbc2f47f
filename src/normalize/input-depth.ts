import type { Problem } from '../parse/problem.ts';
import { nestsDeeperThan } from '../protocol/json-depth.ts';
import type { NormalizeInputs } from './request.ts';

/** Levels of lists and maps in what comes with a document; a JSON Schema needs the most. */
const MAX_DEPTH = 64;

/**
 * The problem of values that come with a document and nest too deep, or null. Whatever reads them
 * afterwards recurses, and a request of a hundred thousand `[` must not decide how deep.
 */
export function depthProblem({ input, overrides }: NormalizeInputs): Problem | null {
  if (!nestsDeeperThan([input, overrides], MAX_DEPTH + 2)) {
    return null;
  }
  const message = `The inputs or settings of the request nest deeper than ${MAX_DEPTH} levels.`;
  return { code: 'invalid_value', severity: 'error', message };
}
