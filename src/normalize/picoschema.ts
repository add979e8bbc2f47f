import { isObject, type JsonObject } from '../protocol/json.ts';
import { toJson, toJsonObject } from './setting-type.ts';

const SCALARS = new Set(['string', 'number', 'integer', 'boolean', 'null']);
const JSON_SCHEMA_KEYS = ['properties', '$ref', 'oneOf', 'anyOf', 'allOf', '$schema'];

/**
 * A schema as its author wrote it, JSON Schema or Picoschema, as JSON Schema.
 *
 * @returns the schema, or what is wrong with it
 * @see spec/prompt-format.md IN
 */
export function readSchema(value: unknown): { schema: JsonObject } | { wrong: string } {
  try {
    return { schema: isObject(value) && isJsonSchema(value) ? toJsonObject(value) : pico(value) };
  } catch (thrown) {
    if (thrown instanceof PicoError) {
      return { wrong: thrown.message };
    }
    throw thrown;
  }
}

class PicoError extends Error {}

function isJsonSchema(value: Readonly<Record<string, unknown>>): boolean {
  const { type } = value;
  const isTyped =
    typeof type === 'string' && (SCALARS.has(type) || type === 'object' || type === 'array');
  return (
    JSON_SCHEMA_KEYS.some((key) => isObject(value[key]) || Array.isArray(value[key])) ||
    (isTyped && Object.keys(value).every((key) => SCHEMA_WORDS.has(key)))
  );
}

const SCHEMA_WORDS = new Set([
  'type',
  'description',
  'title',
  'default',
  'enum',
  'const',
  'examples',
  'format',
  'items',
  'pattern',
  'required',
  'additionalProperties',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
]);

/** The depth of the settings block is bounded, and so is this recursion. */
function pico(value: unknown): JsonObject {
  if (typeof value === 'string') {
    return scalar(value);
  }
  if (!isObject(value)) {
    throw new PicoError('must be a type such as "string, what it means", or a map of fields');
  }
  const properties: [string, JsonObject][] = [];
  const required: string[] = [];
  let additional: JsonObject | false = false;
  for (const [written, inner] of Object.entries(value)) {
    const field = fieldOf(written);
    if (field.name === '(*)' || written === '(*)') {
      additional = pico(inner);
      continue;
    }
    properties.push([field.name, fieldSchema(field, inner)]);
    if (!field.optional) {
      required.push(field.name);
    }
  }
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: additional,
  };
}

interface Field {
  readonly name: string;
  readonly optional: boolean;
  readonly type?: string;
  readonly description?: string;
}

/** `name?(array, what it means)` */
function fieldOf(written: string): Field {
  const match = /^([^?(]+)(\?)?(?:\((\w+|\*)(?:,([^)]*))?\))?$/.exec(written.trim());
  if (match === null) {
    return { name: written.trim(), optional: false };
  }
  const [, name = '', mark, type, description] = match;
  return {
    name: name.trim(),
    optional: mark !== undefined,
    ...(type === undefined ? {} : { type }),
    ...(description === undefined ? {} : { description: description.trim() }),
  };
}

function fieldSchema(field: Field, inner: unknown): JsonObject {
  const described = field.description === undefined ? {} : { description: field.description };
  switch (field.type) {
    case undefined:
      return optionally(
        field.optional,
        isObject(inner) && isJsonSchema(inner) ? toJsonObject(inner) : pico(inner),
      );
    case 'array':
      return { type: 'array', ...described, items: pico(inner) };
    case 'object':
      return { ...pico(inner), ...described };
    case 'enum':
      if (!Array.isArray(inner)) {
        throw new PicoError(`has an enum ${field.name} that is no list`);
      }
      return {
        enum: field.optional ? [...inner.map(toJson), null] : inner.map(toJson),
        ...described,
      };
    default:
      throw new PicoError(`has a field ${field.name} of the unknown kind "${field.type}"`);
  }
}

/** A field that may be left out may be null too, as in dotprompt. */
function optionally(optional: boolean, schema: JsonObject): JsonObject {
  const { type } = schema;
  return optional && typeof type === 'string' && SCALARS.has(type) && type !== 'null'
    ? { ...schema, type: [type, 'null'] }
    : schema;
}

/** `string, what it means` */
function scalar(text: string): JsonObject {
  const comma = text.indexOf(',');
  const type = (comma === -1 ? text : text.slice(0, comma)).trim();
  const description = comma === -1 ? '' : text.slice(comma + 1).trim();
  const described = description === '' ? {} : { description };
  if (type === 'any') {
    return described;
  }
  if (!SCALARS.has(type)) {
    throw new PicoError(`has the unknown type "${type.slice(0, 60)}"`);
  }
  return { type, ...described };
}
