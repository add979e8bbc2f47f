import { isObject, type JsonObject } from '../protocol/json.ts';
import { schemaMistake, type SchemaMistake } from './schema-mistake.ts';
import { toJson, toJsonObject } from './setting-type.ts';

const SCALARS = new Set(['string', 'number', 'integer', 'boolean', 'null']);
const TYPE_NAMES = new Set<unknown>([...SCALARS, 'object', 'array']);
const JSON_SCHEMA_KEYS = ['properties', 'oneOf', 'anyOf', 'allOf'];

/**
 * A schema as its author wrote it, JSON Schema or Picoschema, as JSON Schema.
 *
 * @returns the schema, or what is wrong with it and where in it
 * @see spec/prompt-format.md IN
 */
export function readSchema(value: unknown): { schema: JsonObject } | SchemaMistake {
  try {
    return { schema: read(value, []) };
  } catch (thrown) {
    if (thrown instanceof SchemaError) {
      return thrown.mistake;
    }
    throw thrown;
  }
}

type Path = SchemaMistake['inside'];

class SchemaError extends Error {
  readonly mistake: SchemaMistake;

  constructor(mistake: SchemaMistake) {
    super(mistake.wrong);
    this.mistake = mistake;
  }
}

/** The depth of the settings block is bounded, and so is this recursion. */
function read(value: unknown, inside: Path): JsonObject {
  if (!isObject(value) || !isJsonSchema(value)) {
    return pico(value, inside);
  }
  const mistake = schemaMistake(value, inside);
  if (mistake !== null) {
    throw new SchemaError(mistake);
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

function pico(value: unknown, inside: Path): JsonObject {
  if (typeof value === 'string') {
    return scalar(value, inside);
  }
  if (!isObject(value)) {
    const wrong = 'must be a type such as "string, what it means", or a map of fields';
    throw new SchemaError({ wrong, inside });
  }
  const properties: [string, JsonObject][] = [];
  const required: string[] = [];
  let additional: JsonObject | false = false;
  for (const [written, inner] of Object.entries(value)) {
    const field = fieldOf(written);
    if (field.name === '' && field.type === '*') {
      additional = read(inner, [...inside, written]);
      continue;
    }
    properties.push([field.name, fieldSchema(field, inner, [...inside, written])]);
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

function fieldSchema(field: Field, inner: unknown, inside: Path): JsonObject {
  const { name, optional, type, description } = field;
  const described = description === undefined ? {} : { description };
  switch (type) {
    case undefined:
      return optionally(optional, read(inner, inside));
    case 'array':
      return optionally(optional, { type: 'array', ...described, items: read(inner, inside) });
    case 'object':
      return optionally(optional, { ...pico(inner, inside), ...described });
    case 'enum': {
      if (!Array.isArray(inner)) {
        throw new SchemaError({ wrong: `has an enum ${name} that is no list`, inside });
      }
      const values = inner.map(toJson);
      const isNullable = optional && !values.includes(null);
      return { enum: isNullable ? [...values, null] : values, ...described };
    }
    default:
      throw new SchemaError({
        wrong: `has a field ${name} of the unknown kind "${type.slice(0, 60)}"; it may be array, object or enum`,
        inside,
      });
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
function scalar(text: string, inside: Path): JsonObject {
  const { first: type, rest } = atComma(text);
  const described = rest === '' ? {} : { description: rest };
  if (type === 'any') {
    return described;
  }
  const item = /^(\w+)\[\]$/.exec(type)?.[1];
  if (item !== undefined && (item === 'any' || SCALARS.has(item))) {
    return { type: 'array', items: item === 'any' ? {} : { type: item }, ...described };
  }
  if (!SCALARS.has(type)) {
    const why = /^\w+$/.test(type) ? '; a schema has no name here, write what is in it' : '';
    throw new SchemaError({ wrong: `has the unknown type "${type.slice(0, 60)}"${why}`, inside });
  }
  return { type, ...described };
}
