import type { RunEvent, ServerTool, ToolCall } from './event.ts';
import { foldRun } from './run.ts';

/**
 * What is wrong with the log of a run; nothing when it is whole. Pure, and knows the rules of
 * `spec/run-events.md` by itself rather than by the code that writes logs, so that tests can put it
 * behind every crash. A run that goes on is whole too.
 *
 * @param events the log from its first event
 */
export function fsck(events: readonly RunEvent[]): readonly string[] {
  const check = new LogCheck();
  for (const [index, event] of events.entries()) {
    if (event.seq !== index + 1) check.wrong(event, `should have the number ${index + 1}`);
    check.take(event, index);
  }
  if (events.length === 0) return ['The log is empty.'];
  // Such a log has no state.
  const starts = events.filter(({ type }) => type === 'run-start').length;
  if (events[0]?.type !== 'run-start' || starts > 1) return check.mistakes;
  return [...check.mistakes, ...check.textMistakes(events)];
}

/** A call as far as the log has told of it. */
interface Told {
  readonly call: ToolCall;
  /** Times that it may have been executed and must not be sent again. */
  sent: number;
  results: number;
}

class LogCheck {
  readonly mistakes: string[] = [];
  readonly #calls = new Map<string, Told>();
  readonly #actions = new Set<string>();
  /** Tools that may be called again, by label and name. */
  readonly #repeatable = new Set<string>();
  /** Text of the steps that count, by number; a further attempt begins anew. */
  readonly #texts = new Map<number, string>();
  readonly #open = new Set<number>();
  #ended = false;

  take(event: RunEvent, index: number): void {
    if (this.#ended) this.wrong(event, 'comes after the end');
    if ((event.type === 'run-start') !== (index === 0)) {
      this.wrong(event, index === 0 ? 'is no beginning' : 'is a second beginning');
    }
    if (event.type === 'run-end') this.#ended = true;
    if (event.type === 'server-end') this.#note(event.label, event.tools ?? []);
    this.#takeStep(event);
    this.#takeCall(event);
    this.#takeAction(event);
  }

  wrong({ seq, type }: RunEvent, what: string): void {
    this.mistakes.push(`Event ${seq} (${type}) ${what}.`);
  }

  /** What a reader is shown as the text of each step is what was streamed, to the character. */
  textMistakes(events: readonly RunEvent[]): readonly string[] {
    const { steps } = foldRun(events);
    const numbers = new Set([...this.#texts.keys(), ...steps.map(({ step }) => step)]);
    return [...numbers].flatMap((number) => {
      const shown = steps.find(({ step }) => step === number)?.text;
      return shown === this.#texts.get(number)
        ? []
        : [`The text of step ${number} is not what was streamed.`];
    });
  }

  #note(label: string, tools: readonly ServerTool[]): void {
    for (const { name, read_only, idempotent } of tools) {
      if (read_only === true || idempotent === true) this.#repeatable.add(`${label}\n${name}`);
    }
  }

  #takeStep(event: RunEvent): void {
    switch (event.type) {
      case 'step-start':
        this.#texts.set(event.step, '');
        this.#open.add(event.step);
        break;
      case 'text-delta':
        this.#texts.set(event.step, (this.#texts.get(event.step) ?? '') + event.text);
        if (!this.#open.has(event.step)) this.wrong(event, 'is in no open step');
        break;
      case 'reasoning-delta':
      case 'step-end':
        if (!this.#open.has(event.step)) this.wrong(event, 'is in no open step');
        if (event.type === 'step-end') this.#open.delete(event.step);
        break;
      default:
    }
  }

  #takeCall(event: RunEvent): void {
    if (event.type === 'tool-call') {
      if (this.#calls.has(event.call_id)) this.wrong(event, 'repeats the id of a call');
      else this.#calls.set(event.call_id, { call: event, sent: 0, results: 0 });
      return;
    }
    if (!('call_id' in event)) return;
    const told = this.#calls.get(event.call_id);
    if (told === undefined) return this.wrong(event, 'belongs to no call');
    if (event.type === 'tool-sent') {
      told.sent += 1;
      if (told.sent > 1 && !this.#mayRepeat(told.call)) this.wrong(event, 'sends a call again');
      if (told.results > 0) this.wrong(event, 'sends a call that has its result');
    }
    if (event.type === 'tool-result') {
      told.results += 1;
      if (told.results > 1) this.wrong(event, 'is a second result');
    }
  }

  #mayRepeat({ server, tool }: ToolCall): boolean {
    return this.#repeatable.has(`${server}\n${tool}`);
  }

  #takeAction(event: RunEvent): void {
    if (event.type === 'action-resolved' && !this.#actions.has(event.action_id)) {
      this.wrong(event, 'resolves what was never asked');
    }
    if (event.type !== 'action-required') return;
    this.#actions.add(event.action_id);
    const { call_id, kind } = event.action;
    if (call_id === undefined) return;
    const told = this.#calls.get(call_id);
    if (told === undefined) return this.wrong(event, 'belongs to no call');
    // A call that was refused for want of a login was not executed.
    if (kind === 'authorization') told.sent = 0;
  }
}
