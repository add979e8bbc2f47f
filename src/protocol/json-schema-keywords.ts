import { isObject } from './json.ts';
import type { SchemaWork } from './schema-work.ts';

/** What a schema says about a value itself, apart from what is inside it. */
type Keyword = (limit: unknown, value: unknown, work: SchemaWork) => readonly string[];

/** So many fields or values are named in messages. */
const MOST_NAMED = 20;

const NONE: readonly string[] = [];

/** The problems of a value with the keywords that look at no other schema. */
export function keywordProblems(
  schema: Readonly<Record<string, unknown>>,
  value: unknown,
  work: SchemaWork,
): string[] {
  const found: string[] = [];
  for (const [name, check] of KEYWORDS) {
    const limit = schema[name];
    if (limit !== undefined) found.push(...check(limit, value, work));
  }
  return found;
}

type TypeTest = readonly [name: string, test: (value: unknown) => boolean];

const TYPES: Readonly<Record<string, TypeTest>> = {
  string: ['a string', (value) => typeof value === 'string'],
  number: ['a number', (value) => typeof value === 'number'],
  integer: ['an integer', (value) => Number.isInteger(value)],
  boolean: ['true or false', (value) => typeof value === 'boolean'],
  array: ['an array', Array.isArray],
  object: ['an object', isObject],
  null: ['null', (value) => value === null],
};

/** Whether JSON Schema knows a type of this name. */
export function isSchemaType(name: unknown): boolean {
  return typeof name === 'string' && Object.hasOwn(TYPES, name);
}

function checkType(limit: unknown, value: unknown, work: SchemaWork): readonly string[] {
  const words: readonly unknown[] = Array.isArray(limit) ? limit : [limit];
  work.spend(words.length);
  const types = new Set<TypeTest>();
  for (const word of words) {
    if (typeof word !== 'string') continue;
    const type = Object.hasOwn(TYPES, word) ? TYPES[word] : undefined;
    // A type that nobody knows is no reason to refuse a value.
    if (type === undefined || type[1](value)) return NONE;
    types.add(type);
  }
  return types.size === 0 ? NONE : [`must be ${Array.from(types, ([name]) => name).join(' or ')}`];
}

function checkEnum(limit: unknown, value: unknown, work: SchemaWork): readonly string[] {
  if (!Array.isArray(limit) || limit.some((option) => work.equal(option, value))) return NONE;
  const named = limit.slice(0, MOST_NAMED);
  work.spend(named.length);
  return [`must be one of ${named.map(shown).join(', ')}`];
}

function checkConst(limit: unknown, value: unknown, work: SchemaWork): readonly string[] {
  return work.equal(limit, value) ? NONE : [`must be ${shown(limit)}`];
}

function checkRequired(limit: unknown, value: unknown, work: SchemaWork): readonly string[] {
  if (!Array.isArray(limit) || !isObject(value)) return NONE;
  const lacking: string[] = [];
  for (const name of limit) {
    if (typeof name !== 'string') continue;
    work.spendText(name);
    if (!Object.hasOwn(value, name)) lacking.push(`lacks the field ${shown(name)}`);
    if (lacking.length === MOST_NAMED) break;
  }
  return lacking;
}

function checkUnique(limit: unknown, value: unknown, work: SchemaWork): readonly string[] {
  if (limit !== true || !Array.isArray(value)) return NONE;
  for (let at = 1; at < value.length; at += 1) {
    for (let before = 0; before < at; before += 1) {
      if (work.equal(value[at], value[before])) return ['must not hold the same item twice'];
    }
  }
  return NONE;
}

/** A number is a multiple up to what floating point can tell: 0.3 of 0.1. */
function checkMultiple(limit: unknown, value: unknown): readonly string[] {
  if (typeof limit !== 'number' || limit <= 0 || typeof value !== 'number') return NONE;
  const times = value / limit;
  const isMultiple = Math.abs(times - Math.round(times)) <= 1e-9 * Math.max(1, Math.abs(times));
  return isMultiple ? NONE : [`must be a multiple of ${limit}`];
}

/** A bound on a number that is made of the value; null where the keyword says nothing of it. */
function bound(
  measure: (value: unknown, work: SchemaWork) => number | null,
  holds: (measured: number, limit: number) => boolean,
  words: (limit: number) => string,
): Keyword {
  return (limit, value, work) => {
    if (typeof limit !== 'number') return NONE;
    const measured = measure(value, work);
    return measured === null || holds(measured, limit) ? NONE : [words(limit)];
  };
}

const size = (value: unknown): number | null => (typeof value === 'number' ? value : null);
const items = (value: unknown): number | null => (Array.isArray(value) ? value.length : null);

function fields(value: unknown, work: SchemaWork): number | null {
  if (!isObject(value)) return null;
  const count = Object.keys(value).length;
  work.spend(count);
  return count;
}

/** Characters are Unicode's, as JSON Schema counts them: a surrogate pair is one. */
function characters(value: unknown, work: SchemaWork): number | null {
  if (typeof value !== 'string') return null;
  work.spendText(value);
  let count = 0;
  for (let at = 0; at < value.length; at += 1) {
    if ((value.codePointAt(at) ?? 0) > 0xff_ff) at += 1;
    count += 1;
  }
  return count;
}

const atLeast = (measured: number, limit: number): boolean => measured >= limit;
const atMost = (measured: number, limit: number): boolean => measured <= limit;

const KEYWORDS: readonly (readonly [name: string, check: Keyword])[] = [
  ['type', checkType],
  ['enum', checkEnum],
  ['const', checkConst],
  ['required', checkRequired],
  ['minProperties', bound(fields, atLeast, (limit) => `must have at least ${limit} fields`)],
  ['maxProperties', bound(fields, atMost, (limit) => `must have at most ${limit} fields`)],
  ['minItems', bound(items, atLeast, (limit) => `must have at least ${limit} items`)],
  ['maxItems', bound(items, atMost, (limit) => `must have at most ${limit} items`)],
  ['uniqueItems', checkUnique],
  ['minLength', bound(characters, atLeast, (limit) => `must have at least ${limit} characters`)],
  ['maxLength', bound(characters, atMost, (limit) => `must have at most ${limit} characters`)],
  ['minimum', bound(size, atLeast, (limit) => `must be at least ${limit}`)],
  ['maximum', bound(size, atMost, (limit) => `must be at most ${limit}`)],
  [
    'exclusiveMinimum',
    bound(
      size,
      (n, limit) => n > limit,
      (limit) => `must be more than ${limit}`,
    ),
  ],
  [
    'exclusiveMaximum',
    bound(
      size,
      (n, limit) => n < limit,
      (limit) => `must be less than ${limit}`,
    ),
  ],
  ['multipleOf', checkMultiple],
];

/** A value of a schema in a message, cut before it is written where it is long. */
function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return 'a certain value';
  return typeof value === 'string' && value.length > 60
    ? `${JSON.stringify(value.slice(0, 60))}…`
    : JSON.stringify(value);
}
