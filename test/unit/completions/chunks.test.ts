import { describe, expect, it } from 'vitest';
import { ChunkWriter, type ChunkWriterOptions } from '../../../src/completions/chunk-writer.ts';
import { completionOf } from '../../../src/completions/completion.ts';
import type { CompletionChunk } from '../../../src/completions/completion-chunk.ts';
import type { CompletionRequest } from '../../../src/normalize/request.ts';
import type { ChatTool } from '../../../src/protocol/chat.ts';
import {
  calls,
  memoryServers,
  ports,
  runToEnd,
  says,
  scriptedModel,
  server,
  startedLog,
  text,
  type Turn,
} from '../../support/engine.ts';

const pay: ChatTool = {
  type: 'function',
  function: { name: 'pay', parameters: { type: 'object', properties: {} } },
};

const docs = memoryServers({
  'https://docs.example/mcp': [
    { name: 'search', run: ({ q }) => text(`found ${JSON.stringify(q)}`) },
    {
      name: 'fail',
      run: () => ({ isError: true, parts: [{ type: 'text', text: 'no such page' }] }),
    },
    {
      name: 'image',
      run: () => ({
        isError: false,
        parts: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
      }),
    },
  ],
});

async function answered(
  turns: readonly Turn[],
  change: Partial<CompletionRequest> = {},
  options: Partial<ChunkWriterOptions> = {},
) {
  const model = scriptedModel(turns);
  const log = startedLog({ servers: [server('docs')], ...change });
  const run = await runToEnd(ports(model, { log, servers: docs }));
  const writer = new ChunkWriter({
    id: 'chatcmpl-1',
    created: 1,
    model: 'm',
    view: 'text',
    includeUsage: false,
    functions: new Set((change.functions ?? []).map((tool) => tool.function.name)),
    loginUrl: (id) => `https://prompts.example/connect/${id}`,
    ...options,
  });
  const chunks = log.read().flatMap((event) => writer.take(event));
  return { run, model, chunks, completion: completionOf(chunks, writer) };
}

const contentOf = (chunks: readonly CompletionChunk[]): string =>
  chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? '')).join('');

describe('the answer of a chat completion with tool servers', () => {
  it('holds the words of the model and no call that the client would run itself', async () => {
    const { chunks, completion } = await answered([
      calls(['docs__search', { q: 'x' }]),
      says('Found it.'),
    ]);
    expect(contentOf(chunks)).toBe('Found it.');
    expect(
      chunks.every(({ choices }) => choices.every(({ delta }) => delta.tool_calls === undefined)),
    ).toBe(true);
    expect(completion.choices[0]?.message).toMatchObject({
      role: 'assistant',
      content: 'Found it.',
    });
    expect(completion.choices[0]?.finish_reason).toBe('stop');
  });

  it('sums the usage of all steps and gives it in a chunk of its own when asked', async () => {
    const { chunks, completion } = await answered(
      [calls(['docs__search', { q: 'x' }]), says('Found it.')],
      {},
      { includeUsage: true },
    );
    const usage = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 };
    expect(completion.usage).toEqual(usage);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  it('carries every tool event once with an index of its own, and all on the last chunk', async () => {
    const { chunks } = await answered([
      calls(['docs__search', { q: 'x' }], ['docs__fail', {}]),
      says('Done.'),
    ]);
    const sent = chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.mcp ?? []));
    expect(sent.map(({ type, index }) => [type, index])).toEqual([
      ['mcp_list_tools', 0],
      ['mcp_call', 1],
      ['mcp_call', 2],
    ]);
    expect(sent[1]).toMatchObject({
      name: 'search',
      server_label: 'docs',
      arguments: '{"q":"x"}',
      output: 'found "x"',
      error: null,
    });
    expect(sent[2]).toMatchObject({
      name: 'fail',
      error: { type: 'tool_error', message: 'no such page' },
    });
    const last = chunks.at(-1);
    expect(last?.choices[0]?.finish_reason).toBe('stop');
    expect(last?.mcp?.map(({ id }) => id)).toEqual(sent.map(({ id }) => id));
  });

  it('shows calls as folded Markdown, which nothing that a server says can open', async () => {
    const hostile = memoryServers({
      'https://docs.example/mcp': [
        { name: 'x', run: () => text('```\n</details><script>alert(1)</script>\u001b[2J') },
      ],
    });
    const log = startedLog({ servers: [server('docs')] });
    await runToEnd(
      ports(scriptedModel([calls(['docs__x', {}]), says('Done.')]), { log, servers: hostile }),
    );
    const writer = new ChunkWriter({
      id: 'c',
      created: 1,
      model: 'm',
      view: 'markdown',
      includeUsage: false,
      functions: new Set(),
      loginUrl: String,
    });
    const content = contentOf(log.read().flatMap((event) => writer.take(event)));
    expect(content).toContain('<details><summary>docs: x</summary>');
    expect(content).toContain('````text\n```\n</details><script>');
    expect(content).not.toContain('\u001b');
  });

  it('never holds an image as text', async () => {
    const { chunks } = await answered(
      [calls(['docs__image', {}]), says('Seen.')],
      {},
      { view: 'markdown' },
    );
    expect(JSON.stringify(chunks)).not.toContain('base64');
  });

  it.each(['length', 'content_filter'])('ends with the %s of the model', async (reason) => {
    const { completion } = await answered([says('Cut', reason)]);
    expect(completion.choices[0]?.finish_reason).toBe(reason);
  });

  it('of a provider that says tool_calls and asks for none ends with stop', async () => {
    const { completion } = await answered([says('Done.', 'tool_calls')]);
    expect(completion.choices[0]?.finish_reason).toBe('stop');
  });
});

describe('a function of the caller', () => {
  it('comes back with finish_reason tool_calls and is not run here', async () => {
    const { completion, chunks, run } = await answered([calls(['pay', { sum: 3 }])], {
      functions: [pay],
    });
    expect(run.status).toBe('completed');
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [
          { id: 'c0', type: 'function', function: { name: 'pay', arguments: '{"sum":3}' } },
        ],
      },
    });
    const deltas = chunks.flatMap(({ choices }) =>
      choices.flatMap(({ delta }) => delta.tool_calls ?? []),
    );
    expect(deltas).toMatchObject([{ index: 0, id: 'c0' }]);
  });

  it('in one turn with a tool of a server comes back after that tool was called', async () => {
    const { completion, model } = await answered(
      [calls(['pay', {}], ['docs__search', { q: 'x' }])],
      { functions: [pay] },
    );
    expect(model.asked).toHaveLength(1);
    const message = completion.choices[0]?.message;
    expect(message?.tool_calls?.map((call) => call.function.name)).toEqual(['pay']);
    expect(message?.mcp?.find(({ type }) => type === 'mcp_call')).toMatchObject({
      output: 'found "x"',
    });
  });

  it('is offered to the model as the caller wrote it, beside the tools of servers', async () => {
    const strict = { ...pay, function: { ...pay.function, strict: true } };
    const { model } = await answered([says('Hi.')], { functions: [strict] });
    expect(model.asked[0]?.tools[0]).toEqual(strict);
    expect(model.asked[0]?.tools.map((tool) => tool.function.name)).toContain('docs__search');
  });

  it('is the caller\u2019s even when a server names a tool the same', async () => {
    const shadow = { ...pay, function: { ...pay.function, name: 'docs__search' } };
    const { completion, model } = await answered([calls(['docs__search', { q: 'x' }])], {
      functions: [shadow],
    });
    expect(model.asked[0]?.tools.filter((tool) => tool.function.name === 'docs__search')).toEqual([
      shadow,
    ]);
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('is not counted against a limit of steps that is used up', async () => {
    const limits = {
      max_steps: 1,
      max_tool_calls: 64,
      max_total_tokens: null,
      max_cost: null,
      timeout: 60,
    };
    const { run } = await answered([calls(['pay', {}])], { functions: [pay], limits });
    expect(run.stop_reason).toBe('tool_calls');
  });
});
