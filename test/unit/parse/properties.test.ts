import {
  array,
  assert,
  constantFrom,
  dictionary,
  jsonValue,
  oneof,
  property,
  string,
} from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizePrompt } from '../../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../../src/parse/parse-prompt.ts';

/** Pieces that mean something in a prompt, so that random documents are near real ones. */
const pieces = constantFrom(
  '---\n',
  '\n',
  '\r\n',
  '\r',
  ' ',
  '\t',
  '    ',
  'model: a\n',
  'tools: https://a.example.com/mcp\n',
  'input: {schema: {x: string}}\n',
  'key:',
  ': ',
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  '(',
  ')',
  '![',
  '](',
  '@',
  '@{',
  '@/demo/mcp',
  'https://mcp.example.com/mcp',
  'https://example.com/a.md#b',
  'http://',
  '://',
  '<',
  '>',
  '<!--',
  '-->',
  '```\n',
  '~~~\n',
  '`',
  '``',
  '- ',
  '1. ',
  '> ',
  '# ',
  '* * *\n',
  '<pre>\n',
  '</pre>\n',
  '<tag>',
  '{{x}}',
  '${{ y }}',
  '\\',
  '…',
  '\uFEFF',
  '\uD800',
  '\0',
  'é',
  '。',
);
const documents = oneof(
  array(oneof(pieces, string({ maxLength: 6 })), { maxLength: 40 }).map((all) => all.join('')),
  string({ unit: 'binary', maxLength: 200 }),
);
const runs = { numRuns: 3000 };
const context = { providers: [{ id: 'main', defaultModel: 'main-1' }] };

describe('any text', () => {
  test('is read without a throw, and its body is the end of its text', () => {
    assert(
      property(documents, (text) => {
        const document = parsePrompt(text);
        expect(document.text.endsWith(document.body)).toBe(true);
        expect(document.bodyStart).toBe(document.text.length - document.body.length);
      }),
      runs,
    );
  });

  test('has references that are slices of the body, in order and apart', () => {
    assert(
      property(documents, (text) => {
        const { body, references } = parsePrompt(text);
        let end = 0;
        for (const reference of references) {
          expect(reference.start).toBeGreaterThanOrEqual(end);
          end = reference.end;
          const written = body.slice(reference.start, end);
          const isPath = reference.url.startsWith('/');
          expect(written).toContain(isPath ? reference.url : reference.url.split('#')[0]);
          expect(written).not.toMatch(/[\r\n]/);
        }
      }),
      runs,
    );
  });

  test('has problems at places that exist', () => {
    assert(
      property(documents, (text) => {
        const { text: source, problems } = parsePrompt(text);
        const lines = source.split(/\r\n|\n|\r/);
        for (const { at } of problems) {
          const line = at === undefined ? undefined : lines[at.line - 1];
          expect(at === undefined || (line !== undefined && at.column <= line.length + 1)).toBe(
            true,
          );
        }
      }),
      runs,
    );
  });

  test('is normalized without a throw, to plain JSON, and always the same', () => {
    assert(
      property(documents, (text) => {
        const first = normalizePrompt(parsePrompt(text), context);
        expect(normalizePrompt(parsePrompt(text), context)).toEqual(first);
        expect(JSON.parse(JSON.stringify(first.request))).toEqual(first.request);
        expect(first.request === null).toBe(first.worst === 'error');
      }),
      runs,
    );
  });
});

describe('any settings of the request', () => {
  test('are normalized without a throw', () => {
    const keys = constantFrom('tools', 'model', 'input', 'output', 'urls', 'stop', 'ttl', 'config');
    const overrides = dictionary(oneof(keys, string()), jsonValue());
    assert(
      property(overrides, (given) => {
        const { request } = normalizePrompt(parsePrompt('Hi'), context, { overrides: given });
        expect(JSON.parse(JSON.stringify(request))).toEqual(request);
      }),
      runs,
    );
  });
});
