import { createInterface, type Interface } from 'node:readline';
import type { ReadStream } from 'node:tty';

/**
 * Lines that a person types. One asks at a time; what is typed while nobody asks is dropped, so
 * that an impatient Enter does not answer a question that comes later. The terminal keeps its own
 * handling of Ctrl-C.
 */
export class Keyboard {
  readonly #input: ReadStream;
  #lines: Interface | null = null;
  #ended = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(input: ReadStream) {
    this.#input = input;
  }

  /** Whether a person can answer. */
  get isThere(): boolean {
    return this.#input.isTTY && !this.#ended && !this.#input.readableEnded;
  }

  /** Runs a conversation that no other one interrupts. */
  async talk<Value>(conversation: () => Promise<Value>): Promise<Value> {
    const mine = this.#last.then(conversation);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /**
   * The next line, or null at the end of the input.
   * @throws the signal's reason when it aborts first
   */
  async line(signal: AbortSignal): Promise<string | null> {
    signal.throwIfAborted();
    if (!this.isThere) return null;
    const lines = this.#opened();
    lines.resume();
    try {
      return await nextLine(lines, signal);
    } finally {
      lines.pause();
    }
  }

  #opened(): Interface {
    if (this.#lines !== null) return this.#lines;
    this.#lines = createInterface({ input: this.#input, terminal: false });
    this.#lines.once('close', () => {
      this.#ended = true;
    });
    return this.#lines;
  }
}

function nextLine(lines: Interface, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      lines.off('line', onLine);
      lines.off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    const onLine = (line: string): void => {
      settle(() => {
        resolve(line);
      });
    };
    const onClose = (): void => {
      settle(() => {
        resolve(null);
      });
    };
    const onAbort = (): void => {
      settle(() => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason of whoever aborted
        reject(signal.reason);
      });
    };
    lines.once('line', onLine);
    lines.once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
