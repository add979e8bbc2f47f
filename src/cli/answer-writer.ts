import type { RunEvent } from '../run/event.ts';
import { outputComesLast } from '../run/output.ts';
import type { Terminal } from './terminal.ts';

/**
 * Writes the answer of a run to standard output as it is made, ended by exactly one line end.
 *
 * What a model says before it calls a tool is not the answer. A person at a terminal wants to see
 * it; a file or pipe must hold the output alone, so there the text of a run with tools, or of which
 * only a part is wanted, is written when the run has ended and it is known which text that is.
 */
export class AnswerWriter {
  readonly #terminal: Terminal;
  #streams: boolean;
  #wrote = false;
  #newParagraph = false;
  /** Line ends that may turn out to be the end of the answer. */
  #held = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#streams = terminal.readsOut;
  }

  /** Takes the events of the run in order. */
  take(event: RunEvent): void {
    if (event.type === 'run-start') this.#streams ||= !outputComesLast(event.request);
    if (!this.#streams) return;
    if (event.type === 'step-start') this.#beginStep();
    if (event.type === 'text-delta') this.#write(event.text);
  }

  /** Ends the output; `answer` is asked for only when nothing was streamed. */
  async end(answer: () => string | Promise<string>): Promise<void> {
    if (!this.#streams) this.#write(await answer());
    this.#terminal.endLine();
  }

  /** Text of an earlier step, or of an attempt that died, stays a paragraph of its own. */
  #beginStep(): void {
    this.#held = '';
    this.#newParagraph = this.#wrote;
  }

  #write(text: string): void {
    const all = this.#held + text;
    const body = all.replace(/(?<!\n)\n+$/, '');
    this.#held = all.slice(body.length);
    if (body === '') return;
    if (this.#newParagraph) {
      this.#terminal.endLine();
      this.#terminal.out('\n');
    }
    this.#newParagraph = false;
    this.#wrote = true;
    this.#terminal.out(body);
  }
}
