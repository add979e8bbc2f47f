import { isObject, type JsonObject } from '../protocol/json.ts';
import { toJson, toJsonObject } from './setting-type.ts';

const SCALARS = new Set(['string', 'number', 'integer', 'boolean', 'null']);
const TYPE_NAMES = new Set<unknown>([...SCALARS, 'object', 'array']);
const JSON_SCHEMA_KEYS = ['properties', 'oneOf', 'anyOf', 'allOf'];

/**
 * A schema as its author wrote it, JSON Schema or Picoschema, as JSON Schema.
 *
 * @returns the schema, or what is wrong with it
 * @see spec/prompt-format.md IN
 */
export function readSchema(value: unknown): { schema: JsonObject } | { wrong: string } {
  try {
    return { schema: read(value) };
  } catch (thrown) {
    if (thrown instanceof PicoError) {
      return { wrong: thrown.message };
    }
    throw thrown;
  }
}

class PicoError extends Error {}

/** The depth of the settings block is bounded, and so is this recursion. */
function read(value: unknown): JsonObject {
  if (!isObject(value) || !isJsonSchema(value)) {
    return pico(value);
  }
  const schema = toJsonObject(value);
  return isObject(schema['properties']) && schema['type'] === undefined
    ? { ...schema, type: 'object' }
    : schema;
}

/**
 * `{type: string, minLength: 2}` is JSON Schema. `{type: string, title: string}` is a map of two
 * fields: all of it could be one.
 */
function isJsonSchema(value: Readonly<Record<string, unknown>>): boolean {
  const { type, ...others } = value;
  const words = Object.entries(others);
  return (
    typeof value['$ref'] === 'string' ||
    JSON_SCHEMA_KEYS.some((key) => isObject(value[key]) || Array.isArray(value[key])) ||
    ([type].flat().every((name) => TYPE_NAMES.has(name)) &&
      words.every(([key]) => SCHEMA_WORDS.has(key)) &&
      (words.length === 0 || !words.every(([, word]) => isFieldType(word))))
  );
}

function isFieldType(value: unknown): boolean {
  return typeof value === 'string' && SCALARS.has(value.split(',', 1)[0] ?? '');
}

const SCHEMA_WORDS = new Set([
  '$schema',
  '$defs',
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
    if (field.name === '' && field.type === '*') {
      additional = read(inner);
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

/** `name?(array, what it means)`; the description may have brackets of its own. */
function fieldOf(written: string): Field {
  const key = written.trim();
  const open = key.endsWith(')') ? key.indexOf('(') : -1;
  const named = (open === -1 ? key : key.slice(0, open)).trim();
  const optional = named.endsWith('?');
  const name = optional ? named.slice(0, -1).trimEnd() : named;
  if (open === -1) {
    return { name, optional };
  }
  const { first, rest } = atComma(key.slice(open + 1, -1));
  return { name, optional, type: first, ...(rest === '' ? {} : { description: rest }) };
}

/** `string, what it means` */
function atComma(text: string): { first: string; rest: string } {
  const comma = text.indexOf(',');
  return comma === -1
    ? { first: text.trim(), rest: '' }
    : { first: text.slice(0, comma).trim(), rest: text.slice(comma + 1).trim() };
}

function fieldSchema(field: Field, inner: unknown): JsonObject {
  const { name, optional, type, description } = field;
  const described = description === undefined ? {} : { description };
  switch (type) {
    case undefined:
      return optionally(optional, read(inner));
    case 'array':
      return optionally(optional, { type: 'array', ...described, items: read(inner) });
    case 'object':
      return optionally(optional, { ...pico(inner), ...described });
    case 'enum': {
      if (!Array.isArray(inner)) {
        throw new PicoError(`has an enum ${name} that is no list`);
      }
      const values = inner.map(toJson);
      const isNullable = optional && !values.includes(null);
      return { enum: isNullable ? [...values, null] : values, ...described };
    }
    default:
      throw new PicoError(
        `has a field ${name} of the unknown kind "${type.slice(0, 60)}"; it may be array, object or enum`,
      );
  }
}

/** A field that may be left out may be null too, as in dotprompt. */
function optionally(optional: boolean, schema: JsonObject): JsonObject {
  const { type } = schema;
  return optional && typeof type === 'string' && type !== 'null'
    ? { ...schema, type: [type, 'null'] }
    : schema;
}

/** A type and what it means. Named schemas, which dotprompt's hosts can bring, do not exist here. */
function scalar(text: string): JsonObject {
  const { first: type, rest } = atComma(text);
  const described = rest === '' ? {} : { description: rest };
  if (type === 'any') {
    return described;
  }
  if (!SCALARS.has(type)) {
    throw new PicoError(`has the unknown type "${type.slice(0, 60)}"`);
  }
  return { type, ...described };
}
