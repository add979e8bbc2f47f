import { describe, expect, it } from 'vitest';
import { SchemaCheck, validateJson } from '../../../src/protocol/json-schema.ts';
import { SchemaWork, TooMuchWork } from '../../../src/protocol/schema-work.ts';

/** Problems as `path: message`. */
function problems(schema: unknown, value: unknown): string[] {
  return validateJson(schema, value).map(({ path, message }) => `${path}: ${message}`);
}

function fits(schema: unknown, value: unknown): boolean {
  return problems(schema, value).length === 0;
}

function nested(levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;
}

function copies(count: number, value: object): object[] {
  return Array.from({ length: count }, () => value);
}

describe('keywords of JSON Schema', () => {
  it.each([
    [{ type: 'string' }, 'a', 1],
    [{ type: 'number' }, 1.5, '1.5'],
    [{ type: 'integer' }, 2, 2.5],
    [{ type: 'boolean' }, false, 0],
    [{ type: 'array' }, [], {}],
    [{ type: 'object' }, {}, []],
    [{ type: 'null' }, null, 0],
    [{ type: ['string', 'null'] }, null, 1],
    [{ enum: ['a', { b: [1] }] }, { b: [1] }, { b: [2] }],
    [{ const: { a: 1, b: 2 } }, { b: 2, a: 1 }, { a: 1 }],
    [{ required: ['a'] }, { a: null }, { b: 1 }],
    [{ minProperties: 1 }, { a: 1 }, {}],
    [{ maxProperties: 1 }, { a: 1 }, { a: 1, b: 2 }],
    [{ minItems: 2 }, [1, 2], [1]],
    [{ maxItems: 1 }, [1], [1, 2]],
    [{ uniqueItems: true }, [1, '1', [1]], [[1], 2, [1]]],
    [{ minLength: 2 }, 'ab', 'a'],
    [{ maxLength: 1 }, '😀', 'ab'],
    [{ minimum: 1 }, 1, 0],
    [{ maximum: 1 }, 1, 2],
    [{ exclusiveMinimum: 1 }, 2, 1],
    [{ exclusiveMaximum: 1 }, 0, 1],
    [{ multipleOf: 0.1 }, 0.3, 0.35],
    [{ items: { type: 'string' } }, ['a'], ['a', 1]],
    [{ prefixItems: [{ type: 'string' }], items: { type: 'number' } }, ['a', 1], ['a', 'b']],
    [{ items: [{ type: 'string' }] }, ['a', 1], [1]],
    [{ properties: { a: { type: 'string' } } }, { b: 1 }, { a: 1 }],
    [{ properties: { a: true }, additionalProperties: false }, { a: 1 }, { a: 1, b: 1 }],
    [{ additionalProperties: { type: 'string' } }, { a: 'b' }, { a: 1 }],
    [{ allOf: [{ minimum: 1 }, { maximum: 2 }] }, 2, 3],
    [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, 1, true],
    [{ oneOf: [{ minimum: 5 }, { multipleOf: 2 }] }, 7, 8],
    [{ not: { type: 'string' } }, 1, 'a'],
    [{ $defs: { 'a/b': { type: 'string' } }, items: { $ref: '#/$defs/a~1b' } }, ['a'], [1]],
  ])('%j takes %j and refuses %j', (schema, good, bad) => {
    expect(fits(schema, good)).toBe(true);
    expect(fits(schema, bad)).toBe(false);
  });

  it.each([
    [{ minLength: 3, minItems: 3, minimum: 3, minProperties: 3, required: ['a'] }, true],
    [true, 1],
    [{}, { a: [1] }],
    [{ type: 'date' }, 1],
    [{ required: 'a', properties: 3, items: 'x', enum: {}, anyOf: [], allOf: 1, type: 4 }, {}],
    [{ pattern: '^a$', format: 'email' }, 'b'],
    [{ patternProperties: { '^x': {} }, additionalProperties: false }, { x: 1 }],
    [{ $ref: 'https://schemas.example/a.json' }, 1],
    [{ $ref: '#/$defs/missing' }, 1],
    [{ $ref: '#/toString' }, 1],
  ])('%j says nothing about %j', (schema, value) => {
    expect(fits(schema, value)).toBe(true);
  });

  it('takes names such as __proto__ for names', () => {
    const value: unknown = JSON.parse('{"__proto__": 1, "constructor": 2}');
    expect(problems({ properties: {}, additionalProperties: false }, value)).toHaveLength(2);
    expect(problems({ required: ['toString'] }, {})).toEqual([': lacks the field "toString"']);
  });
});

describe('problems', () => {
  const person = {
    type: 'object',
    properties: { name: { type: 'string' }, 'a/b~c': { items: { type: 'integer' } } },
    required: ['name', 'age'],
    additionalProperties: false,
  };

  it('name the place and what is wrong there', () => {
    expect(problems(person, { name: 1, 'a/b~c': [1, 'x'], z: 1 })).toEqual([
      ': lacks the field "age"',
      '/name: must be a string',
      '/a~1b~0c/1: must be an integer',
      ': has the field "z", which is not allowed',
    ]);
  });

  it('of several shapes are those of the shape that was meant', () => {
    const schema = { anyOf: [person, { type: 'null' }] };
    expect(problems(schema, { name: 1, age: 1 })).toEqual([': fits none of the 2 allowed shapes']);
    expect(
      problems(
        { anyOf: [{ properties: person.properties, type: 'object' }, { type: 'null' }] },
        { name: 1 },
      ),
    ).toEqual(['/name: must be a string']);
    expect(problems({ oneOf: [{}, { type: 'string' }] }, 'a')).toEqual([
      ': fits 2 shapes, but must fit exactly one',
    ]);
  });

  it('are at most twenty, and quote no long text', () => {
    const value = Object.fromEntries(
      Array.from({ length: 50 }, (_, at) => [`${at}`.repeat(500), 1]),
    );
    const found = problems({ properties: {}, additionalProperties: false }, value);
    expect(found).toHaveLength(20);
    expect(Math.max(...found.map((problem) => problem.length))).toBeLessThan(120);
  });
});

describe('hostile schemas and values', () => {
  const NUMBERS = Array.from({ length: 5000 }, (_, at) => at);
  const NULLS = NUMBERS.map(() => 'null');
  const FIELDS = Object.fromEntries(NUMBERS.map((at) => [`f${at}`, at]));

  it('a schema that refers to itself follows the value', () => {
    const list = { properties: { next: { $ref: '#' } }, required: ['value'] };
    expect(problems(list, { value: 1, next: { value: 2, next: {} } })).toEqual([
      '/next/next: lacks the field "value"',
    ]);
  });

  it.each([
    ['a reference to itself', { $ref: '#' }, 1],
    ['references that double', { allOf: [{ $ref: '#' }, { $ref: '#' }] }, 1],
    ['shapes in shapes', { anyOf: [{ $ref: '#' }, { $ref: '#' }, { not: { $ref: '#' } }] }, 1],
    ['long lists of values', { items: { enum: NUMBERS } }, Array(5000).fill(4999)],
    [
      'long lists of fields',
      { items: { required: Array(5000).fill('a') } },
      copies(5000, { a: 1 }),
    ],
    ['long lists of types', { items: { type: [...NULLS, 'number'] } }, NUMBERS],
    ['long lists of unknown types', { items: { type: [...NULLS, 'x'] } }, NUMBERS],
    ['lists that nothing is said about', { allOf: copies(5000, { items: {} }) }, NUMBERS],
    ['fields that nothing is said about', { allOf: copies(5000, { properties: {} }) }, FIELDS],
    ['fields that are counted', { allOf: copies(5000, { maxProperties: 5000 }) }, FIELDS],
    ['maps that are compared', { items: { enum: copies(5000, {}) } }, copies(500, FIELDS)],
    [
      'long texts that differ at the end',
      { allOf: copies(1000, { not: { const: `${'x'.repeat(100_000)}a` } }) },
      `${'x'.repeat(100_000)}b`,
    ],
    ['long references', { items: { $ref: `#/${'a/'.repeat(9000)}` } }, NUMBERS],
    ['many different items', { uniqueItems: true }, Array.from({ length: 50_000 }, (_, at) => at)],
    ['a long text, often', { allOf: copies(5000, { minLength: 5 }) }, 'x'.repeat(100_000)],
    ['a deep value', { items: { $ref: '#' } }, nested(100_000)],
    ['a deep constant', { const: nested(9000) }, nested(9000)],
  ])('%s ends with one problem', (_name, schema, value) => {
    expect(problems(schema, value)).toHaveLength(1);
    expect(problems(schema, value)[0]).toMatch(/^: (?:is nested too deeply|takes too long)/);
  });

  it.each([
    ['items', { items: { type: 'string' } }, Array(3_000_000).fill(1)],
    ['shapes', { items: { anyOf: copies(5, { type: 'string' }) } }, Array(1_000_000).fill(1)],
  ])('nothing more is looked for behind twenty problems: %s', (_name, schema, value) => {
    expect(problems(schema, value)).toHaveLength(20);
  });

  it('long words of a schema are cut in messages', () => {
    const long = 'x'.repeat(100_000);
    const schema = { enum: [long], const: long, required: [long], type: ['null', 'null'] };
    const found = problems(schema, {});
    expect(found).toHaveLength(4);
    expect(found[0]).toBe(': must be null');
    expect(Math.max(...found.map((problem) => problem.length))).toBeLessThan(120);
  });

  it('several values of one request share what they may take', () => {
    const check = new SchemaCheck({}, new SchemaWork());
    const value = Array(900_000).fill(1);
    expect(check.problems({ items: {} }, value)).toEqual([]);
    expect(check.problems({ items: {} }, value)).toEqual([]);
    expect(() => check.problems({ items: {} }, value)).toThrow(TooMuchWork);
  });
});
