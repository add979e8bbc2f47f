import { nestsDeeperThan } from '../../protocol/json-depth.ts';
import { isObject } from '../../protocol/json.ts';
import { MAX_DEPTH } from '../setting-type.ts';
import type { Draft } from './draft.ts';

/**
 * Sets `output` from OpenAI's `response_format`, written as an object or as its type with the
 * schema beside it.
 *
 * @param schema the object under `json_schema`, or the same as a JSON text
 * @param from path of the format in the frontmatter
 * @returns false when it says nothing that is understood, so that it stays where it is
 */
export function adoptOutput(
  draft: Draft,
  format: unknown,
  schema: unknown,
  from: readonly (string | number)[],
): boolean {
  const type = isObject(format) ? format['type'] : format;
  if (draft.has('output', 'outputs') || typeof type !== 'string') {
    return false;
  }
  if (type === 'text' || type === 'json_object') {
    draft.put('output', type === 'text' ? 'text' : 'json', from);
    return true;
  }
  if (type !== 'json_schema') {
    return false;
  }
  const read = readSchema(schema ?? (isObject(format) ? format['json_schema'] : undefined));
  if (read === null) {
    draft.report(
      'error',
      'invalid_value',
      'The schema of the answer is no JSON Schema.',
      draft.at(from),
    );
  } else {
    draft.put('output', { format: 'json', schema: read }, from);
  }
  return true;
}

function readSchema(written: unknown): unknown {
  const value = typeof written === 'string' ? parsed(written) : written;
  if (!isObject(value)) {
    return null;
  }
  return isObject(value['schema']) ? value['schema'] : value;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // A text holds more levels than YAML may, and what reads a schema goes down by recursion.
    return nestsDeeperThan(value, MAX_DEPTH) ? null : value;
  } catch {
    return null;
  }
}
