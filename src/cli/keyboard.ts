import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { ReadStream } from 'node:tty';

/** Milliseconds in which what was typed before a question arrives. */
const TYPED_AHEAD = 40;

/**
 * Lines that a person types. One conversation at a time; what was typed before it began is dropped,
 * so that an impatient Enter does not answer a question that nobody has read. The terminal keeps its
 * own handling of Ctrl-C.
 */
export class Keyboard {
  readonly #input: ReadStream;
  #isOpen = false;
  #ended = false;
  #last: Promise<unknown> = Promise.resolve();
  /** What was typed in this conversation and not read yet. */
  #typed: string[] = [];
  #wake: () => void = () => {};

  constructor(input: ReadStream) {
    this.#input = input;
  }

  /** Whether a person can answer. */
  get isThere(): boolean {
    return this.#input.isTTY && !this.#ended && !this.#input.readableEnded;
  }

  /** Runs a conversation that no other one interrupts. */
  async talk<Value>(conversation: () => Promise<Value>): Promise<Value> {
    const mine = this.#last.then(async () => {
      await this.#listen();
      return conversation();
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /**
   * The next line of the conversation, or null at the end of the input.
   * @throws the signal's reason when it aborts first
   */
  async line(signal: AbortSignal): Promise<string | null> {
    const wake = (): void => {
      this.#wake();
    };
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        signal.throwIfAborted();
        const line = this.#typed.shift();
        if (line !== undefined) return line;
        if (!this.isThere) return null;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  async #listen(): Promise<void> {
    if (!this.isThere) return;
    if (!this.#isOpen) this.#open();
    await pause(TYPED_AHEAD);
    this.#typed = [];
  }

  #open(): void {
    this.#isOpen = true;
    const lines = createInterface({ input: this.#input, terminal: false });
    lines.on('line', (line) => {
      this.#typed.push(line);
      this.#wake();
    });
    lines.once('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }
}
