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
  return KEYWORDS.flatMap(([name, check]) => {
    const limit = schema[name];
    return limit === undefined ? [] : check(limit, value, work);
  });
}

const TYPES: Readonly<Record<string, readonly [name: string, test: (value: unknown) => boolean]>> =
  {
    string: ['a string', (value) => typeof value === 'string'],
    number: ['a number', (value) => typeof value === 'number'],
    integer: ['an integer', (value) => Number.isInteger(value)],
    boolean: ['true or false', (value) => typeof value === 'boolean'],
    array: ['an array', Array.isArray],
    object: ['an object', isObject],
    null: ['null', (value) => value === null],
  };

function checkType(limit: unknown, value: unknown): readonly string[] {
  const names = [limit].flat().filter((name) => typeof name === 'string');
  const types = names.flatMap((name) => (Object.hasOwn(TYPES, name) ? [TYPES[name]] : []));
  // A type that nobody knows is no reason to refuse a value.
  if (types.length === 0 || types.length < names.length) return NONE;
  if (types.some((type) => type?.[1](value))) return NONE;
  return [`must be ${types.map((type) => type?.[0]).join(' or ')}`];
}

function checkEnum(limit: unknown, value: unknown, work: SchemaWork): readonly string[] {
  if (!Array.isArray(limit) || limit.some((option) => work.equal(option, value))) return NONE;
  return [`must be one of ${limit.slice(0, MOST_NAMED).map(shown).join(', ')}`];
}

function checkConst(limit: unknown, value: unknown, work: SchemaWork): readonly string[] {
  return work.equal(limit, value) ? NONE : [`must be ${shown(limit)}`];
}

function checkRequired(limit: unknown, value: unknown, work: SchemaWork): readonly string[] {
  if (!Array.isArray(limit) || !isObject(value)) return NONE;
  work.spend(limit.length);
  return limit
    .filter((name) => typeof name === 'string' && !Object.hasOwn(value, name))
    .slice(0, MOST_NAMED)
    .map((name) => `lacks the field ${shown(name)}`);
}

function checkUnique(limit: unknown, value: unknown, work: SchemaWork): readonly string[] {
  if (limit !== true || !Array.isArray(value)) return NONE;
  const repeated = value.some((item, at) =>
    value.slice(0, at).some((other) => work.equal(item, other)),
  );
  return repeated ? ['must not hold the same item twice'] : NONE;
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
const fields = (value: unknown): number | null =>
  isObject(value) ? Object.keys(value).length : null;

/** Characters are Unicode's, as JSON Schema counts them. */
function characters(value: unknown, work: SchemaWork): number | null {
  if (typeof value !== 'string') return null;
  work.spend(1 + value.length / 16);
  return Array.from(value).length;
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

/** A value of a schema in a message, cut where it is long. */
function shown(value: unknown): string {
  const text =
    typeof value === 'object' && value !== null ? 'a certain value' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
