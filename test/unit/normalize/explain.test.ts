import { describe, expect, test } from 'vitest';
import { explain } from '../../../src/normalize/explain.ts';
import { normalizePrompt } from '../../../src/normalize/normalize-prompt.ts';
import { parsePrompt } from '../../../src/parse/parse-prompt.ts';

const context = { providers: [{ id: 'main', defaultModel: 'main-1' }] };
const explained = (text: string) => explain(normalizePrompt(parsePrompt(text), context));

describe('explain', () => {
  test('has the shape of a dry run', () => {
    const found = explained('---\nmax_steps: 3\n---\n@/demo/mcp\n\nRead @https://example.com/a.md');
    expect(found).toMatchObject({
      request: {
        model: 'main-1',
        provider: 'main',
        messages: [{ role: 'user', content: 'Read @https://example.com/a.md' }],
        servers: [
          {
            label: 'demo',
            url: '/demo/mcp',
            why: expect.stringContaining('tool server') as string,
          },
        ],
        references: [
          { url: '/demo/mcp', as: 'server', line: 4 },
          { url: 'https://example.com/a.md', as: 'context', line: 6 },
        ],
        limits: { max_steps: 3 },
        sources: { max_steps: { from: 'frontmatter', line: 2 } },
      },
      problems: [],
      estimate: { prompt_tokens: 8, max_context_tokens: 100_000, tool_tokens: null },
    });
  });

  test('counts what every role says, and images', () => {
    const text =
      '{{#role "system"}}Be brief.{{/role}}What? {{media url="https://a.example/b.png"}}';
    expect(explained(text)).toMatchObject({ estimate: { prompt_tokens: 3 + 2 + 1000 } });
  });

  test('gives the problems with line and column when there is no request', () => {
    expect(explained('---\nname: @x\n---\nHi')).toMatchObject({
      request: null,
      problems: [{ code: 'invalid_yaml', severity: 'error', line: 2, column: 7 }],
      estimate: null,
    });
  });

  test('says why each server is one, and what is known of tokens', () => {
    const text = '---\ntools: a.example.com/mcp\n---\nUse https://b.example.com/mcp here.';
    expect(explained(text)).toMatchObject({
      request: {
        servers: [
          { from: 'frontmatter', line: 2, why: 'It is listed under tools.' },
          { from: 'body', line: 4, why: expect.stringContaining('looks like') as string },
        ],
      },
      estimate: { max_context_tokens: 0, tool_tokens: null },
    });
    expect(explained('Hi')).toMatchObject({ estimate: { prompt_tokens: 1, tool_tokens: 0 } });
  });

  test('gives every field of a problem, null where there is none', () => {
    expect(explained('')).toMatchObject({
      problems: [{ code: 'empty_prompt', line: null, column: null, excerpt: null }],
    });
  });

  test('shows secrets only as references', () => {
    const text = '---\ntools: {url: a.example.com/mcp, authorization: "${KEY}"}\n---\nHi';
    expect(explained(text)).toMatchObject({
      request: { servers: [{ authorization: '${env:KEY}' }] },
    });
  });
});
