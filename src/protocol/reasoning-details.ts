import type { Json, JsonObject } from './json.ts';
import { isObject } from './json.ts';

/** Fields that are streamed in pieces; all others are sent whole. */
const STREAMED = ['text', 'summary'] as const;

/**
 * Joins streamed `reasoning_details` (OpenRouter's shape) into the list that goes back to the
 * provider: pieces with the same `index` and `type` continue each other, everything else stays an
 * entry of its own, because a signature or an encrypted block must come back unchanged.
 * @returns a new list; a value that is no list replaces what was there
 */
export function joinReasoningDetails(so_far: Json | undefined, piece: Json): Json {
  if (!Array.isArray(piece) || (so_far !== undefined && !Array.isArray(so_far))) return piece;
  const joined: Json[] = [...((so_far as readonly Json[] | undefined) ?? [])];
  for (const entry of piece as readonly Json[]) {
    const at = joined.findLastIndex((known) => continues(known, entry));
    const known = joined[at];
    if (isJsonObject(known) && isJsonObject(entry)) joined[at] = join(known, entry);
    else joined.push(entry);
  }
  return joined;
}

function isJsonObject(value: Json | undefined): value is JsonObject {
  return isObject(value);
}

function continues(known: Json, entry: Json): boolean {
  if (!isJsonObject(known) || !isJsonObject(entry)) return false;
  return (
    typeof entry['index'] === 'number' &&
    known['index'] === entry['index'] &&
    known['type'] === entry['type'] &&
    !('data' in entry)
  );
}

function join(known: JsonObject, entry: JsonObject): JsonObject {
  const joined: Record<string, Json | undefined> = { ...known };
  for (const [key, value] of Object.entries(entry)) {
    if (value === null || value === undefined) continue;
    const before = known[key];
    const streamed = STREAMED.some((name) => name === key);
    joined[key] =
      streamed && typeof before === 'string' && typeof value === 'string' ? before + value : value;
  }
  return joined;
}
