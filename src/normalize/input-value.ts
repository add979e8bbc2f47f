import { nestsDeeperThan } from '../protocol/json-depth.ts';
import { isObject, type Json, parseJsonList, parseJsonObject } from '../protocol/json.ts';
import type { SchemaWork } from '../protocol/schema-work.ts';
import { MAX_DEPTH, readFlag, readNumber } from './setting-type.ts';

type Schema = Readonly<Record<string, unknown>>;

/**
 * A value as its schema wants it, where that can be told: forms, query parameters and command lines
 * give nothing but text. What cannot be told stays as it is, and is then refused by the schema.
 *
 * @param value at most as deep as an input may be, which bounds the recursion
 * @param work counts what is done for all inputs of a request: their schemas may come from strangers
 * @returns undefined for an empty text where no text is wanted: an empty field of a form
 * @throws TooMuchWork when all inputs together take too long
 * @see spec/prompt-format.md IN
 */
export function fitInput(schema: Schema, value: Json, work: SchemaWork): Json | undefined {
  const options = schema['enum'];
  work.spend(1);
  if (Array.isArray(options)) {
    return fitOption(options, value, work);
  }
  const types = typesOf(schema, work);
  if (types.length === 0 || types.some((type) => isOfType(type, value))) {
    return fitInside(schema, value, work);
  }
  if (value === '') {
    return undefined;
  }
  for (const type of types) {
    if (typeof value === 'string') {
      work.spendText(value);
    }
    const read = readAs(type, value);
    if (read !== undefined && !nestsDeeperThan(read, MAX_DEPTH)) {
      return fitInside(schema, read, work);
    }
  }
  return value;
}

function typesOf(schema: Schema, work: SchemaWork): readonly string[] {
  const { type } = schema;
  if (typeof type === 'string') {
    return [type];
  }
  const words: readonly unknown[] = Array.isArray(type) ? type : [];
  work.spend(words.length);
  return [...new Set(words.filter((word) => typeof word === 'string'))];
}

/** Of the allowed values the same, or the one that is written the same. */
function fitOption(options: readonly unknown[], value: Json, work: SchemaWork): Json | undefined {
  if (typeof value !== 'string' || options.some((option) => work.equal(option, value))) {
    return value;
  }
  const scalars = options.filter(
    (option) => typeof option === 'number' || typeof option === 'boolean',
  );
  const same = scalars.find((option) => String(option) === value);
  return same ?? (value === '' ? undefined : value);
}

function isOfType(type: string, value: Json): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}

/** A value read as a type, or undefined. */
function readAs(type: string, value: Json): Json | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
    case 'number':
    case 'integer':
      return valueOf(readNumber({ kind: type }, value));
    case 'boolean':
      return valueOf(readFlag(value));
    case 'array':
      return typeof value === 'string' ? readList(value) : undefined;
    case 'object':
      return typeof value === 'string' ? (parseJsonObject(value) ?? undefined) : undefined;
    default:
      return undefined;
  }
}

function valueOf<T>(read: { readonly value: T } | { readonly wrong: string }): T | undefined {
  return 'value' in read ? read.value : undefined;
}

/** A JSON list, or what commas part. */
function readList(text: string): Json {
  return parseJsonList(text) ?? text.split(',').map((item) => item.trim());
}

/** The items of a list and the fields of a map, each as its own schema wants it. */
function fitInside(schema: Schema, value: Json, work: SchemaWork): Json {
  const { items, properties } = schema;
  if (Array.isArray(value)) {
    return isObject(items) ? value.map((item: Json) => fitInput(items, item, work) ?? item) : value;
  }
  if (!isObject(value) || !isObject(properties)) {
    return value;
  }
  const fields = Object.entries(value);
  work.spend(fields.length);
  return Object.fromEntries(
    fields.map(([name, item]) => {
      const field = Object.hasOwn(properties, name) ? properties[name] : undefined;
      const fitted = isObject(field) && item !== undefined ? fitInput(field, item, work) : item;
      return [name, fitted ?? item];
    }),
  );
}
