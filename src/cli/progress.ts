import type { FaultData } from '../fault/fault.ts';
import { bytesOf, counted, durationOf } from '../publish/figures.ts';
import type {
  ActionRequired,
  ActionResolved,
  ReferenceEnd,
  RunEnd,
  RunEvent,
  ServerEnd,
  StepStart,
  ToolCall,
  ToolResult,
} from '../run/event.ts';
import { Spent } from './spent.ts';
import type { Terminal } from './terminal.ts';
import { oneLine, printable } from './text-width.ts';

type StepEvent = Exclude<
  RunEvent,
  { type: `run-${string}` | `action-${string}` | 'reference-end' | 'server-end' }
>;

/**
 * Says on standard error what goes on: one short line for each server, tool call and reference
 * when a person watches, and always what failed.
 */
export class Progress {
  readonly #terminal: Terminal;
  readonly #calls = new Map<string, string>();
  readonly #actions = new Map<string, string>();
  #started = 0;
  readonly #spent = new Spent();
  #model = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Takes the events of the run in order. */
  take(event: RunEvent): void {
    this.#spent.take(event);
    switch (event.type) {
      case 'run-start':
        this.#started = event.at;
        return;
      case 'reference-end':
        return this.#reference(event);
      case 'server-end':
        return this.#server(event);
      case 'action-required':
        return this.#waiting(event);
      case 'action-resolved':
        return this.#goesOn(event);
      case 'run-end':
        return this.#end(event, event.at - this.#started);
      default:
        this.#takeStep(event);
    }
  }

  #takeStep(event: StepEvent): void {
    switch (event.type) {
      case 'step-start':
        return this.#step(event);
      case 'tool-call':
        return this.#call(event);
      case 'tool-result':
        return this.#result(event);
      case 'step-end':
      case 'text-delta':
      case 'reasoning-delta':
      case 'tool-sent':
      case 'tool-progress':
        return;
    }
  }

  #reference(event: ReferenceEnd): void {
    const { url, ok, error, bytes, tokens, cut } = event;
    if (!ok) {
      const why = error?.message ?? 'it could not be read';
      return this.#always('yellow', 'note', `${url} was not read: ${why}`);
    }
    const size = tokens === undefined ? bytesOf(bytes ?? 0) : `about ${counted(tokens, 'token')}`;
    if (cut === true) return this.#always('yellow', 'note', `${url} was cut at ${size}.`);
    this.#watched('✓', `${url}: ${size}`);
  }

  #server({ label, ok, tools, left_out, url, is_document, ms, error }: ServerEnd): void {
    for (const { why } of left_out ?? []) {
      this.#always('yellow', 'note', `${why} It is left out.`);
    }
    if (ok)
      return this.#watched(
        '✓',
        `${label}: ${counted(tools?.length ?? 0, 'tool')}, ${durationOf(ms)}`,
      );
    if (is_document === true) {
      return this.#always(
        'yellow',
        'note',
        `${url} is not a tool server; it is read as a document.`,
      );
    }
    this.#watched('✗', `${label}: ${error?.message ?? ''}`);
  }

  #step({ step, attempt, provider, model, repair, failed }: StepStart): void {
    const isOther = this.#model !== '' && this.#model !== `${provider}/${model}`;
    if (attempt > 1) {
      const why = failed === undefined ? '' : `${failed.message} `;
      const how = isOther ? 'instead' : 'again';
      this.#always('yellow', 'note', `${why}Asking ${provider}/${model} ${how}.`);
    }
    this.#model = `${provider}/${model}`;
    if (attempt > 1) return;
    if (repair !== undefined) {
      const why = repair.slice(0, 3).join(' ');
      return this.#always(
        'yellow',
        'note',
        `The answer does not fit its schema. ${why} Asking again.`,
      );
    }
    if (step === 1) this.#watched('…', `${provider}/${model}`);
  }

  #call(event: ToolCall): void {
    const name = event.server === undefined ? event.wire_name : `${event.server}.${event.tool}`;
    this.#calls.set(event.call_id, name);
    this.#watched('→', `${name} ${event.arguments}`);
  }

  #result({ call_id, is_error, ms, error, parts }: ToolResult): void {
    const name = this.#calls.get(call_id) ?? call_id;
    if (!is_error) return this.#watched('✓', `${name}: ${durationOf(ms)}`);
    const [part] = parts;
    const said = error?.message ?? (part?.type === 'text' ? part.text : '');
    this.#watched('✗', `${name}: ${said}`);
  }

  /** One line for each, however often a server is asked for it. */
  #waiting({ action_id, action }: ActionRequired): void {
    if (this.#actions.has(action_id)) return;
    const wanted = { authorization: 'a login', elicitation: 'an answer', approval: 'a yes' };
    const place =
      action.kind === 'elicitation'
        ? ''
        : ` to ${action.kind === 'approval' ? action.tool : action.server}`;
    const what = `${wanted[action.kind]}${place}`;
    this.#actions.set(action_id, what);
    this.#watched('…', `waiting for ${what}`);
  }

  #goesOn({ action_id, outcome }: ActionResolved): void {
    const what = this.#actions.get(action_id);
    if (what === undefined) return;
    this.#actions.delete(action_id);
    if (outcome === 'done') this.#watched('✓', `there is ${what}`);
    else this.#watched('✗', `there is no ${what.replace(/^an? /, '')}: ${outcome}`);
  }

  #end({ status, stop_reason, error }: RunEnd, ms: number): void {
    if (error !== undefined) return this.#always('red', `error ${error.code}`, faultText(error));
    if (status !== 'completed') return this.#always('yellow', status, `The run was ${status}.`);
    if (stop_reason === 'length') {
      this.#always('yellow', 'note', 'The model was cut off at its token limit (max_tokens).');
    } else if (stop_reason !== 'stop') {
      this.#always('yellow', 'note', `The answer ended with \`${stop_reason}\`.`);
    }
    this.#watched('✓', `done: ${[...this.#spent.figures(), durationOf(ms)].join(', ')}`);
  }

  #watched(sign: string, text: string): void {
    if (!this.#terminal.readsErr) return;
    this.#terminal.err(this.#terminal.paintErr('dim', `${sign} ${oneLine(text, 110)}`));
  }

  #always(colour: 'red' | 'yellow', word: string, text: string): void {
    this.#terminal.err(
      `${this.#terminal.paintErr(colour, printable(word))} ${oneLine(text, 2000)}`,
    );
  }
}

/** Evidence for programs. */
const UNSAID: ReadonlySet<string> = new Set(['retryable', 'can_login']);

/** A fault's sentence with its evidence. */
export function faultText({ message, detail = {} }: FaultData): string {
  const evidence = Object.entries(detail)
    .filter(([key, value]) => !UNSAID.has(key) && !message.includes(String(value)))
    .map(([key, value]) => `${key}: ${value}`);
  return evidence.length === 0 ? message : `${message} (${evidence.join(', ')})`;
}
