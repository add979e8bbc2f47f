import { isObject } from './json.ts';
import { keywordProblems } from './json-schema-keywords.ts';
import { SchemaWork, TooMuchWork } from './schema-work.ts';

/** Where a value does not fit its schema. */
export interface SchemaProblem {
  /** JSON Pointer (RFC 6901) into the value; empty for the value as a whole. */
  readonly path: string;
  /** What is wrong, said of the value: `must be a string`. */
  readonly message: string;
}

/** Nobody reads more, and a model that is asked to correct them needs no more. */
const MAX_PROBLEMS = 20;

/** Levels of schema and value together that are followed; a schema may refer to itself. */
const MAX_DEPTH = 100;

/**
 * Checks a JSON value against a JSON Schema, without compiling or fetching anything, in work that
 * is bounded whatever schema and value are: both may come from strangers.
 *
 * Known are `type enum const properties required additionalProperties items prefixItems minItems
 * maxItems uniqueItems minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum
 * multipleOf minProperties maxProperties anyOf oneOf allOf not` and `$ref` into the schema itself.
 * What is not known is not checked: `pattern` and `patternProperties`, because an expression of a
 * stranger can run for hours; `format`, which only describes; a `$ref` that leads elsewhere.
 *
 * @returns at most 20 problems in the order of the schema; none when the value fits. A value that
 *   is nested too deeply, or takes too long, has one problem that says so: it does not fit
 * @see spec/prompt-format.md OUT
 */
export function validateJson(schema: unknown, value: unknown): readonly SchemaProblem[] {
  try {
    return new Validation(schema)
      .problems(schema, { value, path: '', depth: 0 })
      .slice(0, MAX_PROBLEMS);
  } catch (thrown) {
    if (thrown instanceof TooMuchWork) return [{ path: '', message: thrown.message }];
    throw thrown;
  }
}

/** A value and where it stands. */
interface Place {
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
}

class Validation {
  readonly #root: unknown;
  readonly #work = new SchemaWork();

  constructor(root: unknown) {
    this.#root = root;
  }

  problems(schema: unknown, place: Place): SchemaProblem[] {
    this.#work.spend(1);
    if (place.depth > MAX_DEPTH) throw new TooMuchWork('is nested too deeply to be checked');
    if (schema === false) return [{ path: place.path, message: 'is not allowed' }];
    if (!isObject(schema)) return [];
    const own = keywordProblems(schema, place.value, this.#work);
    return [
      ...own.map((message) => ({ path: place.path, message })),
      ...this.#fields(schema, place),
      ...this.#items(schema, place),
      ...this.#combined(schema, place),
    ];
  }

  #fields(schema: Schema, place: Place): SchemaProblem[] {
    const { value, path } = place;
    if (!isObject(value)) return [];
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    const others = schema['additionalProperties'];
    const names = Object.keys(value);
    this.#work.spend(names.length);
    return names.flatMap((name) => {
      if (Object.hasOwn(properties, name)) {
        return this.problems(properties[name], inner(place, name, value[name]));
      }
      // Which names a pattern takes is not known here, so no other field can be refused.
      if (others === undefined || schema['patternProperties'] !== undefined) return [];
      if (others !== false) return this.problems(others, inner(place, name, value[name]));
      return [{ path, message: `has the field ${quoted(name)}, which is not allowed` }];
    });
  }

  #items(schema: Schema, place: Place): SchemaProblem[] {
    const { value } = place;
    if (!Array.isArray(value)) return [];
    const { items, prefixItems } = schema;
    // Before 2020-12 the schemas of the first items stood in `items`.
    const first: readonly unknown[] = [prefixItems, items].find(Array.isArray) ?? [];
    const rest = Array.isArray(items) ? undefined : items;
    return value.flatMap((item: unknown, index) => {
      const of = index < first.length ? first[index] : rest;
      return of === undefined ? [] : this.problems(of, inner(place, String(index), item));
    });
  }

  #combined(schema: Schema, place: Place): SchemaProblem[] {
    const below = { ...place, depth: place.depth + 1 };
    const all = listOf(schema['allOf']).flatMap((part) => this.problems(part, below));
    const isUnwanted = schema['not'] !== undefined && this.#fits(schema['not'], below);
    return [
      ...this.#referred(schema['$ref'], below),
      ...all,
      ...this.#any(listOf(schema['anyOf']), below),
      ...this.#one(listOf(schema['oneOf']), below),
      ...(isUnwanted ? [{ path: place.path, message: 'is of a shape that is not allowed' }] : []),
    ];
  }

  #fits(schema: unknown, place: Place): boolean {
    return this.problems(schema, place).length === 0;
  }

  #any(shapes: readonly unknown[], place: Place): SchemaProblem[] {
    if (shapes.length === 0) return [];
    const found: SchemaProblem[][] = [];
    for (const shape of shapes) {
      const problems = this.problems(shape, place);
      if (problems.length === 0) return [];
      found.push(problems);
    }
    return nearest(found, place.path);
  }

  #one(shapes: readonly unknown[], place: Place): SchemaProblem[] {
    if (shapes.length === 0) return [];
    const found = shapes.map((shape) => this.problems(shape, place));
    const fitting = found.filter((problems) => problems.length === 0).length;
    if (fitting === 1) return [];
    if (fitting === 0) return nearest(found, place.path);
    return [{ path: place.path, message: `fits ${fitting} shapes, but must fit exactly one` }];
  }

  #referred(reference: unknown, place: Place): SchemaProblem[] {
    if (typeof reference !== 'string') return [];
    const schema = this.#resolved(reference);
    return schema === undefined ? [] : this.problems(schema, place);
  }

  /** `#/$defs/name`: a place in the schema itself. Nothing is ever fetched. */
  #resolved(reference: string): unknown {
    if (!/^#(?:\/|$)/.test(reference)) return undefined;
    let found: unknown = this.#root;
    for (const step of reference.split('/').slice(1)) {
      this.#work.spend(1);
      const name = unescaped(step);
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) {
        return undefined;
      }
      found = Reflect.get(found, name);
    }
    return found;
  }
}

type Schema = Readonly<Record<string, unknown>>;

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function inner(place: Place, name: string, value: unknown): Place {
  const step = name.replaceAll('~', '~0').replaceAll('/', '~1');
  return { value, path: `${place.path}/${step}`, depth: place.depth + 1 };
}

function unescaped(step: string): string {
  let name = step;
  try {
    name = decodeURIComponent(step);
  } catch {
    // A percent sign that encodes nothing is a percent sign.
  }
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Of several shapes that do not fit, the one that was meant, where that is clear. */
function nearest(found: readonly SchemaProblem[][], path: string): SchemaProblem[] {
  const meant = found.filter((problems) => problems.every((problem) => problem.path !== path));
  const only = found.length === 1 ? found[0] : meant.length === 1 ? meant[0] : undefined;
  return only ?? [{ path, message: `fits none of the ${found.length} allowed shapes` }];
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
