import { isObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import { CannotCall } from './cannot-call.ts';

const MAX_HOPS = 32;

/** What stands behind a `$ref`, and the references that led there. */
export interface Resolved {
  readonly value: Json | undefined;
  readonly via: readonly string[];
}

/**
 * Follows `$ref` inside of the document. Nothing is copied: a small document could have a large
 * object copied a million times.
 * References to other documents are never fetched: a document could name any address.
 * @throws CannotCall for another document, a circle or nothing there
 * @see RFC 6901
 */
export function resolved(root: JsonObject, value: Json | undefined): Resolved {
  const via: string[] = [];
  let current = value;
  while (isObject(current) && typeof current['$ref'] === 'string') {
    const { $ref } = current;
    if (typeof $ref !== 'string') break;
    if (via.includes($ref) || via.length >= MAX_HOPS) {
      throw new CannotCall('a reference in its description leads in a circle');
    }
    via.push($ref);
    current = pointedAt(root, $ref);
  }
  return { value: current, via };
}

/** The object behind a value; an empty one when it is none. */
export function objectAt(root: JsonObject, value: Json | undefined): JsonObject {
  const found = resolved(root, value).value;
  return isObject(found) ? found : {};
}

/** The object that stands there without following anything. */
export function plainObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** The text that stands there; '' for anything else. */
export function textAt(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The list that stands there. */
export function listAt(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

function pointedAt(root: JsonObject, reference: string): Json {
  if (reference !== '#' && !reference.startsWith('#/')) {
    throw new CannotCall('its description is in another document, which is not read');
  }
  let current: Json | undefined = root;
  for (const step of reference.split('/').slice(1)) {
    const key = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    current = memberOf(current, key);
  }
  if (current === undefined) throw new CannotCall('a part of its description is missing');
  return current;
}

function memberOf(value: Json | undefined, key: string): Json | undefined {
  if (isList(value)) return /^\d{1,6}$/.test(key) ? value[Number(key)] : undefined;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
