import { PassThrough } from 'node:stream';

import { describe, expect, test } from 'vitest';

import { AnswerWriter } from '../../../src/cli/answer-writer.ts';
import { Progress } from '../../../src/cli/progress.ts';
import { Terminal } from '../../../src/cli/terminal.ts';
import type { EventBody, RunEvent } from '../../../src/run/event.ts';

/** Two streams that end on one screen, as they do for a person; `screen()` is what they show. */
function screen({ isTTY }: { isTTY: boolean }) {
  let shown = '';
  const stream = () => {
    const written = new PassThrough();
    written.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    return Object.assign(written, { isTTY, getColorDepth: () => 1 });
  };
  const terminal = new Terminal(asTerminal(stream()), asTerminal(stream()));
  return { terminal, shown: () => shown };
}

function asTerminal(stream: unknown): NodeJS.WriteStream {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a test cannot open a terminal
  return stream as NodeJS.WriteStream;
}

const TOOL_RUN: readonly EventBody[] = [
  { type: 'server-end', label: 'demo', url: '/demo/mcp', ok: true, tools: [], ms: 12 },
  { type: 'step-start', step: 1, attempt: 1, provider: 'p', model: 'm' },
  { type: 'text-delta', step: 1, text: 'Let me see.' },
  {
    type: 'tool-call',
    step: 1,
    call_id: 'c',
    wire_name: 'demo__roll',
    server: 'demo',
    tool: 'roll',
    arguments: '{"n":\n2}',
  },
  { type: 'tool-result', call_id: 'c', is_error: false, parts: [], ms: 3 },
  { type: 'step-end', step: 1, finish_reason: 'tool_calls', tool_calls: [] },
  { type: 'step-start', step: 2, attempt: 1, provider: 'p', model: 'm' },
  { type: 'text-delta', step: 2, text: 'Four.\n' },
  { type: 'step-end', step: 2, finish_reason: 'stop', tool_calls: [] },
];

const DONE: EventBody = { type: 'run-end', status: 'completed', stop_reason: 'stop' };

function stamped(bodies: readonly EventBody[]): RunEvent[] {
  return bodies.map((body, index) => ({ seq: index + 1, at: 0, ...body }));
}

describe('at a terminal', () => {
  test('progress and answer share the screen without breaking lines of each other', async () => {
    const { terminal, shown } = screen({ isTTY: true });
    const [answer, progress] = [new AnswerWriter(terminal), new Progress(terminal)];
    for (const event of stamped(TOOL_RUN)) {
      answer.take(event);
      progress.take(event);
    }
    await answer.end(() => 'never asked for');
    expect(shown()).toBe(
      [
        '✓ demo: 0 tools, 12 ms',
        '… p/m',
        'Let me see.',
        '→ demo.roll {"n": 2}',
        '✓ demo.roll: 3 ms',
        '',
        'Four.',
        '',
      ].join('\n'),
    );
  });

  test('nothing that a model or tool says can be an escape sequence', () => {
    const { terminal, shown } = screen({ isTTY: true });
    const [answer, progress] = [new AnswerWriter(terminal), new Progress(terminal)];
    const evil = '\u001b]52;c;ZXZpbA==\u0007\u009b2J';
    const bodies: EventBody[] = [
      { type: 'server-end', label: evil, url: '/x', ok: true, ms: 1 },
      { type: 'text-delta', step: 1, text: evil },
      { type: 'tool-call', step: 1, call_id: 'c', wire_name: evil, arguments: evil },
      { type: 'tool-result', call_id: 'c', is_error: true, parts: [], ms: 1 },
      {
        type: 'run-end',
        status: 'failed',
        stop_reason: 'server_error',
        error: { code: 'server_error', message: evil, detail: { url: evil } },
      },
    ];
    for (const event of stamped(bodies)) {
      answer.take(event);
      progress.take(event);
    }
    expect(shown()).toContain('52;c;ZXZpbA==');
    expect(shown()).not.toMatch(/[\p{Cc}--\n]/v);
  });
});

describe('without a terminal', () => {
  test('there is no progress', () => {
    const { terminal, shown } = screen({ isTTY: false });
    const progress = new Progress(terminal);
    for (const event of stamped([...TOOL_RUN, DONE])) progress.take(event);
    expect(shown()).toBe('');
  });

  test('what failed or was cut is said all the same', () => {
    const { terminal, shown } = screen({ isTTY: false });
    const progress = new Progress(terminal);
    const url = 'https://a.example/x';
    const error = { code: 'reference_failed', message: 'Not found.' } as const;
    const bodies: EventBody[] = [
      { type: 'reference-end', url, ok: false, error },
      { type: 'reference-end', url, ok: true, cut: true, tokens: 1000 },
      { type: 'server-end', label: 'a', url, ok: false, is_document: true, ms: 1 },
      {
        type: 'server-end',
        label: 'b',
        url,
        ok: true,
        tools: [],
        ms: 1,
        left_out: [{ name: 't', why: 'The tool t of b has no name.' }],
      },
      { type: 'step-start', step: 1, attempt: 2, provider: 'p', model: 'm' },
      { type: 'run-end', status: 'completed', stop_reason: 'length' },
    ];
    for (const event of stamped(bodies)) progress.take(event);
    expect(shown().trimEnd().split('\n')).toEqual([
      `note ${url} was not read: Not found.`,
      `note ${url} was cut at about 1,000 tokens.`,
      `note ${url} is not a tool server; it is read as a document.`,
      'note The tool t of b has no name. It is left out.',
      'note Asking p/m again.',
      'note The model was cut off at its token limit (max_tokens).',
    ]);
  });
});
