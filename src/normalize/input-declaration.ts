import { isObject, type JsonObject } from '../protocol/json.ts';
import { readSchema } from './picoschema.ts';
import { schemaMistake, type SchemaMistake } from './schema-mistake.ts';
import { toJsonObject } from './setting-type.ts';

/** Variables as a document declares them. */
export interface Declaration {
  /** JSON Schema of a map. */
  readonly schema: JsonObject;
  readonly defaults: JsonObject;
}

const WRAPPER_KEYS = new Set(['schema', 'default', 'defaults']);

/** What is wrong with a declaration, and where where that is known. */
type Wrong = Pick<SchemaMistake, 'wrong'> & Partial<SchemaMistake>;

/** What holds where nothing is declared. */
export const NOTHING_DECLARED: Declaration = {
  schema: { type: 'object', properties: {} },
  defaults: {},
};

/**
 * Reads `{schema, default}`, a list of `{name, …}`, a JSON Schema, or fields with types.
 * @returns the variables, or what is wrong with their declaration
 * @see spec/prompt-format.md IN
 */
export function readDeclaration(value: unknown): Declaration | Wrong {
  if (Array.isArray(value)) {
    return fromList(value);
  }
  if (!isObject(value)) {
    return { wrong: 'must be {schema, default} or a map of names to types' };
  }
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every((key) => WRAPPER_KEYS.has(key))) {
    return fromWrapper(value);
  }
  if (isPropertyMap(value)) {
    return fromMap(value);
  }
  const read = readSchema(value);
  return 'wrong' in read ? read : ofMap(read.schema, {});
}

/** Where in a declaration the default of a variable stands, or what comes nearest to it. */
export function defaultPath(value: unknown, name: string): readonly string[] {
  if (!isObject(value)) {
    return [];
  }
  const wrapper = ['default', 'defaults'].find((key) => {
    const defaults = value[key];
    return isObject(defaults) && Object.hasOwn(defaults, name);
  });
  if (wrapper !== undefined) {
    return [wrapper, name];
  }
  const schema = isObject(value['schema']) ? value['schema'] : value;
  const outer = schema === value ? [] : ['schema'];
  return [...outer, ...(isObject(schema['properties']) ? ['properties'] : []), name, 'default'];
}

function fromWrapper(value: Readonly<Record<string, unknown>>): Declaration | Wrong {
  const schema = value['schema'] ?? null;
  const read = schema === null ? NOTHING_DECLARED : readSchema(schema);
  const defaults = value['default'] ?? value['defaults'] ?? {};
  if (!isObject(defaults)) {
    return { wrong: 'has a default that is no map' };
  }
  return 'wrong' in read
    ? { ...read, inside: ['schema', ...read.inside] }
    : ofMap(read.schema, toJsonObject(defaults));
}

function ofMap(schema: JsonObject, defaults: JsonObject): Declaration | Wrong {
  const { type = 'object' } = schema;
  return type === 'object' || (Array.isArray(type) && type.includes('object'))
    ? { schema, defaults }
    : { wrong: 'must declare a map of variables' };
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

/** A variable of the forms that are not a schema as a whole. */
interface Field {
  readonly name: string;
  readonly field: Readonly<Record<string, unknown>>;
  /** Where it stands in the declaration. */
  readonly inside: readonly (string | number)[];
}

/** Prompty's `- name: text` lists; a name alone is a text. */
function fromList(items: readonly unknown[]): Declaration | Wrong {
  const fields: Field[] = [];
  for (const [index, item] of items.entries()) {
    const name = isObject(item) ? item['name'] : item;
    if (typeof name !== 'string') {
      return { wrong: 'has an entry without a name', inside: [index] };
    }
    fields.push({ name, field: isObject(item) ? item : { type: 'string' }, inside: [index] });
  }
  return fromFields(fields);
}

function fromMap(value: Readonly<Record<string, unknown>>): Declaration | Wrong {
  return fromFields(
    Object.entries(value).map(([name, field]) => {
      return { name, field: isObject(field) ? field : {}, inside: [name] };
    }),
  );
}

/** A field is required unless it says otherwise or has a default. */
function fromFields(fields: readonly Field[]): Declaration | Wrong {
  const properties: [string, JsonObject][] = [];
  const required: string[] = [];
  for (const { name, field, inside } of fields) {
    const { name: _name, kind, required: needed, sample: _sample, ...schema } = field;
    const { type = kind, ...others } = schema;
    // Other tools have types of their own, of which nothing is known here; inside is JSON Schema.
    const mistake = schemaMistake(others, inside);
    if (mistake !== null) {
      return mistake;
    }
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

/** What prompty calls `float` and `bool`, in the words of JSON Schema. */
export function plainType(type: unknown): unknown {
  return type === 'float' ? 'number' : type === 'bool' ? 'boolean' : type;
}
