import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { normalizePrompt } from '../../../src/normalize/normalize-prompt.ts';
import { frontmatterSchema } from '../../../src/normalize/settings-schema.ts';
import { SETTINGS } from '../../../src/normalize/settings.ts';
import { parsePrompt } from '../../../src/parse/parse-prompt.ts';
import { isObject } from '../../../src/protocol/json.ts';

const root = new URL('../../../', import.meta.url);
const schema = z.fromJSONSchema(z.any().parse(frontmatterSchema()));
const accepts = (settings: unknown): boolean => schema.safeParse(settings).success;

/** The settings of a document, or null when it has none that can be read. */
function settingsOf(text: string): Record<string, unknown> | null {
  const { frontmatter, problems } = parsePrompt(text);
  const isBroken = problems.some(({ severity }) => severity === 'error');
  return frontmatter === null || isBroken
    ? null
    : Object.fromEntries(
        // A value of null is no value (KEY-13).
        frontmatter.entries.flatMap(({ key, value }) => (value === null ? [] : [[key, value]])),
      );
}

/** What the normalizer takes and an editor may well underline: KEY-7. */
const COERCED = new Set(['coercions']);

const cases = readdirSync(new URL('spec/cases/', root))
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name): unknown[] => parse(readFileSync(new URL(`spec/cases/${name}`, root), 'utf8')))
  .filter(isObject)
  .map(({ name, text }) => ({ name: String(name), text: String(text) }))
  .filter(({ name, text }) => settingsOf(text) !== null && !COERCED.has(name));

describe('the JSON Schema of the frontmatter', () => {
  test.each(cases)('refuses nothing that a run takes: $name', ({ text }) => {
    const { problems } = normalizePrompt(parsePrompt(text), {
      providers: [{ id: 'main', defaultModel: 'm' }],
    });
    const isTaken = !problems.some(({ code }) => code === 'invalid_value');
    expect(accepts(settingsOf(text)) || !isTaken).toBe(true);
  });

  test('takes the settings of every example', () => {
    for (const name of readdirSync(new URL('prompts/', root))) {
      const text = readFileSync(new URL(`prompts/${name}`, root), 'utf8');
      expect([name, accepts(settingsOf(text) ?? {})]).toEqual([name, true]);
    }
  });

  test.each([
    [{ temperature: 3 }],
    [{ max_steps: 0 }],
    [{ max_steps: 1.5 }],
    [{ publish: 'none' }],
    [{ ttl: 'soon' }],
    [{ timeout: -1 }],
    [{ urls: 'some' }],
    [{ urls: { on_error: 'x' } }],
    [{ callback: 'javascript:alert(1)' }],
    [{ callback: { url: 'https://example.com', events: ['done'] } }],
    [{ logit_bias: { 50256: 101 } }],
    [{ config: { top_p: 2 } }],
    [{ profile: 'A b' }],
  ])('refuses %j', (settings) => {
    expect(accepts(settings)).toBe(false);
  });

  test('describes every setting, its aliases too, and lets other keys be', () => {
    const { properties } = frontmatterSchema();
    const names = SETTINGS.flatMap(({ key, aliases }) => [key, ...aliases]);
    for (const name of names) {
      expect(properties).toHaveProperty([name, 'description']);
    }
    expect(accepts({ 'x-mine': 1, hooks: {}, 'max-tokens': 5 })).toBe(true);
  });
});
