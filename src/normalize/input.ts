import { isObject, type Json, type JsonObject } from '../protocol/json.ts';
import type { Settings } from './given.ts';
import { readSchema } from './picoschema.ts';
import { readFlag, readNumber, toJson, toJsonObject } from './setting-type.ts';

/** The variables of a prompt. */
export interface Input {
  /** JSON Schema of the declared variables. */
  readonly schema: JsonObject;
  /** Values given, else defaults. */
  readonly values: JsonObject;
  /** Whether a name may stand in a template. */
  readonly names: ReadonlySet<string>;
  /** Names that a caller supplied beside those that the prompt declares. */
  readonly undeclared: readonly string[];
}

interface Declared {
  readonly schema: JsonObject;
  readonly defaults: JsonObject;
}

const NOTHING: Declared = { schema: { type: 'object', properties: {} }, defaults: {} };

/**
 * Reads the declared variables and the values for them. A value given as text becomes a number or a
 * flag where one is declared.
 *
 * Reports `missing_input` (one problem that lists all), `invalid_input`, `invalid_value`.
 * @see spec/prompt-format.md IN
 */
export function readInput(settings: Settings, supplied: Readonly<Record<string, unknown>>): Input {
  const given = settings.given('input')[0];
  const declared = given === undefined ? NOTHING : readDeclaration(given.value);
  if ('wrong' in declared) {
    if (given !== undefined) {
      settings.wrong(given.place, declared.wrong);
    }
    return { schema: NOTHING.schema, values: {}, names: new Set(), undeclared: [] };
  }
  const fields = propertiesOf(declared.schema);
  const values: Record<string, Json> = {
    ...fieldDefaults(fields),
    ...toPlain(settings.variables),
    ...toPlain(declared.defaults),
    ...toPlain(settings.inputValues),
    ...toPlain(supplied),
  };
  const at = given === undefined ? undefined : settings.position(given.place);
  for (const [name, schema] of Object.entries(fields)) {
    const value = values[name];
    const read = value === undefined ? { value } : fit(schema, value);
    if ('wrong' in read) {
      settings.report('error', 'invalid_input', `The input ${name} ${read.wrong}.`, at);
    } else if (read.value !== undefined) {
      values[name] = read.value;
    }
  }
  reportMissing(settings, declared.schema, values);
  return {
    schema: declared.schema,
    values,
    names: new Set([...Object.keys(fields), ...Object.keys(values)]),
    undeclared: isClosed(declared.schema)
      ? [...Object.keys(settings.inputValues), ...Object.keys(supplied)].filter(
          (name) => !Object.hasOwn(fields, name) && !Object.hasOwn(settings.variables, name),
        )
      : [],
  };
}

/** Whether a schema names all there is: not one without fields, nor one that is open to others. */
function isClosed(schema: JsonObject): boolean {
  const { additionalProperties: others } = schema;
  return Object.keys(propertiesOf(schema)).length > 0 && (others === undefined || others === false);
}

function toPlain(values: Readonly<Record<string, unknown>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toJson(value)]));
}

function reportMissing(settings: Settings, schema: JsonObject, values: JsonObject): void {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const missing = required.filter(
    (name) =>
      typeof name === 'string' && (!Object.hasOwn(values, name) || values[name] === undefined),
  );
  const given = settings.given('input')[0];
  if (missing.length > 0 && given !== undefined) {
    const message = `Values are missing for: ${missing.join(', ')}.${misplaced(settings, missing)}`;
    settings.report('error', 'missing_input', message, settings.position(given.place));
  }
}

/** `?topic=tides` names a setting; people mean the input of that name. */
function misplaced(settings: Settings, missing: readonly unknown[]): string {
  const name = missing
    .filter((each) => typeof each === 'string')
    .find((each) => Object.hasOwn(settings.ext, each));
  return name === undefined ? '' : ` Inputs are given together: input={"${name}": …}.`;
}

/** `{schema, default}`, a list of `{name, …}`, a JSON Schema, or fields with types. */
function readDeclaration(value: unknown): Declared | { wrong: string } {
  if (Array.isArray(value)) {
    return fromList(value);
  }
  if (!isObject(value)) {
    return { wrong: 'must be {schema, default} or a map of names to types' };
  }
  const { schema, default: defaults } = value;
  const isWrapped = Object.keys(value).every((key) =>
    ['schema', 'default', 'defaults'].includes(key),
  );
  if (isWrapped && Object.keys(value).length > 0) {
    const read = schema === undefined ? NOTHING : readSchema(schema);
    const plain = defaults ?? value['defaults'] ?? {};
    if (!isObject(plain)) {
      return { wrong: 'has a default that is no map' };
    }
    return 'wrong' in read ? read : { schema: read.schema, defaults: toJsonObject(plain) };
  }
  return isPropertyMap(value) ? fromProperties(Object.entries(value)) : fromSchema(value);
}

function fromSchema(value: unknown): Declared | { wrong: string } {
  const read = readSchema(value);
  return 'wrong' in read ? read : { schema: read.schema, defaults: {} };
}

/** `name: {type, default, …}` as in prompty and workflow files. */
function isPropertyMap(value: Readonly<Record<string, unknown>>): boolean {
  const fields = Object.values(value);
  const words = ['type', 'kind', 'default', 'required', 'description', 'sample'];
  return (
    fields.length > 0 &&
    fields.every(
      (field) =>
        isObject(field) && words.some((word) => typeof field[word] !== 'object' && word in field),
    )
  );
}

/** Prompty's `- name: text` lists; a name alone is a text. */
function fromList(items: readonly unknown[]): Declared | { wrong: string } {
  const fields: [string, unknown][] = [];
  for (const item of items) {
    const name = isObject(item) ? item['name'] : item;
    if (typeof name !== 'string') {
      return { wrong: 'has an entry without a name' };
    }
    fields.push([name, isObject(item) ? item : { type: 'string' }]);
  }
  return fromProperties(fields);
}

/** A field is required unless it says otherwise or has a default. */
function fromProperties(fields: readonly (readonly [string, unknown])[]): Declared {
  const properties: [string, JsonObject][] = [];
  const required: string[] = [];
  for (const [name, field] of fields) {
    const {
      name: _name,
      kind,
      required: needed,
      sample: _sample,
      ...schema
    } = isObject(field) ? field : {};
    const type = schema['type'] ?? kind;
    properties.push([
      name,
      toJsonObject(type === undefined ? schema : { ...schema, type: plainType(type) }),
    ]);
    if (needed !== false && schema['default'] === undefined) {
      required.push(name);
    }
  }
  return {
    schema: { type: 'object', properties: Object.fromEntries(properties), required },
    defaults: {},
  };
}

function plainType(type: unknown): unknown {
  return type === 'float' ? 'number' : type === 'bool' ? 'boolean' : type;
}

export function propertiesOf(schema: JsonObject): Readonly<Record<string, JsonObject>> {
  const { properties } = schema;
  return isObject(properties)
    ? Object.fromEntries(
        Object.entries(properties).filter((entry): entry is [string, JsonObject] =>
          isObject(entry[1]),
        ),
      )
    : {};
}

function fieldDefaults(fields: Readonly<Record<string, JsonObject>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) =>
      field['default'] === undefined ? [] : [[name, field['default']]],
    ),
  );
}

/** A value as its field declares it, or what is wrong. */
function fit(schema: JsonObject, value: Json): { value: Json } | { wrong: string } {
  const options = schema['enum'];
  if (Array.isArray(options) && !options.includes(value)) {
    return { wrong: `must be one of ${options.map(String).join(', ')}` };
  }
  const types = [schema['type']].flat().filter((type) => typeof type === 'string');
  if (types.length === 0 || (value === null && types.includes('null'))) {
    return { value };
  }
  return fitType(types[0] ?? '', value);
}

function fitType(type: string, value: Json): { value: Json } | { wrong: string } {
  switch (type) {
    case 'string':
      return typeof value === 'object' ? { wrong: 'must be text' } : { value: String(value) };
    case 'number':
    case 'integer':
      return readNumber({ kind: type }, value);
    case 'boolean':
      return readFlag(value);
    case 'array':
      return Array.isArray(value) ? { value } : { wrong: 'must be a list' };
    case 'object':
      return isObject(value) ? { value } : { wrong: 'must be a map' };
    default:
      return { value };
  }
}
