import type { Json } from '../protocol/json.ts';

/** Own properties only: `{{a.constructor}}` is nothing. Lists are read by their numbers. */
export function lookUp(value: Json | undefined, steps: readonly string[]): Json | undefined {
  let found = value;
  for (const step of steps) {
    if (!isIndexed(found) || !Object.hasOwn(found, step)) {
      return undefined;
    }
    found = found[step];
  }
  return found;
}

function isIndexed(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null;
}

/** What a value is in a text: maps and lists as JSON, nothing for what is not there. */
export function shown(value: Json | undefined): string {
  if (value === undefined || value === null) {
    return '';
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** As in Handlebars: nothing, false, 0, an empty text and an empty list are not. */
export function isTruthy(value: Json | undefined): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
