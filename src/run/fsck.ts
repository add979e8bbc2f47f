import type { ActionRequired, RunEnd, RunEvent, ServerTool } from './event.ts';
import { foldRun } from './fold-run.ts';

/**
 * What is wrong with the log of a run, one sentence each; a log that this server wrote gives none,
 * whatever happened to its process. A run that has not ended is checked as far as it came.
 * @see spec/run-events.md, the rules
 */
export function fsck(events: readonly RunEvent[]): readonly string[] {
  const check = new LogCheck();
  for (const [index, event] of events.entries()) check.take(event, index + 1);
  if (events.length === 0) check.says('There is no event.');
  // What is not a log cannot be folded.
  if (check.problems.length === 0) check.texts(events);
  return check.problems;
}

/** A call of an attempt that is not void. */
interface Call {
  readonly step: number;
  readonly mayRepeat: boolean;
  /** Times that it may be on its way: one, and one more for each refusal. */
  allowed: number;
  sent: number;
  done: boolean;
}

interface StepSeen {
  attempt: number;
  ended: boolean;
  /** What was streamed in this attempt. */
  text: string;
}

class LogCheck {
  readonly problems: string[] = [];
  readonly #tools = new Map<string, ServerTool>();
  readonly #steps = new Map<number, StepSeen>();
  readonly #calls = new Map<string, Call>();
  readonly #actions = new Set<string>();
  readonly #repairs = new Set<number>();
  #ended = false;

  says(problem: string): void {
    this.problems.push(problem);
  }

  take(event: RunEvent, place: number): void {
    if (event.seq !== place) this.says(`Event ${place} has the number ${event.seq}.`);
    if ((event.type === 'run-start') !== (place === 1)) {
      this.says(`Event ${place} is ${event.type}; the first is run-start and no other.`);
    }
    if (this.#ended) this.says(`Event ${place} (${event.type}) follows the end.`);
    if (event.type === 'run-end') this.#end(event);
    this.#body(event);
  }

  /** The text of every step must be what was streamed. */
  texts(events: readonly RunEvent[]): void {
    for (const { step, text } of foldRun(events).steps) {
      if (text !== this.#steps.get(step)?.text) {
        this.says(`The text of step ${step} is not what was streamed.`);
      }
    }
  }

  /** A run is completed only when nothing of it is under way, but what its caller does. */
  #end({ seq, status, stop_reason }: RunEnd & { readonly seq: number }): void {
    this.#ended = true;
    if (status !== 'completed') return;
    for (const [step, { ended }] of this.#steps) {
      if (!ended) this.says(`Event ${seq} completes the run in the middle of step ${step}.`);
    }
    if (stop_reason !== 'tool_calls') this.#allDone(seq, 'completes the run');
  }

  /** @param step one whose calls are void */
  #allDone(seq: number, what: string, step = 0): void {
    for (const [id, call] of this.#calls) {
      if (!call.done && call.step !== step)
        this.says(`Event ${seq} ${what} without the result of call ${id}.`);
    }
  }

  #body(event: RunEvent): void {
    switch (event.type) {
      case 'server-end':
        for (const tool of event.tools ?? []) this.#tools.set(tool.wire_name, tool);
        return;
      case 'action-required':
        return this.#required(event);
      case 'action-resolved':
        if (!this.#actions.has(event.action_id)) {
          this.says(`Event ${event.seq} resolves an action that nobody asked for.`);
        }
        return;
      case 'step-start':
        return this.#stepStart(event);
      default:
        if (isOfStep(event)) this.#inStep(event);
        if (isOfCall(event)) this.#inCall(event);
    }
  }

  #required({ seq, action_id, action }: ActionRequired & { readonly seq: number }): void {
    this.#actions.add(action_id);
    if (action.call_id === undefined) return;
    const call = this.#calls.get(action.call_id);
    if (call === undefined || call.done) this.says(`Event ${seq} asks for no call under way.`);
    if (call !== undefined && action.kind === 'authorization') call.allowed += 1;
  }

  #stepStart({ seq, step, attempt, repair }: RunEvent & { type: 'step-start' }): void {
    const last = Math.max(0, ...this.#steps.keys());
    const before = this.#steps.get(step) ?? { attempt: 0, ended: false };
    this.#allDone(seq, `starts step ${step}`, step);
    if (step !== last && (step !== last + 1 || this.#steps.get(last)?.ended === false)) {
      this.says(`Event ${seq} starts step ${step} after step ${last}.`);
    }
    if (before.ended) this.says(`Event ${seq} starts step ${step}, which has ended.`);
    if (attempt !== before.attempt + 1) {
      this.says(`Event ${seq} is attempt ${attempt} after attempt ${before.attempt}.`);
    }
    if (repair !== undefined) this.#repair(seq, step);
    this.#steps.set(step, { attempt, ended: false, text: '' });
    // What the attempt before said is void.
    for (const [id, call] of this.#calls) if (call.step === step) this.#calls.delete(id);
  }

  #repair(seq: number, step: number): void {
    this.#repairs.add(step);
    if (this.#repairs.size > 1) this.says(`Event ${seq} repairs a second time.`);
  }

  #inStep(event: OfStep): void {
    const step = this.#steps.get(event.step);
    if (step === undefined || step.ended) {
      this.says(`Event ${event.seq} (${event.type}) belongs to no step under way.`);
    }
    if (event.type === 'step-end' && step !== undefined) step.ended = true;
    if (event.type === 'text-delta' && step !== undefined) step.text += event.text;
    if (event.type !== 'tool-call') return;
    if (this.#calls.has(event.call_id)) this.says(`Event ${event.seq} repeats an id of a call.`);
    const tool = this.#tools.get(event.wire_name);
    const mayRepeat = tool?.read_only === true || tool?.idempotent === true;
    const call = { step: event.step, mayRepeat, allowed: 1, sent: 0, done: false };
    this.#calls.set(event.call_id, call);
  }

  #inCall(event: OfCall): void {
    const call = this.#calls.get(event.call_id);
    if (call === undefined || call.done) {
      this.says(`Event ${event.seq} (${event.type}) belongs to no call under way.`);
      return;
    }
    if (event.type === 'tool-result') call.done = true;
    if (event.type !== 'tool-sent') return;
    call.sent += 1;
    if (call.sent > call.allowed && !call.mayRepeat) {
      this.says(`Event ${event.seq} sends a call again whose outcome is unknown.`);
    }
    const unfinished = this.#steps.get(call.step)?.ended === false;
    if (unfinished && !call.mayRepeat) this.says(`Event ${event.seq} sends a call too early.`);
  }
}

type OfStep = RunEvent & { type: 'text-delta' | 'reasoning-delta' | 'tool-call' | 'step-end' };
type OfCall = RunEvent & { type: 'tool-sent' | 'tool-progress' | 'tool-result' };

function isOfStep(event: RunEvent): event is OfStep {
  return ['text-delta', 'reasoning-delta', 'tool-call', 'step-end'].includes(event.type);
}

function isOfCall(event: RunEvent): event is OfCall {
  return ['tool-sent', 'tool-progress', 'tool-result'].includes(event.type);
}
