import { describe, expect, it } from 'vitest';
import { fillSchema } from '../../../src/demo/schema-filling.ts';
import { validateJson } from '../../../src/protocol/json-schema.ts';
import type { JsonObject } from '../../../src/protocol/json.ts';

describe('the demo model fills a schema', () => {
  it.each([
    [{ type: 'string' }, 'demo model'],
    [{ type: 'string', default: 'x' }, 'x'],
    [{ enum: ['b', 'a'] }, 'b'],
    [{ const: { a: 1 } }, { a: 1 }],
    [{ type: ['null', 'integer'] }, 0],
    [{ type: 'boolean' }, false],
    [{ type: 'object', properties: { a: { type: 'number' } } }, { a: 0 }],
    [{ items: { type: 'null' } }, [null]],
  ])('%j with %j', (schema, value) => {
    expect(fillSchema(schema)).toEqual(value);
  });

  const person = {
    $defs: { name: { type: 'string', maxLength: 4 } },
    type: 'object',
    properties: {
      name: { $ref: '#/$defs/name' },
      born: { type: 'string', format: 'date' },
      friends: { type: 'array', minItems: 2, items: { $ref: '#' }, maxItems: 2 },
    },
    required: ['name'],
    additionalProperties: false,
  };

  it.each<[JsonObject]>([
    [person],
    [{ type: 'string', minLength: 30 }],
    [{ type: 'string', maxLength: 3 }],
    [{ type: 'integer', minimum: 3, maximum: 9 }],
    [{ type: 'integer', exclusiveMinimum: 3 }],
    [{ type: 'integer', exclusiveMinimum: 0 }],
    [{ type: 'integer', maximum: -3 }],
    [{ type: 'integer', exclusiveMaximum: 0 }],
    [{ type: 'number', minimum: 7, multipleOf: 5 }],
    [{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false }],
    [{ anyOf: [{ type: 'null' }, person] }],
    [{ oneOf: [{ type: 'string' }, { type: 'number' }] }],
    [{ allOf: [{ properties: { a: { type: 'number' } } }, { required: ['b'] }] }],
    [{ properties: { a: { anyOf: [{ type: 'integer' }] } }, required: ['a'] }],
  ])('so that the value fits: %j', (schema) => {
    const value = fillSchema(schema);
    expect(validateJson(schema, value)).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['refers to itself', { $ref: '#' }],
    ['is its own only field', { properties: { a: { $ref: '#' } }, required: ['a'] }],
    ['doubles', { properties: { a: { $ref: '#' }, b: { $ref: '#' } }, required: ['a', 'b'] }],
    ['wants a list without end', { type: 'array', minItems: 1e9, items: { type: 'integer' } }],
    ['wants a text without end', { type: 'string', minLength: 1e12 }],
  ])('and ends where it %s', (_name, schema) => {
    expect(JSON.stringify(fillSchema(schema)).length).toBeLessThan(100_000);
  });
});
