import { isSchemaType } from '../protocol/json-schema-keywords.ts';
import { isObject } from '../protocol/json.ts';

/** What is wrong in a schema, and where in it. */
export interface SchemaMistake {
  readonly wrong: string;
  readonly inside: readonly (string | number)[];
}

type Path = readonly (string | number)[];

/** Keywords that hold a schema, a list of schemas or both, and a map of schemas. */
const INNER = ['items', 'prefixItems', 'additionalProperties', 'not', 'allOf', 'anyOf', 'oneOf'];
const MAPS = ['properties', '$defs', 'definitions'];

/**
 * The first thing in a JSON Schema that no reader of schemas understands: a type that does not
 * exist, or a word such as `integer`, which is Picoschema, where a schema belongs. Sent on, a
 * provider would refuse it, or worse, check nothing. Its depth is that of settings, which bounds
 * the recursion.
 * @see spec/prompt-format.md IN-13
 */
export function schemaMistake(schema: unknown, inside: Path = []): SchemaMistake | null {
  if (typeof schema === 'boolean') {
    return null;
  }
  if (!isObject(schema)) {
    return { wrong: noSchema(schema, inside), inside };
  }
  const types: unknown = schema['type'] ?? [];
  const unknown = [types].flat().find((type) => !isSchemaType(type));
  if (unknown !== undefined) {
    const wrong = `has the unknown type ${shown(unknown)}${placeOf(inside)}`;
    return { wrong, inside: [...inside, 'type'] };
  }
  for (const [part, path] of partsOf(schema, inside)) {
    const mistake = schemaMistake(part, path);
    if (mistake !== null) {
      return mistake;
    }
  }
  return null;
}

/** The schemas inside a schema. */
function* partsOf(
  schema: Readonly<Record<string, unknown>>,
  inside: Path,
): Generator<readonly [part: unknown, path: Path]> {
  for (const key of INNER) {
    const part = schema[key];
    if (Array.isArray(part)) {
      yield* part.map((item: unknown, at) => [item, [...inside, key, at]] as const);
    } else if (part !== undefined) {
      yield [part, [...inside, key]];
    }
  }
  for (const key of MAPS) {
    const map = schema[key];
    for (const [name, part] of isObject(map) ? Object.entries(map) : []) {
      yield [part, [...inside, key, name]];
    }
  }
}

function noSchema(value: unknown, inside: Path): string {
  const hint = isSchemaType(value) ? `; write {type: ${String(value)}}` : '';
  return `has ${shown(value)}${placeOf(inside)}, which is no JSON Schema${hint}`;
}

function placeOf(inside: Path): string {
  const path = inside.join('.');
  return path === '' ? '' : ` at ${path.length > 200 ? `${path.slice(0, 200)}…` : path}`;
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'a list' : 'a map';
  }
  return JSON.stringify(typeof value === 'string' ? value.slice(0, 60) : value);
}
