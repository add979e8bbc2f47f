import { nestsDeeperThan } from '../../../protocol/json-depth.ts';
import { isObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import { cutText } from '../mcp-content.ts';
import { listAt, plainObject, resolved } from './pointer.ts';

/** UTF-16 code units of one description inside of a schema. */
const MAX_DESCRIPTION = 1024;

/** Keywords whose value is plain data, and goes along as it is. */
const PLAIN = new Set([
  'type',
  'description',
  'enum',
  'const',
  'default',
  'format',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'required',
]);
/** Keywords whose value is one schema. */
const ONE_SCHEMA = new Set([
  'items',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
]);
const SCHEMAS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const NAMED_SCHEMAS = new Set(['properties', 'patternProperties']);

/** All that is read: an object of a document may have thousands of members that mean nothing. */
const KEYWORDS = [...PLAIN, ...ONE_SCHEMA, ...SCHEMAS, ...NAMED_SCHEMAS];

/** Schemas that are looked at after those that are written out. */
const MAX_LEFT_OUT = 10_000;

/** The schemas of a tool are longer than a tool may be. */
export class TooLong extends Error {}

/** How much of the schemas of one tool is written out. */
export interface SchemaBudget {
  /** Levels of schemas inside each other; what is deeper may be anything. */
  readonly depth: number;
  /** Schemas in all; what comes after may be anything. */
  nodes: number;
  /** UTF-16 code units of plain data and names. */
  length: number;
  /** Schemas that may still be looked at for all tools of the document. */
  readonly work: { left: number };
}

/** A schema on its way, and the references that are open around it. */
interface Place {
  readonly depth: number;
  readonly open: readonly string[];
}

/**
 * A schema of an OpenAPI document as JSON Schema that stands by itself: references are written out,
 * where one leads back into itself anything may stand. What only a response holds (`readOnly`) and
 * what only people need (examples, extensions) is left out.
 * @throws CannotCall for a schema in another document, TooLong
 * @see spec/tool-servers.md TS-83; OpenAPI 3.1.0 section 4.8.24, 3.0.3 section 4.7.24
 */
export function inlined(
  root: JsonObject,
  schema: Json | undefined,
  budget: SchemaBudget,
): JsonObject {
  return new Inlining(root, budget).read(schema, { depth: 0, open: [] });
}

class Inlining {
  readonly #root: JsonObject;
  readonly #budget: SchemaBudget;

  constructor(root: JsonObject, budget: SchemaBudget) {
    this.#root = root;
    this.#budget = budget;
  }

  read(schema: Json | undefined, { depth, open }: Place): JsonObject {
    if (schema === false) return { not: {} };
    const { value, via } = resolved(this.#root, schema);
    if (!isObject(value)) return {};
    this.#budget.nodes -= 1;
    this.#budget.work.left -= 1;
    if (this.#budget.nodes < -MAX_LEFT_OUT || this.#budget.work.left < 0) throw new TooLong();
    const isOver = depth >= this.#budget.depth || this.#budget.nodes < 0;
    if (isOver || via.some((reference) => open.includes(reference))) return outline(value);
    const inside: Place = { depth: depth + 1, open: via.length === 0 ? open : [...open, ...via] };
    const members = KEYWORDS.flatMap((key) =>
      Object.hasOwn(value, key) ? this.#member(key, value[key], inside) : [],
    );
    const read = asJsonSchema(Object.fromEntries(members), value);
    return described(withoutReadOnly(value, read, this.#root), schema);
  }

  #member(key: string, item: Json | undefined, inside: Place): [string, Json][] {
    if (item === undefined) return [];
    if (PLAIN.has(key)) return this.#plain(key, shortened(key, item));
    if (SCHEMAS.has(key) || (key === 'items' && Array.isArray(item))) {
      return [[key, listAt(item).map((each) => this.read(each, inside))]];
    }
    if (ONE_SCHEMA.has(key)) {
      return [[key, typeof item === 'boolean' ? item : this.read(item, inside)]];
    }
    if (!NAMED_SCHEMAS.has(key)) return [];
    const named = Object.entries(plainObject(item)).map(([name, each]): [string, Json] => {
      this.#spend(name.length);
      return [name, this.read(each, inside)];
    });
    return [[key, Object.fromEntries(named)]];
  }

  #plain(key: string, item: Json): [string, Json][] {
    this.#spend(lengthOf(item, this.#budget.length));
    return nestsDeeperThan(item, 8) ? [] : [[key, item]];
  }

  #spend(length: number): void {
    this.#budget.length -= length;
    if (this.#budget.length < 0) throw new TooLong();
  }
}

/** The length as JSON; a long list is not written to find out that it is long. */
function lengthOf(item: Json, most: number): number {
  if (typeof item === 'string') return item.length;
  return Array.isArray(item) && item.length > most ? item.length : JSON.stringify(item).length;
}

/** What is said beside a reference is about this use of it. */
function described(schema: JsonObject, written: Json | undefined): JsonObject {
  const { description } = plainObject(written);
  return typeof description === 'string'
    ? { ...schema, description: cutText(description, MAX_DESCRIPTION) }
    : schema;
}

function shortened(key: string, item: Json): Json {
  return key === 'description' && typeof item === 'string' ? cutText(item, MAX_DESCRIPTION) : item;
}

/** What is said of a schema that is not written out. */
function outline({ type, description }: JsonObject): JsonObject {
  return {
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof description === 'string' ? { description: cutText(description, 256) } : {}),
  };
}

/** OpenAPI 3.0 has words of its own for what may be null and for open borders. */
function asJsonSchema(schema: JsonObject, written: JsonObject): JsonObject {
  const result: Record<string, Json | undefined> = { ...schema };
  for (const [border, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof result[border] !== 'boolean') continue;
    const isOpen = result[border];
    delete result[border];
    if (!isOpen || result[limit] === undefined) continue;
    result[border] = result[limit];
    delete result[limit];
  }
  if (written['nullable'] === true && typeof result['type'] === 'string') {
    result['type'] = [result['type'], 'null'];
    const values = listAt(result['enum']);
    if (values.length > 0 && !values.includes(null)) result['enum'] = [...values, null];
  }
  return result;
}

function withoutReadOnly(written: JsonObject, schema: JsonObject, root: JsonObject): JsonObject {
  const properties = plainObject(written['properties']);
  const hidden = new Set(
    Object.keys(properties).filter((name) => isReadOnly(root, properties[name])),
  );
  if (hidden.size === 0) return schema;
  const kept = Object.entries(plainObject(schema['properties'])).filter(
    ([name]) => !hidden.has(name),
  );
  const required = listAt(schema['required']).filter(
    (name) => typeof name !== 'string' || !hidden.has(name),
  );
  return { ...schema, properties: Object.fromEntries(kept), required };
}

function isReadOnly(root: JsonObject, property: Json | undefined): boolean {
  const target = resolved(root, property).value;
  return [property, target].some((schema) => plainObject(schema)['readOnly'] === true);
}
