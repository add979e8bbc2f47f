import type { FaultData } from '../fault/fault.ts';
import type { CompletionRequest, ToolServer } from '../normalize/request.ts';
import type { Problem } from '../parse/problem.ts';
import type { ChatToolCall, Usage } from '../protocol/chat.ts';
import type { JsonObject } from '../protocol/json.ts';
import type {
  ReferenceEnd,
  RunEnd,
  RunEvent,
  RunStart,
  ServerEnd,
  ToolCall,
  ToolResult,
} from './event.ts';
import { eventSize } from './event-size.ts';

/** Where a run stands; the last four are terminal and written once. */
export type RunStatus =
  | 'queued'
  | 'running'
  | 'requires_action'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'expired';

/** The state of a run: the fold of its events and nothing else. */
export interface Run {
  readonly id: string;
  readonly status: RunStatus;
  /** Milliseconds since 1970, as all times here. */
  readonly created_at: number;
  /** When the first work was recorded. */
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly expires_at: number | null;
  /** The source text. */
  readonly prompt: string;
  readonly request: CompletionRequest;
  readonly problems: readonly Problem[];
  /** URL → what reading it gave; an entry appears when it is read. */
  readonly references: ReadonlyMap<string, ReferenceEnd>;
  readonly servers: readonly ServerState[];
  readonly steps: readonly Step[];
  /** Sum over the steps. */
  readonly usage: Usage;
  readonly stop_reason: string | null;
  readonly error: FaultData | null;
  /** Sequence number of the last event. */
  readonly seq: number;
  /** Characters kept so far, see {@link eventSize}. */
  readonly size: number;
}

/** A tool server of the run; `end` is absent while it connects. */
export interface ServerState {
  readonly server: ToolServer;
  readonly end?: ServerEnd;
}

/** One request to the model and the tool calls it asked for. */
export interface Step {
  /** From 1. */
  readonly step: number;
  readonly attempt: number;
  readonly provider: string;
  readonly model: string;
  /** Where the answer before did not fit its schema, when this step is to correct it. */
  readonly repair?: readonly string[];
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly text: string;
  readonly reasoning: string;
  /** Null while the model streams. */
  readonly finish_reason: string | null;
  readonly usage: Usage | null;
  readonly tool_calls: readonly ChatToolCall[];
  readonly echo: JsonObject | null;
  readonly calls: readonly CallState[];
}

/** A tool call: intent, then sent, then done. */
export interface CallState {
  readonly call: ToolCall;
  readonly started_at: number;
  readonly sent: boolean;
  readonly progress?: {
    readonly progress: number;
    readonly total?: number;
    readonly message?: string;
  };
  readonly result?: ToolResult;
}

export const NO_USAGE: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

/** Whether a status is final. */
export function isTerminal(status: RunStatus): boolean {
  return ['completed', 'failed', 'cancelled', 'expired'].includes(status);
}

/**
 * The state after all events of a log.
 * @throws TypeError when the log does not begin with `run-start`
 */
export function foldRun(events: readonly RunEvent[]): Run {
  const [first, ...rest] = events;
  if (first?.type !== 'run-start') throw new TypeError('A run log begins with run-start.');
  return rest.reduce(applyEvent, startedRun(first));
}

/** The state that the first event makes. */
export function startedRun(event: RunEvent & RunStart): Run {
  return {
    id: event.id,
    status: 'queued',
    created_at: event.at,
    started_at: null,
    ended_at: null,
    expires_at: event.expires_at,
    prompt: event.prompt,
    request: event.request,
    problems: event.problems,
    references: new Map(),
    servers: event.request.servers.map((server) => ({ server })),
    steps: [],
    usage: NO_USAGE,
    stop_reason: null,
    error: null,
    seq: event.seq,
    size: 0,
  };
}

/** The state after one more event; the given run is not changed. */
export function applyEvent(run: Run, event: RunEvent): Run {
  const running: Run = {
    ...run,
    seq: event.seq,
    size: run.size + eventSize(event),
    status: run.status === 'queued' ? 'running' : run.status,
    started_at: run.started_at ?? event.at,
  };
  switch (event.type) {
    case 'run-start':
      throw new TypeError('A run starts once.');
    case 'reference-end':
      return { ...running, references: new Map(run.references).set(event.url, event) };
    case 'server-end':
      return { ...running, servers: withServerEnd(run.servers, event) };
    case 'step-start':
      return { ...running, steps: withStep(run.steps, newStep(event, event.at)) };
    case 'run-end':
      return endedRun(running, event, event.at);
    default:
      return applyStepEvent(running, event);
  }
}

type StepEvent = Exclude<
  RunEvent,
  { type: 'run-start' | 'reference-end' | 'server-end' | 'step-start' | 'run-end' }
>;

function applyStepEvent(run: Run, event: StepEvent): Run {
  switch (event.type) {
    case 'text-delta':
      return changeStep(run, event.step, (step) => ({ ...step, text: step.text + event.text }));
    case 'reasoning-delta':
      return changeStep(run, event.step, (step) => ({
        ...step,
        reasoning: step.reasoning + event.text,
      }));
    case 'tool-call':
      return changeStep(run, event.step, (step) => ({
        ...step,
        calls: [...step.calls, { call: event, started_at: event.at, sent: false }],
      }));
    case 'tool-sent':
      return changeCall(run, event.call_id, (call) => ({ ...call, sent: true }));
    case 'tool-progress': {
      const { type: _type, call_id, seq: _seq, at: _at, ...progress } = event;
      return changeCall(run, call_id, (call) => ({ ...call, progress }));
    }
    case 'tool-result':
      return changeCall(run, event.call_id, (call) => ({ ...call, result: event }));
    case 'action-required':
    case 'action-resolved':
      return run;
    case 'step-end': {
      const ended = changeStep(run, event.step, (step) => ({
        ...step,
        ended_at: event.at,
        finish_reason: event.finish_reason,
        usage: event.usage ?? null,
        tool_calls: event.tool_calls,
        echo: event.echo ?? null,
      }));
      return { ...ended, usage: sum(run.usage, event.usage ?? NO_USAGE) };
    }
  }
}

function newStep(event: Extract<RunEvent, { type: 'step-start' }>, at: number): Step {
  return {
    step: event.step,
    attempt: event.attempt,
    provider: event.provider,
    model: event.model,
    ...(event.repair === undefined ? {} : { repair: event.repair }),
    started_at: at,
    ended_at: null,
    text: '',
    reasoning: '',
    finish_reason: null,
    usage: null,
    tool_calls: [],
    echo: null,
    calls: [],
  };
}

/** A further attempt takes the place of the step, so its text and calls are void. */
function withStep(steps: readonly Step[], step: Step): Step[] {
  return [...steps.filter((other) => other.step !== step.step), step];
}

function withServerEnd(servers: readonly ServerState[], end: ServerEnd): ServerState[] {
  return servers.map((state) => (state.server.label === end.label ? { ...state, end } : state));
}

function endedRun(run: Run, end: RunEnd, at: number): Run {
  return {
    ...run,
    status: end.status,
    ended_at: at,
    stop_reason: end.stop_reason,
    error: end.error ?? null,
  };
}

function changeStep(run: Run, number: number, change: (step: Step) => Step): Run {
  return { ...run, steps: run.steps.map((step) => (step.step === number ? change(step) : step)) };
}

function changeCall(run: Run, id: string, change: (call: CallState) => CallState): Run {
  const steps = run.steps.map((step) =>
    step.calls.some(({ call }) => call.call_id === id)
      ? {
          ...step,
          calls: step.calls.map((state) => (state.call.call_id === id ? change(state) : state)),
        }
      : step,
  );
  return { ...run, steps };
}

function sum(a: Usage, b: Usage): Usage {
  return {
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
  };
}
