import type { CompletionRequest } from '../../../src/normalize/request.ts';
import type { EventBody, RunEvent } from '../../../src/run/event.ts';
import { foldRun } from '../../../src/run/fold-run.ts';
import type { Run } from '../../../src/run/run.ts';
import { viewFor, type RunView } from '../../../src/run/view.ts';

export const ID = 'Ab3dEf6hIj9lMn2pQr5tUvKEYEDTAG01';
export const START = Date.UTC(2026, 10, 21, 9, 30, 0, 250);

/** A request as the normalizer would make it. */
export function sampleRequest(changes: Partial<CompletionRequest> = {}): CompletionRequest {
  return {
    version: 1,
    models: [{ provider: 'demo', model: 'demo' }],
    messages: [{ role: 'user', content: 'Roll two dice and say what time it is in Lisbon.' }],
    parameters: {},
    servers: [
      {
        label: 'demo',
        url: '/demo/mcp',
        type: 'mcp',
        headers: {},
        require_approval: 'never',
        from: 'body',
      },
    ],
    references: [
      { url: 'https://docs.example/a.md', as: 'context', why: 'mentioned' },
      { url: 'https://docs.example/b.md', as: 'context', why: 'mentioned' },
      { url: 'https://docs.example/gone', as: 'context', why: 'mentioned' },
    ],
    urls: {
      policy: 'mentions',
      max_urls: 10,
      max_bytes: 1_000_000,
      max_tokens: 50_000,
      timeout: 10,
      on_error: 'note',
      html: 'markdown',
      shadow: {},
    },
    output: { format: 'markdown' },
    limits: {
      max_steps: 20,
      max_tool_calls: 64,
      max_total_tokens: null,
      max_cost: null,
      timeout: 600,
    },
    profile: 'default',
    on_auth: 'wait',
    store: null,
    ttl: null,
    publish: null,
    input: {},
    ext: {},
    sources: {},
    ...changes,
  };
}

const PROMPT =
  '@/demo/mcp\n\nRoll two dice and say what time it is in Lisbon.\nUse @https://docs.example/a.md.\n';

/** Events as a log would stamp them, 100 ms apart. */
export function stamped(bodies: readonly EventBody[]): RunEvent[] {
  return bodies.map((body, index) =>
    Object.assign({ seq: index + 1, at: START + index * 100 }, body),
  );
}

export function runStart(changes: Partial<CompletionRequest> = {}, prompt = PROMPT): EventBody {
  return {
    type: 'run-start',
    version: 1,
    id: ID,
    prompt,
    request: sampleRequest(changes),
    problems: [
      {
        code: 'unknown_key',
        severity: 'warning',
        message: 'There is no setting `temprature`. Did you mean `temperature`?',
        at: { line: 2, column: 1 },
        excerpt: 'temprature: 1\n^',
      },
    ],
    expires_at: START + 86_400_000,
  };
}

/** References and the tool server are there. */
export const GATHERED: readonly EventBody[] = [
  {
    type: 'reference-end',
    url: 'https://docs.example/a.md',
    ok: true,
    status: 200,
    media_type: 'text/markdown',
    bytes: 12_345,
    tokens: 3086,
    sha256: 'ab'.repeat(32),
    parts: [{ type: 'text', text: 'never shown' }],
  },
  {
    type: 'reference-end',
    url: 'https://docs.example/b.md',
    ok: true,
    status: 200,
    media_type: 'text/markdown',
    bytes: 900,
    tokens: 225,
  },
  {
    type: 'reference-end',
    url: 'https://docs.example/gone',
    ok: false,
    status: 404,
    error: { code: 'reference_failed', message: 'The document is not there (404).' },
  },
  {
    type: 'server-end',
    label: 'demo',
    url: '/demo/mcp',
    ok: true,
    name: 'MarkdownOps demo',
    protocol_version: '2026-07-28',
    tools: [
      {
        name: 'roll_dice',
        wire_name: 'demo__roll_dice',
        input_schema: { type: 'object' },
        hash: '0'.repeat(64),
      },
      {
        name: 'time_in',
        wire_name: 'demo__time_in',
        input_schema: { type: 'object' },
        hash: '1'.repeat(64),
      },
    ],
    ms: 12,
  },
];

export function toolCall(id: string, tool: string, args: string): EventBody {
  return {
    type: 'tool-call',
    step: 1,
    call_id: id,
    wire_name: `demo__${tool}`,
    server: 'demo',
    tool,
    arguments: args,
  };
}

export function toolResult(id: string, text: string, failed = false): EventBody {
  return {
    type: 'tool-result',
    call_id: id,
    is_error: failed,
    parts: [{ type: 'text', text }],
    ms: 34,
  };
}

export function stepStart(step: number): EventBody {
  return { type: 'step-start', step, attempt: 1, provider: 'demo', model: 'demo' };
}

/** A first step that calls two tools. */
export const CALLING: readonly EventBody[] = [
  stepStart(1),
  { type: 'text-delta', step: 1, text: 'I will ask the tools.' },
  toolCall('call_1', 'roll_dice', '{"count":2,"sides":6}'),
  toolCall('call_2', 'time_in', '{"zone":"Europe/Lisbon"}'),
  {
    type: 'step-end',
    step: 1,
    finish_reason: 'tool_calls',
    usage: { prompt_tokens: 1200, completion_tokens: 40, total_tokens: 1240 },
    tool_calls: [],
  },
  { type: 'tool-sent', call_id: 'call_1' },
  { type: 'tool-sent', call_id: 'call_2' },
];

export const ANSWERED: readonly EventBody[] = [
  toolResult('call_1', '{"dice":[3,5],"sum":8}'),
  toolResult('call_2', 'Saturday, 09:30 in Europe/Lisbon'),
];

/** A last step that says `text`. */
export function answering(text: string, step = 2): EventBody[] {
  return [
    stepStart(step),
    { type: 'text-delta', step, text },
    {
      type: 'step-end',
      step,
      finish_reason: 'stop',
      usage: { prompt_tokens: 1300, completion_tokens: 25, total_tokens: 1325 },
      tool_calls: [],
    },
  ];
}

export const COMPLETED: EventBody = { type: 'run-end', status: 'completed', stop_reason: 'stop' };

export function sampleRun(bodies: readonly EventBody[]): Run {
  return foldRun(stamped(bodies));
}

export function sampleView(bodies: readonly EventBody[]): RunView {
  return viewFor('public', sampleRun(bodies));
}

/** A whole run: references, two tool calls, an answer. */
export function wholeRun(answer = 'You rolled **3** and **5**. In Lisbon it is 09:30.'): RunView {
  return sampleView([
    runStart(),
    ...GATHERED,
    ...CALLING,
    ...ANSWERED,
    ...answering(answer),
    COMPLETED,
  ]);
}

/** A run in which a model said `answer` and nothing else happened. */
export function plainRun(answer: string, changes: Partial<CompletionRequest> = {}): RunView {
  return sampleView([
    runStart({ servers: [], references: [], ...changes }, 'Say it.'),
    ...answering(answer, 1),
    COMPLETED,
  ]);
}
