import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizePrompt } from '../../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../../src/parse/parse-prompt.ts';
import { withServer, withSetting } from '../../../src/publish/page/editor/setting-edit.ts';
import type { TextEdit } from '../../../src/publish/page/editor/setting-edit.ts';

const URL_A = 'https://a.example/mcp';
const URL_B = 'https://b.example/mcp';

function done(text: string, edit: TextEdit | null): string | null {
  return edit === null ? null : text.slice(0, edit.from) + edit.text + text.slice(edit.to);
}

const model = (text: string, value: string) => done(text, withSetting(text, 'model', value));
const server = (text: string, url: string) => done(text, withServer(text, url));

/** The text means what was written into it. */
function meaning(text: string) {
  const providers = [{ id: 'openai', defaultModel: 'gpt-5' }];
  const { request, problems } = normalizePrompt(parsePrompt(text), { providers });
  return {
    models: request?.models.map((choice) => choice.model),
    servers: request?.servers.map(({ url }) => url),
    errors: problems.filter(({ severity }) => severity === 'error'),
  };
}

describe('a setting is written', () => {
  test.each([
    ['into a text without any', 'Hi.', '---\nmodel: openai/m\n---\n\nHi.'],
    [
      'behind the others',
      '---\nseed: 1 # why\n---\nHi.',
      '---\nseed: 1 # why\nmodel: openai/m\n---\nHi.',
    ],
    [
      'in its own place',
      '---\nmodel: a # dear\nseed: 1\n---\nHi.',
      '---\nmodel: openai/m # dear\nseed: 1\n---\nHi.',
    ],
    [
      'over several lines',
      '---\nmodel:\n  - a\n  - b\n\n# seed\nseed: 1\n---\nHi.',
      '---\nmodel: openai/m\n\n# seed\nseed: 1\n---\nHi.',
    ],
    [
      'over a list that is not indented',
      '---\nmodel:\n- a\n- b\nseed: 1\n---\nHi.',
      '---\nmodel: openai/m\nseed: 1\n---\nHi.',
    ],
    ['over a quoted key', '---\n"model": a\n---\nHi.', '---\nmodel: openai/m\n---\nHi.'],
    [
      'with the line ends of the text',
      '---\r\nseed: 1\r\n---\r\nHi.',
      '---\r\nseed: 1\r\nmodel: openai/m\r\n---\r\nHi.',
    ],
    ['behind a byte order mark', '\uFEFFHi.', '\uFEFF---\nmodel: openai/m\n---\n\nHi.'],
    [
      'behind the name of a program',
      '#!/usr/bin/env mdops\nHi.',
      '#!/usr/bin/env mdops\n---\nmodel: openai/m\n---\n\nHi.',
    ],
    ['into an empty block', '---\n---\nHi.', '---\nmodel: openai/m\n---\nHi.'],
  ])('%s', (_where, before, after) => {
    expect(model(before, 'openai/m')).toBe(after);
    expect(meaning(after)).toMatchObject({ models: ['m'] });
  });

  test('not where the whole block is one map in braces', () => {
    expect(model('---\n{ model: a }\n---\nHi.', 'm')).toBe(
      // That is no frontmatter, but a thematic break.
      '---\nmodel: m\n---\n\n---\n{ model: a }\n---\nHi.',
    );
  });

  test('in quotes where YAML would read it as something else', () => {
    expect(model('', 'true')).toContain('model: "true"');
    expect(model('', 'a: b # c')).toContain('model: "a: b # c"');
    expect(model('', '@x')).toContain('model: "@x"');
  });
});

describe('a tool server is added', () => {
  test.each([
    ['to a text without settings', 'Hi.', `---\ntools:\n  - ${URL_B}\n---\n\nHi.`],
    [
      'to settings without tools',
      '---\nseed: 1\n---\nHi.',
      `---\nseed: 1\ntools:\n  - ${URL_B}\n---\nHi.`,
    ],
    [
      'to one server',
      `---\ntools: ${URL_A} # mine\n---\nHi.`,
      `---\ntools: # mine\n  - ${URL_A}\n  - ${URL_B}\n---\nHi.`,
    ],
    [
      'to a list',
      `---\ntools:\n    - ${URL_A} # mine\n    # end\nseed: 1\n---\nHi.`,
      `---\ntools:\n    - ${URL_A} # mine\n    - ${URL_B}\n    # end\nseed: 1\n---\nHi.`,
    ],
    [
      'to a list that is not indented',
      `---\ntools:\n- ${URL_A}\nseed: 1\n---\nHi.`,
      `---\ntools:\n- ${URL_A}\n- ${URL_B}\nseed: 1\n---\nHi.`,
    ],
    [
      'to a list of maps',
      `---\ntools:\n  - url: ${URL_A}\n    profile: work\n---\nHi.`,
      `---\ntools:\n  - url: ${URL_A}\n    profile: work\n  - ${URL_B}\n---\nHi.`,
    ],
    [
      'to a list in brackets',
      `---\ntools: ["${URL_A}"] # mine\n---\nHi.`,
      `---\ntools: ["${URL_A}", "${URL_B}"] # mine\n---\nHi.`,
    ],
    ['to an empty list', '---\ntools: []\n---\nHi.', `---\ntools: ["${URL_B}"]\n---\nHi.`],
    ['to nothing', '---\ntools:\n---\nHi.', `---\ntools:\n  - ${URL_B}\n---\nHi.`],
  ])('%s', (_where, before, after) => {
    expect(server(before, URL_B)).toBe(after);
    const { servers, errors } = meaning(after);
    expect(servers?.at(-1)).toBe(URL_B);
    expect(errors).toEqual([]);
  });

  test.each([
    ['a map', `---\ntools:\n  a:\n    url: ${URL_A}\n---\nHi.`],
    ['brackets over several lines', `---\ntools: [\n  ${URL_A}\n]\n---\nHi.`],
    ['an alias', '---\ntools: *servers\n---\nHi.'],
    ['maps in brackets', `---\ntools: [{ url: ${URL_A} }]\n---\nHi.`],
  ])('not by guessing: %s', (_what, before) => {
    expect(server(before, URL_B)).toBeNull();
  });

  test('whatever its address is made of, and it is a server of the prompt then', () => {
    const path = fc.stringMatching(/^[\w.~!$&'()*+,;=:@%?#/-]{0,30}$/);
    fc.assert(
      fc.property(
        path,
        fc.constantFrom('Hi.', '---\nseed: 1\n---\nHi.', `---\ntools: [${URL_A}]\n---\n`),
        (rest, before) => {
          const address = `https://c.example/mcp/${rest}`;
          const after = server(before, address) ?? '';
          expect(parsePrompt(after).problems).toEqual([]);
          expect(JSON.stringify(parsePrompt(after).frontmatter?.entries)).toContain(
            JSON.stringify(address),
          );
        },
      ),
    );
  });
});
