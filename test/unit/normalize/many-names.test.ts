/** Lists of names that a request of a megabyte can bring. */
import { describe, expect, it } from 'vitest';
import { normalizePrompt } from '../../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../../src/parse/parse-prompt.ts';

const names = (count: number, name = 'a'): string[] =>
  Array.from({ length: count }, (_, at) => `${name}${at}`);
const URL_OF_A = 'https://a.example.com/mcp';

/** The problems of a request with these settings, at a server that knows its models. */
function problems(overrides: Readonly<Record<string, unknown>>): readonly string[] {
  const providers = [{ id: 'main', defaultModel: 'main-1', models: names(40, 'm') }];
  const found = normalizePrompt(parsePrompt('Hi'), { providers }, { overrides });
  return found.problems.map(({ code, message }) => `${code}: ${message}`);
}

describe('more names than anybody means', () => {
  it.each([
    ['allowed tools', { allowed_tools: names(1001) }],
    ['disallowed tools', { disallowed_tools: names(1001).join(',') }],
    ['tools that need approval', { require_approval: { always: { tool_names: names(1001) } } }],
    ['allowed tools of a server', { tools: { url: URL_OF_A, allowed_tools: names(1001) } }],
    [
      'tools of a server that need approval',
      { tools: { url: URL_OF_A, require_approval: { never: names(1001) } } },
    ],
  ])('of %s are a wrong value', (_what, overrides) => {
    const found = problems(overrides);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^invalid_value: .* must not name more than 1000 tools\.$/);
  });

  it('of tools, each with the address of its server, are a wrong server', () => {
    const found = problems({ tools: names(1001).map((name) => `${URL_OF_A}:${name}`) });
    expect(found).toEqual([
      'invalid_server: The tool server a may use more than 1000 tools by name; name fewer, or use *.',
    ]);
  });

  it('of tools up to a thousand are fine', () => {
    expect(problems({ allowed_tools: names(1000), disallowed_tools: names(1000) })).toEqual([]);
  });

  it.each([
    ['known', names(33, 'm')],
    ['unknown', names(100_000)],
    ['of other tools', names(100_000, 'Some Model ')],
  ])('of models that are %s are one wrong value', (_what, model) => {
    expect(problems({ model })).toEqual([
      'invalid_value: model in the request must not name more than 32 models.',
    ]);
  });

  it('of one model are that model', () => {
    expect(problems({ model: 'm1,'.repeat(200_000) })).toEqual([]);
  });
});
