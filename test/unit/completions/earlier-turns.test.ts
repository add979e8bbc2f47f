import { describe, expect, it } from 'vitest';
import { callMarkdown, loginMarkdown } from '../../../src/completions/call-markdown.ts';
import { withEarlierCalls } from '../../../src/completions/earlier-turns.ts';
import type { McpAuthRequest, McpCall } from '../../../src/completions/mcp-item.ts';
import type { ChatMessage } from '../../../src/protocol/chat.ts';

const search: McpCall = {
  type: 'mcp_call',
  id: 'mcp_c1',
  server_label: 'docs',
  name: 'search',
  arguments: '{"q":"x"}',
  output: 'found x',
  error: null,
};
const user = { role: 'user', content: 'Hi.' } as const;

function turns(answer: object): readonly ChatMessage[] {
  return withEarlierCalls([user, { role: 'assistant', ...answer } as ChatMessage, user]).slice(
    1,
    -1,
  );
}

const call = (name: string, id = 'c1') => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name, arguments: '{"q":"x"}' } }],
});

describe('an earlier answer that comes back with its items', () => {
  it('is calls with their results, and the words without what was shown', () => {
    const content = `Let me look.${callMarkdown(search)}Found it.`;
    expect(turns({ content, mcp: [{ type: 'mcp_list_tools' }, search] })).toEqual([
      call('docs__search'),
      { role: 'tool', tool_call_id: 'c1', content: 'found x' },
      { role: 'assistant', content: 'Let me look.\n\nFound it.' },
    ]);
  });

  it('gives the model the whole result, of which only the start was shown', () => {
    const long = { ...search, output: 'long '.repeat(5000) };
    const [, result, answer] = turns({ content: `${callMarkdown(long)}Done.`.trim(), mcp: [long] });
    expect(result?.content).toBe(long.output);
    expect(answer?.content).toBe('Done.');
  });

  it('keeps functions of the caller in the message that their results follow', () => {
    const own = { id: 'c2', type: 'function', function: { name: 'pay', arguments: '{}' } };
    const content = callMarkdown(search);
    expect(turns({ content, tool_calls: [own], mcp: [search] }).at(-1)).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [own],
    });
  });

  it('says what failed, as the model was told', () => {
    const failed = { ...search, error: { type: 'tool_error', code: null, message: 'no' } };
    const contents = (mcp: object) => turns({ content: 'x', mcp: [mcp] })[1]?.content;
    expect(contents({ ...failed, output: 'no such page' })).toBe('Error: no such page');
    expect(contents({ ...failed, output: null })).toBe('Error: no');
    expect(contents({ ...search, output: '' })).toBe('(no output)');
  });

  it('names tools as they were named before', () => {
    const odd = { ...search, server_label: 'my docs', name: 'a.very.long.tool'.repeat(6) };
    const [asked] = turns({ content: 'x', mcp: [odd] });
    const name = asked?.role === 'assistant' ? asked.tool_calls?.[0]?.function.name : '';
    expect(name).toMatch(/^my_docs__a_very[\w-]{1,47}_[0-9a-z]{7}$/);
  });

  it('has no login link and no empty message where it was only that', () => {
    const login: McpAuthRequest = {
      type: 'mcp_auth_request',
      id: 'mcpa_0',
      server_label: 'docs',
      server_url: 'https://docs.example/mcp',
      login_url: 'https://prompts.example/connect/a1',
      expires_at: 1,
    };
    expect(turns({ content: loginMarkdown(login), mcp: [login] })).toEqual([]);
  });

  it('has no rendering in its reasoning either', () => {
    const reasoning_content = `I ask.${callMarkdown(search)}`;
    expect(turns({ content: 'Done.', reasoning_content, mcp: [search] }).at(-1)).toEqual({
      role: 'assistant',
      content: 'Done.',
      reasoning_content: 'I ask.',
    });
  });

  it('keeps what only looks like a rendering', () => {
    const content = '<details><summary>docs: search</summary>mine</details>';
    expect(turns({ content, mcp: [search] }).at(-1)?.content).toBe(content);
  });

  it.each([
    [{ content: `${callMarkdown(search)}Done.` }],
    [{ content: 'Done.', mcp: 'nothing that we know' }],
  ])('stays as it is without items: %j', (answer) => {
    expect(turns(answer)).toEqual([{ role: 'assistant', ...answer }]);
  });

  it.each([
    [null],
    [1],
    [{ type: 'mcp_call' }],
    [{ ...search, output: 3 }],
    [{ ...search, id: 1 }],
  ])('is not harmed by an item that is none: %j', (item) => {
    expect(turns({ content: 'Done.', mcp: [item] })).toEqual([
      { role: 'assistant', content: 'Done.' },
    ]);
  });
});
