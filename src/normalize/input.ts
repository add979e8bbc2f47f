import { nestsDeeperThan } from '../protocol/json-depth.ts';
import { isObject, type Json, type JsonObject } from '../protocol/json.ts';
import { SchemaCheck } from '../protocol/json-schema.ts';
import { SchemaWork, TooMuchWork } from '../protocol/schema-work.ts';
import type { Given, Settings } from './given.ts';
import { fitInput } from './input-value.ts';
import { NOTHING_DECLARED, defaultPath, readDeclaration } from './input-declaration.ts';
import { nameList, shortName } from './name-list.ts';
import { MAX_DEPTH, toJson } from './setting-type.ts';

/** The variables of a prompt. */
export interface Input {
  /** Values given, else defaults. */
  readonly values: JsonObject;
  /** Whether a name may stand in a template. */
  readonly names: ReadonlySet<string>;
  /** Names that the document declares. */
  readonly declared: readonly string[];
  /** Names that were supplied where a document names all its inputs, and not these. */
  readonly unexpected: readonly string[];
  /** Whether the document declares variables or the request supplies some. */
  readonly isGiven: boolean;
  /** Whether the declaration could be read; where not, nothing is known of its names. */
  readonly isReadable: boolean;
}

/**
 * Reads the declared variables and the values for them. A value given as text, as forms, query
 * parameters and command lines do, becomes what its declaration says.
 *
 * Reports `missing_input` (one problem that lists all), `invalid_input`, `invalid_value`.
 * @see spec/prompt-format.md IN
 */
export function readInput(settings: Settings, supplied: Readonly<Record<string, unknown>>): Input {
  const given = settings.given('input')[0];
  const declared = given === undefined ? NOTHING_DECLARED : readDeclaration(given.value);
  if ('wrong' in declared) {
    if (given !== undefined) {
      settings.wrong(given.place, declared.wrong, declared.inside);
    }
    const nothing = { values: {}, names: new Set<string>(), declared: [], unexpected: [] };
    return { ...nothing, isGiven: true, isReadable: false };
  }
  const { schema, defaults } = declared;
  const reader = new InputReader(settings, schema, given);
  const { inner, sources } = settings.placeholders;
  const variables = [...settings.variables];
  reader.take(variables);
  reader.takeDefaults(defaults);
  reader.take(settings.inputValues);
  reader.take(Object.entries(supplied));
  // Nobody sees these names, so nobody gives them another value.
  reader.take(variables.filter(([name]) => inner.has(name)));
  const values = reader.finish();
  const fields = Object.keys(fieldsOf(schema));
  const known = new Set([
    ...fields,
    ...variables.flatMap(([name]) => (inner.has(name) ? [] : [name])),
  ]);
  const arrived = [...settings.inputValues.keys(), ...Object.keys(supplied)];
  const names = new Set([...fields, ...Object.keys(values)]);
  const isExpected = (name: string): boolean => known.has(name) || sources.has(name);
  return {
    values,
    names,
    declared: [...known],
    unexpected: isClosed(schema) ? arrived.filter((name) => !isExpected(name)) : [],
    isGiven: given !== undefined || names.size > 0,
    isReadable: true,
  };
}

/** Whether a schema names all there is: not one without fields, nor one that is open to others. */
function isClosed(schema: JsonObject): boolean {
  const { additionalProperties: others } = schema;
  return Object.keys(fieldsOf(schema)).length > 0 && (others === undefined || others === false);
}

/** Values by name, the later ones stronger, and then checked. */
class InputReader {
  readonly #settings: Settings;
  readonly #schema: JsonObject;
  readonly #given: Given | undefined;
  /** Whose value is that of the document, so that a mistake in it is there. */
  readonly #byDefault = new Set<string>();
  /** A map, not an object: a value named `__proto__` is a value like any other. */
  readonly #values: Map<string, Json>;

  constructor(settings: Settings, schema: JsonObject, given: Given | undefined) {
    this.#settings = settings;
    this.#schema = schema;
    this.#given = given;
    const defaults = Object.entries(fieldsOf(schema)).flatMap(([name, field]): [string, Json][] => {
      const value = isObject(field) ? field['default'] : undefined;
      return value === undefined ? [] : [[name, toJson(value)]];
    });
    this.#values = new Map(defaults);
    for (const [name] of defaults) {
      this.#byDefault.add(name);
    }
  }

  takeDefaults(values: JsonObject): void {
    this.take(Object.entries(values));
    for (const name of Object.keys(values)) {
      this.#byDefault.add(name);
    }
  }

  take(values: Iterable<readonly [name: string, value: unknown]>): void {
    for (const [name, value] of values) {
      this.#byDefault.delete(name);
      if (nestsDeeperThan(value, MAX_DEPTH)) {
        this.#report('invalid_input', `The input ${shortName(name)} is nested too deeply.`);
      } else {
        this.#values.set(name, toJson(value));
      }
    }
  }

  finish(): JsonObject {
    // One for all inputs, whose number a stranger chooses too.
    const work = new SchemaWork();
    const check = new SchemaCheck(this.#schema, work);
    for (const [name, schema] of this.#schemas()) {
      try {
        this.#check(name, schema, check, work);
      } catch (thrown) {
        if (!(thrown instanceof TooMuchWork)) {
          throw thrown;
        }
        this.#reportMisfit(name, thrown.message);
        break;
      }
    }
    this.#reportMissing();
    return Object.fromEntries(this.#values);
  }

  /** The inputs that something is said about, with what it is. */
  *#schemas(): Generator<readonly [name: string, schema: Schema]> {
    const fields = fieldsOf(this.#schema);
    const others = this.#schema['additionalProperties'];
    for (const [name, schema] of Object.entries(fields)) {
      if (isObject(schema)) {
        yield [name, schema];
      }
    }
    for (const name of isObject(others) ? this.#values.keys() : []) {
      if (!Object.hasOwn(fields, name) && isObject(others)) {
        yield [name, others];
      }
    }
  }

  #check(name: string, schema: Schema, check: SchemaCheck, work: SchemaWork): void {
    const value = this.#values.get(name);
    if (value === undefined) {
      return;
    }
    const fitted = fitInput(schema, value, work);
    if (fitted === undefined) {
      this.#values.delete(name);
      return;
    }
    this.#values.set(name, fitted);
    const [problem] = check.problems(schema, fitted);
    if (problem !== undefined) {
      const where = problem.path === '' ? '' : `at ${shortName(problem.path)} `;
      this.#reportMisfit(name, where + problem.message);
    }
  }

  #reportMisfit(name: string, wrong: string): void {
    const at = this.#byDefault.has(name) ? name : undefined;
    this.#report('invalid_input', `The input ${shortName(name)} ${wrong}.`, at);
  }

  #reportMissing(): void {
    const { required } = this.#schema;
    const names = Array.isArray(required) ? required : [];
    const missing = names.filter((name) => typeof name === 'string' && !this.#values.has(name));
    if (missing.length > 0) {
      const hint = this.#misplaced(missing.map(String));
      this.#report(
        'missing_input',
        `Values are missing for: ${nameList(missing.map(String), 50)}.${hint}`,
      );
    }
  }

  /** `?topic=tides` names a setting; people mean the input of that name. */
  #misplaced(missing: readonly string[]): string {
    const name = missing.find((each) => this.#settings.ext.has(each));
    return name === undefined ? '' : ` Inputs are given together: input={"${shortName(name)}": …}.`;
  }

  /** @param name whose default is wrong, where it is one */
  #report(code: string, message: string, name?: string): void {
    const given = this.#given;
    const inside = name === undefined ? [] : defaultPath(given?.value, name);
    const at = given === undefined ? undefined : this.#settings.position(given.place, inside);
    this.#settings.report('error', code, message, at);
  }
}

type Schema = Readonly<Record<string, unknown>>;

function fieldsOf(schema: JsonObject): Readonly<Record<string, unknown>> {
  return isObject(schema['properties']) ? schema['properties'] : {};
}
