import { describe, expect, it } from 'vitest';
import { contentOfForm, contentProblem, formFields } from '../../../src/run/elicitation-form.ts';

const SCHEMA = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', title: 'Name', maxLength: 10 },
    age: { type: 'integer', minimum: 0 },
    sure: { type: 'boolean' },
    size: { type: 'string', oneOf: [{ const: 's', title: 'Small' }, { const: 'l' }] },
    tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, maxItems: 1 },
    nested: { type: 'object', properties: {} },
  },
} as const;

describe('a form that a tool asks for', () => {
  it('has its flat fields and no others', () => {
    expect(formFields(SCHEMA).map(({ name, kind }) => [name, kind])).toEqual([
      ['name', 'text'],
      ['age', 'number'],
      ['sure', 'switch'],
      ['size', 'choice'],
      ['tags', 'choices'],
    ]);
    expect(formFields(SCHEMA)[3]?.options).toEqual([
      { value: 's', title: 'Small' },
      { value: 'l', title: 'l' },
    ]);
  });

  it('of whatever shape is read without harm', () => {
    for (const schema of [{}, { properties: [] }, { properties: { a: 3, b: { type: [] } } }]) {
      expect(formFields(schema)).toEqual([]);
    }
  });

  it('has at most fifty fields', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 80 }, (_, index) => [`f${index}`, { type: 'string' }]),
    );
    expect(formFields({ properties })).toHaveLength(50);
  });
});

describe('an answer', () => {
  it('of a browser becomes what the schema means', () => {
    const sent = new Map([
      ['name', ['Ada']],
      ['age', ['36']],
      ['sure', ['true']],
      ['size', ['']],
      ['tags', ['a']],
      ['other', ['x']],
    ]);
    const content = contentOfForm(SCHEMA, sent);
    expect(content).toEqual({ name: 'Ada', age: 36, sure: true, tags: ['a'] });
    expect(contentProblem(SCHEMA, content)).toBeNull();
  });

  it.each([
    [{ age: 1 }, 'name'],
    [{ name: 'x', age: 'many' }, 'age'],
    [{ name: 'x', age: -1 }, 'age'],
    [{ name: 'much too long for it' }, 'name'],
    [{ name: 'x', size: 'xl' }, 'size'],
    [{ name: 'x', tags: ['a', 'b'] }, 'tags'],
    [{ name: 'x', nested: {} }, 'not asked for'],
    [{ name: 'x', stranger: 1 }, 'not asked for'],
    [{ name: 'x'.repeat(70_000) }, 'characters'],
  ])('that does not fit is refused with the reason: %j', (content, reason) => {
    expect(contentProblem(SCHEMA, content)).toContain(reason);
  });
});
