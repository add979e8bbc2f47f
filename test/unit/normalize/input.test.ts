/** Inputs of strangers: all of a request are fitted and checked in one bounded piece of work. */
import { describe, expect, it } from 'vitest';
import { normalizePrompt } from '../../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../../src/parse/parse-prompt.ts';

const context = { providers: [{ id: 'main', defaultModel: 'main-1' }] };

/** The problems of a prompt whose inputs have these schemas. */
function problems(schema: unknown, input: Readonly<Record<string, unknown>>): readonly string[] {
  const text = `---\ninput: {schema: ${JSON.stringify(schema)}}\n---\nHi.`;
  const found = normalizePrompt(parsePrompt(text), context, { input });
  return found.problems.map(({ code, message }) => `${code}: ${message}`);
}

const object = (properties: object, more: object = {}) => ({
  type: 'object',
  properties,
  ...more,
});
const each = <T>(count: number, item: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => item(at));
const named = <T>(count: number, item: (at: number) => T): Record<string, T> =>
  Object.fromEntries(each(count, (at): [string, T] => [`x${at}`, item(at)]));
const TOO_LONG = /^invalid_input: The input \w+ takes too long to be checked\.$/;

describe('the work of checking inputs', () => {
  it('is one for all inputs of a request, and behind the first that is too much no other is checked', () => {
    const schema = object(named(100, () => ({ type: 'array', items: { type: 'integer' } })));
    const values = named(100, () => each(50_000, () => 1));
    const found = problems(schema, values);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(TOO_LONG);
  });

  it('is enough for a body of a megabyte that is meant well', () => {
    const list = { type: 'array', items: { type: 'integer' } };
    expect(problems(object({ x: list }), { x: each(500_000, () => 1) })).toEqual([]);
    expect(problems(object({ x: list }), { x: each(400_000, () => 1).join(',') })).toEqual([]);
  });

  it.each<[string, object, unknown]>([
    ['long lists of values', { enum: each(2000, () => 'a') }, each(100_000, () => 'z')],
    ['long lists of types', { type: each(2000, () => 'null') }, each(100_000, () => 1)],
  ])('counts the fitting of %s', (_name, items, x) => {
    const found = problems(object({ x: { type: 'array', items } }), { x });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(TOO_LONG);
  });

  it('finds what a schema refers to in the schema as a whole', () => {
    const schema = object(
      { a: { $ref: '#/definitions/n' }, b: { $ref: '#/properties/a' }, c: { $ref: '#/$defs/n' } },
      { definitions: { n: { type: 'integer' } }, $defs: { n: { type: 'boolean' } } },
    );
    expect(problems(schema, { a: 1, b: 2, c: true })).toEqual([]);
    expect(problems(schema, { a: 'x', b: 'x', c: 'x' })).toEqual([
      'invalid_input: The input a must be an integer.',
      'invalid_input: The input b must be an integer.',
      'invalid_input: The input c must be true or false.',
    ]);
  });

  it('quotes no name at full length', () => {
    const long = 'n'.repeat(100_000);
    const schema = object({ x: { additionalProperties: false, properties: { y: {} } } });
    const found = [
      ...problems(object({ [long.slice(0, 5000)]: { type: 'integer' } }), {
        [long.slice(0, 5000)]: 'a',
      }),
      ...problems(schema, { x: { [long]: 1 } }),
      ...problems(object({ x: { additionalProperties: { type: 'integer' } } }), {
        x: { [long]: 'a' },
      }),
    ];
    expect(found).toHaveLength(3);
    expect(Math.max(...found.map((problem) => problem.length))).toBeLessThan(300);
  });
});
