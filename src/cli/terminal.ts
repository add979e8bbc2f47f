import { styleText } from 'node:util';

import type { Paint } from './draw-problem.ts';
import { printable } from './text-width.ts';

/**
 * The streams of the process. What is written to standard output is the product of a command and
 * is exact; standard error is for people. When both are one terminal, lines of the one never begin
 * in the middle of a line of the other.
 */
export class Terminal {
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  #open = true;
  #broken = false;
  #midLine = false;
  readonly #closed = new AbortController();

  constructor(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      // A full disk is said; a reader that went away is nobody's mistake.
      if (this.#open && error.code !== 'EPIPE') {
        this.#broken = true;
        this.err(`mdops: Standard output cannot be written: ${error.message}`);
      }
      this.#open = false;
      this.#closed.abort();
    });
    // Nobody reads the messages any more: nothing is left to say.
    stderr.on('error', () => undefined);
  }

  /** Aborted when the reader of standard output went away, as `head` does. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Whether standard output failed for another reason, so that the product is not whole. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Whether a person watches standard output. */
  get readsOut(): boolean {
    return this.#stdout.isTTY;
  }

  /** Whether a person watches standard error; progress is only for them. */
  get readsErr(): boolean {
    return this.#stderr.isTTY;
  }

  /** Writes to standard output; a terminal gets no control characters. */
  out(text: string): void {
    if (!this.#open || text === '') return;
    const shown = this.#stdout.isTTY ? printable(text) : text;
    this.#midLine = !shown.endsWith('\n');
    this.#stdout.write(shown);
  }

  /** Ends the line of standard output that was begun, if one was. */
  endLine(): void {
    if (this.#midLine) this.out('\n');
  }

  /** Writes lines that we made, colours included, to standard output. */
  outLine(line: string): void {
    if (!this.#open) return;
    this.#stdout.write(`${line}\n`);
    this.#midLine = false;
  }

  /** Writes one or more whole lines to standard error; none once the reader of the product is gone. */
  err(lines: string): void {
    if (!this.#open) return;
    if (this.#midLine && this.#stdout.isTTY && this.#stderr.isTTY) {
      this.#stdout.write('\n');
      this.#midLine = false;
    }
    this.#stderr.write(`${lines}\n`);
  }

  /** Colours for standard error; none with `NO_COLOR` or when it is no terminal. */
  readonly paintErr: Paint = (style, text) => styleText(style, text, { stream: this.#stderr });

  /** Colours for standard output. */
  readonly paintOut: Paint = (style, text) => styleText(style, text, { stream: this.#stdout });

  /** Resolves when everything written has left the process. */
  async flush(): Promise<void> {
    await Promise.all([drained(this.#stdout), drained(this.#stderr)]);
  }
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write('', () => {
      resolve();
    });
  });
}
