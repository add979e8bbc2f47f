import type { FaultData } from '../fault/fault.ts';
import type { ChatToolCall, Usage } from '../protocol/chat.ts';
import type { JsonObject } from '../protocol/json.ts';
import type { StepStart, ToolCall, ToolResult } from './event.ts';

/** One request to the model and the tool calls it asked for. */
export interface Step {
  /** From 1. */
  readonly step: number;
  readonly attempt: number;
  readonly provider: string;
  readonly model: string;
  /** Where the answer before did not fit its schema, when this step is to correct it. */
  readonly repair?: readonly string[];
  /** The attempts before, which gave no answer. */
  readonly failed: readonly FailedAttempt[];
  /** Tokens that the step sends, by our own estimate. */
  readonly input_estimate: number;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly text: string;
  readonly reasoning: string;
  /** Null while the model streams. */
  readonly finish_reason: string | null;
  readonly usage: Usage | null;
  /** US dollars; null while it is not known, or never is. */
  readonly cost_usd: number | null;
  readonly tool_calls: readonly ChatToolCall[];
  readonly echo: JsonObject | null;
  readonly calls: readonly CallState[];
}

/** An attempt at a step that gave no answer. */
export interface FailedAttempt {
  readonly attempt: number;
  readonly provider: string;
  readonly model: string;
  /** Null when the process died. */
  readonly error: FaultData | null;
}

/** A tool call: intent, then sent, then done. */
export interface CallState {
  readonly call: ToolCall;
  readonly started_at: number;
  readonly sent: boolean;
  /** Times that its server refused it for want of a login. */
  readonly refusals: number;
  readonly progress?: {
    readonly progress: number;
    readonly total?: number;
    readonly message?: string;
  };
  readonly result?: ToolResult;
}

/**
 * A step that begins.
 * @param before the attempt whose place it takes
 */
export function newStep(event: StepStart, at: number, before?: Step): Step {
  return {
    step: event.step,
    attempt: event.attempt,
    provider: event.provider,
    model: event.model,
    ...(event.repair === undefined ? {} : { repair: event.repair }),
    failed: before === undefined ? [] : [...before.failed, failedAttempt(before, event)],
    input_estimate: event.input_estimate ?? 0,
    started_at: at,
    ended_at: null,
    text: '',
    reasoning: '',
    finish_reason: null,
    usage: null,
    cost_usd: null,
    tool_calls: [],
    echo: null,
    calls: [],
  };
}

function failedAttempt(step: Step, { failed }: StepStart): FailedAttempt {
  const { attempt, provider, model } = step;
  return { attempt, provider, model, error: failed ?? null };
}

/** A further attempt takes the place of the step, so its text and calls are void. */
export function withStep(steps: readonly Step[], step: Step): Step[] {
  return [...steps.filter((other) => other.step !== step.step), step];
}

/** The steps with one of them changed. */
export function changeStep(
  steps: readonly Step[],
  number: number,
  change: (step: Step) => Step,
): Step[] {
  return steps.map((step) => (step.step === number ? change(step) : step));
}

/** The steps with one call changed. */
export function changeCall(
  steps: readonly Step[],
  id: string,
  change: (call: CallState) => CallState,
): Step[] {
  return steps.map((step) =>
    step.calls.some(({ call }) => call.call_id === id)
      ? {
          ...step,
          calls: step.calls.map((state) => (state.call.call_id === id ? change(state) : state)),
        }
      : step,
  );
}
