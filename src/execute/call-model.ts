import { asFault, Fault, faultData, type FaultData } from '../fault/fault.ts';
import { StepAccumulator, type StepOutput } from '../protocol/accumulate.ts';
import type { ChatToolCall } from '../protocol/chat.ts';
import { messagesFor, toolsFor } from '../run/conversation.ts';
import type { EventBody } from '../run/event.ts';
import type { CallModel } from '../run/command.ts';
import { toolOf } from '../run/next-commands.ts';
import { failedEnd } from '../run/run-end.ts';
import type { Run } from '../run/run.ts';
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
  { step, repair }: CallModel,
  work: Work,
  signal: AbortSignal,
): Promise<void> {
  const choices = work.run().request.models;
  const maxAttempts = MAX_ATTEMPTS + choices.length - 1;
  let attempt = work.run().steps.find((other) => other.step === step)?.attempt ?? 0;
  let choice = lastChoice(work.run());
  while (attempt < maxAttempts) {
    attempt += 1;
    const model = choices[choice];
    if (model === undefined) throw new TypeError('A request names at least one model.');
    const why = repair === undefined ? {} : { repair };
    work.emit({ type: 'step-start', step, attempt, ...model, ...why });
    const failed = await new StepAttempt(step, work, signal).run();
    if (failed === null || signal.aborted) return;
    const next = choiceAfter(failed, choice, choices.length);
    if (next === null || attempt >= maxAttempts) return work.emit(failedEnd(failed.error));
    choice = next;
  }
  work.emit(failedEnd(faultData('model_cut_off', 'The model was cut off too many times.')));
}

/** A run stays with the model that answered last. */
function lastChoice(run: Run): number {
  const last = run.steps.at(-1);
  const index = run.request.models.findIndex(
    ({ provider, model }) => provider === last?.provider && model === last.model,
  );
  return Math.max(0, index);
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

/** The next model of the list is asked when this one is missing, busy or down. */
function isFallbackWorthy(error: FaultData): boolean {
  return ['model_not_found', 'model_rate_limited', 'model_unavailable', 'model_timeout'].includes(
    error.code,
  );
}

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
        if (this.#spoke || tried >= MAX_TRIES || fault.detail?.['retryable'] !== true) {
          return { error: fault.toJSON(), spoke: this.#spoke };
        }
        await this.#work.ports.clock.sleep(retryWait(fault, tried), this.#signal);
      }
    }
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
      this.#work.emit({
        type: 'step-end',
        step: this.#step,
        // A provider may end with [DONE] alone.
        finish_reason: answer.finish_reason ?? 'stop',
        tool_calls: answer.tool_calls,
        ...(answer.usage === undefined ? {} : { usage: answer.usage }),
        ...(answer.echo === undefined ? {} : { echo: answer.echo }),
      });
    } finally {
      buffer.close();
    }
  }

  #call(): ModelCall {
    const run = this.#work.run();
    const step = run.steps.find((other) => other.step === this.#step);
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
