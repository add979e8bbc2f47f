import { asFault, Fault, faultData, type FaultCode, type FaultData } from '../fault/fault.ts';
import { StepAccumulator, type StepOutput } from '../protocol/accumulate.ts';
import type { ChatToolCall, Usage } from '../protocol/chat.ts';
import type { ModelChoice } from '../normalize/request.ts';
import { messagesFor, toolsFor } from '../run/conversation.ts';
import { estimatedUsage } from '../run/cost.ts';
import { nextCostLimit } from '../run/cost-limit.ts';
import type { EventBody, StepStart } from '../run/event.ts';
import type { CallModel } from '../run/command.ts';
import { estimateInput } from '../run/input-estimate.ts';
import { choiceOf, modelOf } from '../run/model-choice.ts';
import { toolOf } from '../run/next-commands.ts';
import { failedEnd } from '../run/run-end.ts';
import type { Step } from '../run/run.ts';
import { DeltaBuffer } from './delta-buffer.ts';
import type { Work } from './work.ts';
import type { ModelCall } from './ports.ts';

/** Tries of one request before its first token. */
const MAX_TRIES = 4;
/** Times a step is asked again after it died in the middle, the first time included. */
const MAX_ATTEMPTS = 3;
/** Longest wait that a `Retry-After` may ask for, in milliseconds. */
const MAX_RETRY_WAIT = 60_000;

/** One model step: asks the model, streams what it says into the log, and survives what it can. */
export async function callModel(
  command: CallModel,
  work: Work,
  signal: AbortSignal,
): Promise<void> {
  const { step } = command;
  const count = work.run().request.models.length;
  const maxAttempts = MAX_ATTEMPTS + count - 1;
  let attempt = work.run().steps.find((other) => other.step === step)?.attempt ?? 0;
  let choice = choiceOf(work.run());
  let before: FaultData | undefined;
  while (attempt < maxAttempts) {
    attempt += 1;
    const model = modelOf(work.run(), choice);
    // The next model of the list may cost more than the one that the run had money for.
    const input_estimate = estimateInput(work.run(), model.provider);
    const end = nextCostLimit(work.run(), model, input_estimate);
    if (end !== null) return work.emit(end);
    work.emit(stepStart(command, attempt, { model, before, input_estimate }));
    const failed = await new StepAttempt(step, work, signal).run();
    if (failed === null || signal.aborted) return;
    const isFinal = failed.spoke && work.ports.isDirect === true;
    const next = isFinal ? null : choiceAfter(failed, choice, count);
    if (next === null || attempt >= maxAttempts) return work.emit(failedEnd(failed.error));
    choice = next;
    before = failed.error;
  }
  work.emit(failedEnd(faultData('model_cut_off', 'The model was cut off too many times.')));
}

/** @param before why the attempt before gave no answer, where this process saw it */
function stepStart(
  { step, repair }: CallModel,
  attempt: number,
  asked: { model: ModelChoice; before: FaultData | undefined; input_estimate: number },
): StepStart {
  const { model, before, input_estimate } = asked;
  return {
    type: 'step-start',
    step,
    attempt,
    provider: model.provider,
    model: model.model,
    input_estimate,
    ...(repair === undefined ? {} : { repair }),
    ...(before === undefined ? {} : { failed: before }),
  };
}

/** The same model again when it died in the middle, the next one when it never began; null ends. */
function choiceAfter(
  { error, spoke }: FailedAttempt,
  choice: number,
  count: number,
): number | null {
  if (spoke) return error.detail?.['retryable'] === true ? choice : null;
  return isFallbackWorthy(error) && choice + 1 < count ? choice + 1 : null;
}

/** The next model of the list is asked when this one is missing, locked, busy or down. */
function isFallbackWorthy({ code, detail }: FaultData): boolean {
  // A provider whose account is empty says 402.
  return FALLBACK_WORTHY.has(code) || detail?.['status'] === 402;
}

const FALLBACK_WORTHY: ReadonlySet<FaultCode> = new Set([
  'model_not_found',
  'model_unauthorized',
  'model_rate_limited',
  'model_unavailable',
  'model_timeout',
]);

interface FailedAttempt {
  readonly error: FaultData;
  /** Whether the model had said anything. */
  readonly spoke: boolean;
}

/** One attempt at a step, with tries before its first token. */
class StepAttempt {
  readonly #step: number;
  readonly #work: Work;
  readonly #signal: AbortSignal;
  #spoke = false;

  constructor(step: number, work: Work, signal: AbortSignal) {
    this.#step = step;
    this.#work = work;
    this.#signal = signal;
  }

  /** Null when the step ended well. */
  async run(): Promise<FailedAttempt | null> {
    for (let tried = 1; ; tried += 1) {
      try {
        await this.#stream();
        return null;
      } catch (error) {
        if (this.#signal.aborted) return null;
        const fault = asFault(error, 'model_unavailable');
        if (this.#spoke || tried >= this.#maxTries || fault.detail?.['retryable'] !== true) {
          return { error: fault.toJSON(), spoke: this.#spoke };
        }
        await this.#work.ports.clock.sleep(retryWait(fault, tried), this.#signal);
      }
    }
  }

  /** A caller that retries by itself knows better how long it wants to wait. */
  get #maxTries(): number {
    return this.#step === 1 && this.#work.ports.isDirect === true ? 1 : MAX_TRIES;
  }

  async #stream(): Promise<void> {
    const { ports } = this.#work;
    const received = new StepAccumulator({ step: this.#step, usedIds: this.#usedIds() });
    const buffer = new DeltaBuffer(this.#step, ports.clock, (bodies) => this.#work.emit(...bodies));
    try {
      for await (const chunk of ports.model.complete(this.#call(), this.#signal)) {
        this.#signal.throwIfAborted();
        this.#write(received.feed(chunk), buffer);
      }
      const { outputs, answer } = received.end();
      this.#write(outputs, buffer);
      buffer.flush();
      const usage = answer.usage ?? this.#estimate();
      this.#work.emit({
        type: 'step-end',
        step: this.#step,
        // A provider may end with [DONE] alone.
        finish_reason: answer.finish_reason ?? 'stop',
        tool_calls: answer.tool_calls,
        ...(usage === undefined ? {} : { usage }),
        ...(answer.echo === undefined ? {} : { echo: answer.echo }),
      });
    } finally {
      buffer.close();
    }
  }

  /** Some servers never say what they used; a limit on it must hold all the same. */
  #estimate(): Usage | undefined {
    const step = this.#state();
    return step === undefined ? undefined : estimatedUsage(step);
  }

  #state(): Step | undefined {
    return this.#work.run().steps.find((other) => other.step === this.#step);
  }

  #call(): ModelCall {
    const run = this.#work.run();
    const step = this.#state();
    return {
      provider: step?.provider ?? '',
      model: step?.model ?? '',
      messages: messagesFor(run, step?.provider ?? ''),
      tools: toolsFor(run),
      parameters: run.request.parameters,
    };
  }

  /** Ids of the steps before, so that a provider which reuses one does no harm. */
  #usedIds(): string[] {
    const before = this.#work.run().steps.filter(({ step }) => step !== this.#step);
    return before.flatMap(({ calls }) => calls.map(({ call }) => call.call_id));
  }

  #write(outputs: readonly StepOutput[], buffer: DeltaBuffer): void {
    for (const output of outputs) {
      this.#spoke = true;
      switch (output.type) {
        case 'text':
          buffer.add({ type: 'text-delta', text: output.text });
          break;
        case 'reasoning':
          buffer.add({ type: 'reasoning-delta', text: output.text });
          break;
        case 'tool-call':
          buffer.flush();
          this.#work.emit(this.#toolCall(output.call));
      }
    }
  }

  #toolCall(call: ChatToolCall): EventBody {
    const name = call.function.name;
    const state = this.#work
      .run()
      .servers.find(({ end }) => end?.tools?.some(({ wire_name }) => wire_name === name));
    const tool = toolOf(this.#work.run(), name);
    return {
      type: 'tool-call',
      step: this.#step,
      call_id: call.id,
      wire_name: name,
      arguments: call.function.arguments,
      ...(tool === undefined || state === undefined
        ? {}
        : { server: state.server.label, tool: tool.name }),
    };
  }
}

/** Milliseconds: what the provider asked for, else doubling from half a second with jitter. */
function retryWait(fault: Fault, tried: number): number {
  const asked = fault.detail?.['retry_after'];
  if (typeof asked === 'number') return Math.min(MAX_RETRY_WAIT, asked * 1000);
  return 500 * 2 ** (tried - 1) * (0.5 + Math.random() / 2);
}
