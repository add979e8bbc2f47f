import { isObject, type Json, type JsonObject } from '../protocol/json.ts';

/** What stands where a schema wants text: JSON has no other place to say who answers. */
const TEXT = 'demo model';

/** Text of a kind that a schema names by `format`. */
const FORMATS: Readonly<Record<string, string>> = {
  date: '2000-01-01',
  'date-time': '2000-01-01T00:00:00Z',
  email: 'demo@example.com',
  time: '00:00:00Z',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

/** Deeper, only what is required is filled in; much deeper, nothing: a schema may hold itself. */
const DEEP = 6;
const DEEPEST = 24;
/** Values in one answer. */
const MOST_VALUES = 2000;
const LONGEST_TEXT = 2000;

type Schema = Readonly<Record<string, unknown>>;

/**
 * A JSON value of the shape that a schema describes, always the same for the same schema: its
 * constants, defaults and first choices, else zeros, false and short text.
 */
export function fillSchema(schema: JsonObject): Json {
  return new Filling(schema).value(schema, 0);
}

class Filling {
  readonly #root: JsonObject;
  #left = MOST_VALUES;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  value(schema: unknown, depth: number): Json {
    this.#left -= 1;
    if (!isObject(schema) || depth > DEEPEST || this.#left < 0) return null;
    const said = saidValue(schema);
    if (said !== undefined) return said;
    const other = this.#otherSchema(schema);
    if (other !== undefined) return this.value(other, depth + 1);
    switch (typeOf(schema)) {
      case 'object':
        return this.#fields(schema, depth);
      case 'array':
        return this.#items(schema, depth);
      case 'number':
      case 'integer':
        return numberOf(schema);
      case 'boolean':
        return false;
      case 'null':
        return null;
      default:
        return textOf(schema);
    }
  }

  #fields(schema: Schema, depth: number): Json {
    const required = new Set(listOf(schema['required']));
    const described = propertiesOf(schema);
    const known = new Set<unknown>(described.map(([name]) => name));
    const bare = Array.from(required).flatMap((name): [string, unknown][] =>
      typeof name === 'string' && !known.has(name) ? [[name, {}]] : [],
    );
    const fields = [...described, ...bare].filter(
      ([name]) => required.has(name) || (depth < DEEP && this.#left > 0),
    );
    return Object.fromEntries(fields.map(([name, inner]) => [name, this.value(inner, depth + 1)]));
  }

  #items(schema: Schema, depth: number): Json {
    const first = listOf(schema['prefixItems']);
    const least = Math.max(numberIn(schema, 'minItems') ?? 0, first.length, depth < DEEP ? 1 : 0);
    const count = Math.min(least, numberIn(schema, 'maxItems') ?? least, this.#left + 1);
    return Array.from({ length: Math.max(0, count) }, (_, at) =>
      this.value(first[at] ?? schema['items'] ?? {}, depth + 1),
    );
  }

  /** The schema that stands for this one: what it refers to, its first shape, or its parts as one. */
  #otherSchema(schema: Schema): unknown {
    const { $ref: reference } = schema;
    if (typeof reference === 'string') return this.#referred(reference);
    const shapes = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
    const shape = shapes.find((each) => !isObject(each) || each['type'] !== 'null') ?? shapes[0];
    if (shape !== undefined) return merged([withoutParts(schema), shape]);
    const parts = listOf(schema['allOf']);
    if (parts.length === 0) return undefined;
    const resolved = parts.map((part) =>
      isObject(part) && typeof part['$ref'] === 'string' ? this.#referred(part['$ref']) : part,
    );
    return merged([withoutParts(schema), ...resolved]);
  }

  #referred(reference: string): unknown {
    let found: unknown = this.#root;
    for (const step of reference.split('/').slice(1)) {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
      found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
    }
    return found ?? {};
  }
}

/** A value that the schema itself names. */
function saidValue(schema: Schema): Json | undefined {
  const examples = listOf(schema['examples']);
  const named = [schema['const'], schema['default'], listOf(schema['enum'])[0], examples[0]];
  return named.find(isJson);
}

/** A schema that came as JSON holds nothing else. */
function isJson(value: unknown): value is Json {
  return value !== undefined;
}

function withoutParts({ anyOf: _any, oneOf: _one, allOf: _all, ...own }: Schema): Schema {
  return own;
}

function merged(parts: readonly unknown[]): Schema {
  const schemas = parts.filter(isObject);
  const properties = Object.fromEntries(schemas.flatMap(propertiesOf));
  const required = schemas.flatMap((schema) => listOf(schema['required']));
  return { ...Object.assign({}, ...schemas), properties, required };
}

function propertiesOf(schema: Schema): [string, unknown][] {
  return isObject(schema['properties']) ? Object.entries(schema['properties']) : [];
}

function typeOf(schema: Schema): unknown {
  const names = [schema['type']].flat();
  const first: unknown = names.find((name) => name !== 'null') ?? names[0];
  if (first !== undefined) return first;
  if (propertiesOf(schema).length > 0 || listOf(schema['required']).length > 0) return 'object';
  return schema['items'] === undefined && schema['prefixItems'] === undefined ? 'string' : 'array';
}

/** Zero, or the number nearest to it that is allowed. */
function numberOf(schema: Schema): number {
  const step = Math.max(numberIn(schema, 'multipleOf') ?? 1, Number.MIN_VALUE);
  const above = numberIn(schema, 'exclusiveMinimum');
  const below = numberIn(schema, 'exclusiveMaximum');
  const least = Math.max(
    numberIn(schema, 'minimum') ?? -Infinity,
    above === undefined ? -Infinity : above + (above >= 0 ? step / 2 : 0),
  );
  const most = Math.min(
    numberIn(schema, 'maximum') ?? Infinity,
    below === undefined ? Infinity : below - (below <= 0 ? step / 2 : 0),
  );
  if (least > 0) return Math.ceil(least / step) * step;
  return most < 0 ? Math.floor(most / step) * step : 0;
}

function textOf(schema: Schema): string {
  const { format } = schema;
  const kind = typeof format === 'string' && Object.hasOwn(FORMATS, format) ? format : '';
  const least = Math.min(numberIn(schema, 'minLength') ?? 0, LONGEST_TEXT);
  const most = numberIn(schema, 'maxLength') ?? LONGEST_TEXT;
  return (FORMATS[kind] ?? TEXT).padEnd(least, '.').slice(0, most);
}

function numberIn(schema: Schema, name: string): number | undefined {
  const value = schema[name];
  return typeof value === 'number' ? value : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
