import { describe, expect, it } from 'vitest';
import type { CompletionRequest } from '../../../src/normalize/request.ts';
import type { EventBody, RunEvent } from '../../../src/run/event.ts';
import { Attempts } from '../../../src/run/attempts.ts';
import { publicationOf, startedLoginUse } from '../../../src/run/publication.ts';
import { visibleEvent } from '../../../src/run/public-event.ts';
import { foldRun } from '../../../src/run/fold-run.ts';
import { viewFor } from '../../../src/run/view.ts';

const request: CompletionRequest = {
  version: 1,
  models: [{ provider: 'demo', model: 'demo' }],
  messages: [{ role: 'user', content: 'CANARY-prompt' }],
  parameters: {},
  servers: [
    {
      label: 'tools',
      url: 'https://mcp.example/mcp',
      type: 'mcp',
      headers: { 'x-api-key': 'CANARY-secret' },
      authorization: 'CANARY-secret',
      require_approval: 'never',
      from: 'frontmatter',
    },
  ],
  references: [{ url: 'https://docs.example/CANARY-reference', as: 'context', why: 'mentioned' }],
  urls: {
    policy: 'mentions',
    max_urls: 8,
    max_bytes: 1000,
    max_tokens: 1000,
    timeout: 5,
    on_error: 'note',
    html: 'markdown',
    shadow: {},
  },
  output: { format: 'markdown' },
  limits: {
    max_steps: 4,
    max_tool_calls: 4,
    max_total_tokens: null,
    max_cost: null,
    timeout: 60,
  },
  profile: 'default',
  on_auth: 'fail',
  store: null,
  ttl: null,
  publish: 'answer',
  input: {},
  ext: {},
  sources: {},
};

const bodies: EventBody[] = [
  {
    type: 'run-start',
    version: 1,
    id: 'x',
    prompt: 'CANARY-prompt',
    request,
    problems: [{ code: 'a', severity: 'info', message: 'CANARY-problem' }],
    expires_at: null,
  },
  {
    type: 'reference-end',
    url: 'https://docs.example/CANARY-reference',
    ok: true,
    parts: [{ type: 'text', text: 'CANARY-document' }],
  },
  {
    type: 'server-end',
    label: 'tools',
    url: 'https://mcp.example/CANARY-path/mcp',
    ok: true,
    instructions: 'CANARY-instructions',
    left_out: [{ name: 'CANARY-left-out', why: 'CANARY-why' }],
    tools: [
      {
        name: 'search',
        wire_name: 'tools__search',
        description: 'CANARY-description',
        input_schema: { title: 'CANARY-schema' },
        hash: 'h',
      },
    ],
    ms: 1,
  },
  { type: 'step-start', step: 1, attempt: 1, provider: 'demo', model: 'demo' },
  { type: 'reasoning-delta', step: 1, text: 'CANARY-reasoning' },
  { type: 'text-delta', step: 1, text: 'CANARY-before-the-call' },
  {
    type: 'tool-call',
    step: 1,
    call_id: 'c1',
    wire_name: 'tools__search',
    server: 'tools',
    tool: 'search',
    arguments: '{"q":"CANARY-argument"}',
  },
  { type: 'tool-sent', call_id: 'c1' },
  { type: 'tool-progress', call_id: 'c1', progress: 1, message: 'CANARY-progress' },
  {
    type: 'tool-result',
    call_id: 'c1',
    is_error: true,
    parts: [{ type: 'text', text: 'CANARY-result' }],
    structured: { a: 'CANARY-structured' },
    ms: 3,
    error: { code: 'server_error', message: 'CANARY-error' },
  },
  {
    type: 'step-end',
    step: 1,
    finish_reason: 'tool_calls',
    tool_calls: [
      { id: 'c1', type: 'function', function: { name: 'tools__search', arguments: 'CANARY-arg' } },
    ],
    echo: { reasoning: 'CANARY-echo' },
  },
  { type: 'step-start', step: 2, attempt: 1, provider: 'demo', model: 'demo' },
  { type: 'text-delta', step: 2, text: 'The answer.' },
  { type: 'step-end', step: 2, finish_reason: 'stop', tool_calls: [] },
  {
    type: 'run-end',
    status: 'failed',
    stop_reason: 'server_error',
    error: { code: 'server_error', message: 'CANARY-end' },
  },
];
const events = bodies.map((body, index): RunEvent => ({ ...body, seq: index + 1, at: index }));

const seenBy = (viewer: 'owner' | 'public', publish: CompletionRequest['publish']) => {
  const publication = publicationOf(publish, startedLoginUse(request));
  const scope = { viewer, publication, attempts: new Attempts(events), origin: '' };
  return events.map((event) => visibleEvent(event, scope)).filter((event) => event !== null);
};

describe('the events that somebody may see', () => {
  it('with publish: answer tell the public the answer, the names of tools, and nothing else', () => {
    const seen = seenBy('public', 'answer');
    expect(JSON.stringify(seen)).not.toContain('CANARY');
    expect(seen.map(({ type }) => type)).toEqual([
      'run-start',
      'server-end',
      'step-start',
      'tool-call',
      'tool-sent',
      'tool-result',
      'step-end',
      'step-start',
      'text-delta',
      'step-end',
      'run-end',
    ]);
    expect(JSON.stringify(seen)).toContain('The answer.');
    expect(JSON.stringify(seen)).toContain('tools__search');
  });

  it('tell the answer of a further attempt, and not what the one before said to call tools', () => {
    const start = { type: 'step-start', step: 1, provider: 'demo', model: 'demo' } as const;
    const call = {
      type: 'tool-call',
      step: 1,
      call_id: 'c',
      wire_name: 'x',
      arguments: '',
    } as const;
    const log = [
      { ...start, attempt: 1 },
      { type: 'text-delta', step: 1, text: 'Let me look.' },
      call,
      { ...start, attempt: 2 },
      { type: 'text-delta', step: 1, text: 'The answer.' },
    ] satisfies EventBody[];
    const stamped = log.map((body, index): RunEvent => ({ ...body, seq: index + 1, at: 0 }));
    const attempts = new Attempts(stamped);
    const scope = { viewer: 'public', publication: 'answer', attempts, origin: '' } as const;
    const seen = stamped.flatMap((event) => visibleEvent(event, scope) ?? []);
    expect(seen.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []))).toEqual([
      'The answer.',
    ]);
  });

  it('keep their numbers, so that resuming is exact', () => {
    expect(seenBy('public', 'answer').map(({ seq }) => seq)).toEqual([
      1, 3, 4, 7, 8, 10, 11, 12, 13, 14, 15,
    ]);
  });

  it('tell the owner everything but secrets of servers and the text of documents', () => {
    for (const seen of [
      seenBy('owner', 'answer'),
      seenBy('public', 'full'),
      seenBy('public', null),
    ]) {
      const text = JSON.stringify(seen);
      expect(seen).toHaveLength(events.length);
      expect(text).not.toContain('CANARY-secret');
      expect(text).not.toContain('CANARY-document');
      expect(text).toContain('CANARY-argument');
    }
  });

  it('never say more than the view does', () => {
    const words = (value: unknown) => new Set(JSON.stringify(value).match(/CANARY-[a-z-]+/g) ?? []);
    for (const publish of ['full', 'answer'] as const) {
      const run = foldRun([
        { ...events[0], request: { ...request, publish } } as RunEvent,
        ...events.slice(1),
      ]);
      for (const viewer of ['owner', 'public'] as const) {
        const inView = words(viewFor(viewer, run));
        const inEvents = words(seenBy(viewer, publish));
        // A progress message is of the moment: the state keeps the last one only.
        inEvents.delete('CANARY-progress');
        expect([...inEvents].filter((word) => !inView.has(word))).toEqual([]);
      }
    }
  });
});
