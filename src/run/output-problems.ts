import { validateJson } from '../protocol/json-schema.ts';
import { readAnswer } from './output.ts';
import type { Run } from './run.ts';

/** Messages go to the model and into the log; a path can be as long as the answer. */
const LONGEST = 300;

/**
 * Where the answer of a run does not fit the schema that its prompt asks for, in sentences about
 * the answer; none when it fits or there is no schema.
 */
export function outputProblems(run: Run): readonly string[] {
  const { schema } = run.request.output;
  if (schema === undefined) return [];
  // Read as it will be when the run is over, which is what this decides.
  const { json } = readAnswer({ ...run, status: 'completed' });
  if (json === undefined) return ['The answer is not JSON.'];
  return validateJson(schema, json).map(({ path, message }) =>
    `${path === '' ? 'The value' : path} ${message}.`.slice(0, LONGEST),
  );
}
