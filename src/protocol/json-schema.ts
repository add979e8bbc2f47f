import { isObject } from './json.ts';
import { keywordProblems } from './json-schema-keywords.ts';
import { Findings, innerPlace, MissedShapes, pathOf, wholePlace } from './schema-place.ts';
import type { SchemaPlace } from './schema-place.ts';
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
    return new SchemaCheck(schema, new SchemaWork()).problems(schema, value);
  } catch (thrown) {
    if (thrown instanceof TooMuchWork) return [{ path: '', message: thrown.message }];
    throw thrown;
  }
}

/** Checks values against the parts of one schema, as {@link validateJson} does, in work they share. */
export class SchemaCheck {
  readonly #root: unknown;
  readonly #work: SchemaWork;
  readonly #resolved = new Map<string, unknown>();

  /** @param root what `$ref` leads into */
  constructor(root: unknown, work: SchemaWork) {
    this.#root = root;
    this.#work = work;
  }

  /**
   * The problems of a value with a schema that stands in the root; at most 20.
   * @throws TooMuchWork when it is nested too deeply, or all values together take too long
   */
  problems(schema: unknown, value: unknown): readonly SchemaProblem[] {
    const found = new Findings(MAX_PROBLEMS);
    this.#check(schema, wholePlace(value), found);
    return found.all.map(({ place, message }) => ({ path: pathOf(place), message }));
  }

  #check(schema: unknown, place: SchemaPlace, found: Findings): void {
    if (found.isFull) return;
    this.#work.spend(1);
    if (place.depth > MAX_DEPTH) throw new TooMuchWork('is nested too deeply to be checked');
    if (schema === false) found.add(place, 'is not allowed');
    if (!isObject(schema)) return;
    for (const message of keywordProblems(schema, place.value, this.#work)) {
      found.add(place, message);
    }
    this.#fields(schema, place, found);
    this.#items(schema, place, found);
    this.#combined(schema, place, found);
  }

  #fields(schema: Schema, place: SchemaPlace, found: Findings): void {
    const { value } = place;
    const { properties } = schema;
    // Which names a pattern takes is not known here, so no other field can be refused.
    const others = 'patternProperties' in schema ? undefined : schema['additionalProperties'];
    if (!isObject(value) || (properties === undefined && others === undefined)) return;
    const known = isObject(properties) ? properties : {};
    const names = Object.keys(value);
    this.#work.spend(names.length);
    for (const name of names) {
      if (found.isFull) return;
      const isKnown = Object.hasOwn(known, name);
      if (!isKnown && others === false) {
        found.add(place, `has the field ${quoted(name)}, which is not allowed`);
      } else {
        this.#check(isKnown ? known[name] : others, innerPlace(place, name, value[name]), found);
      }
    }
  }

  #items(schema: Schema, place: SchemaPlace, found: Findings): void {
    const { value } = place;
    if (!Array.isArray(value)) return;
    const { items, prefixItems } = schema;
    // Before 2020-12 the schemas of the first items stood in `items`.
    const first: readonly unknown[] = [prefixItems, items].find(Array.isArray) ?? [];
    const rest = Array.isArray(items) ? undefined : items;
    const count = rest === undefined ? Math.min(first.length, value.length) : value.length;
    for (let index = 0; index < count && !found.isFull; index += 1) {
      const of = index < first.length ? first[index] : rest;
      this.#check(of, innerPlace(place, String(index), value[index]), found);
    }
  }

  #combined(schema: Schema, place: SchemaPlace, found: Findings): void {
    const below = { ...place, depth: place.depth + 1 };
    this.#referred(schema['$ref'], below, found);
    for (const part of listOf(schema['allOf'])) {
      if (found.isFull) return;
      this.#check(part, below, found);
    }
    this.#any(listOf(schema['anyOf']), below, found);
    this.#one(listOf(schema['oneOf']), below, found);
    if (schema['not'] !== undefined && !found.isFull) {
      const misfits = new Findings(1);
      this.#check(schema['not'], below, misfits);
      if (!misfits.isFull) found.add(place, 'is of a shape that is not allowed');
    }
  }

  #any(shapes: readonly unknown[], place: SchemaPlace, found: Findings): void {
    if (shapes.length === 0 || found.isFull) return;
    const missed = new MissedShapes();
    for (const shape of shapes) {
      const findings = this.#tried(shape, place);
      if (findings.all.length === 0) return;
      missed.add(findings, place);
    }
    found.addAll(missed.problems(place));
  }

  #one(shapes: readonly unknown[], place: SchemaPlace, found: Findings): void {
    if (shapes.length === 0 || found.isFull) return;
    const missed = new MissedShapes();
    let fitting = 0;
    for (const shape of shapes) {
      const findings = this.#tried(shape, place);
      if (findings.all.length === 0) fitting += 1;
      else missed.add(findings, place);
    }
    if (fitting === 0) found.addAll(missed.problems(place));
    if (fitting > 1) found.add(place, `fits ${fitting} shapes, but must fit exactly one`);
  }

  #tried(shape: unknown, place: SchemaPlace): Findings {
    const findings = new Findings(MAX_PROBLEMS);
    this.#check(shape, place, findings);
    return findings;
  }

  #referred(reference: unknown, place: SchemaPlace, found: Findings): void {
    if (typeof reference !== 'string') return;
    this.#work.spendText(reference);
    if (!this.#resolved.has(reference)) this.#resolved.set(reference, this.#resolve(reference));
    const schema = this.#resolved.get(reference);
    if (schema !== undefined) this.#check(schema, place, found);
  }

  /** `#/$defs/name`: a place in the schema itself. Nothing is ever fetched. */
  #resolve(reference: string): unknown {
    if (!/^#(?:\/|$)/.test(reference)) return undefined;
    let found: unknown = this.#root;
    for (const step of reference.split('/').slice(1)) {
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

function unescaped(step: string): string {
  let name = step;
  try {
    name = decodeURIComponent(step);
  } catch {
    // A percent sign that encodes nothing is a percent sign.
  }
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
