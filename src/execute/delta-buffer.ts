import type { EventBody } from '../run/event.ts';
import { NOT_WANTED } from './not-wanted.ts';
import type { Clock } from './ports.ts';

/** A piece of what the model says. */
export interface Delta {
  readonly type: 'text-delta' | 'reasoning-delta';
  readonly text: string;
}

/** Bytes of a stored row stay far below 2 MB however fast a model writes. */
const FLUSH_CHARACTERS = 8192;

/**
 * Collects what the model says so that not every token is a row of its own: the first piece is
 * written at once, because somebody waits for it, the rest by time or size.
 */
export class DeltaBuffer {
  readonly #step: number;
  readonly #clock: Clock;
  readonly #write: (bodies: EventBody[]) => void;
  readonly #closed = new AbortController();
  #waiting: Delta[] = [];
  #characters = 0;
  #timed = false;
  #first = true;

  constructor(step: number, clock: Clock, write: (bodies: EventBody[]) => void) {
    this.#step = step;
    this.#clock = clock;
    this.#write = write;
  }

  add(delta: Delta): void {
    if (delta.text === '') return;
    const last = this.#waiting.at(-1);
    if (last?.type === delta.type) {
      this.#waiting[this.#waiting.length - 1] = { ...last, text: last.text + delta.text };
    } else {
      this.#waiting.push(delta);
    }
    this.#characters += delta.text.length;
    if (this.#first || this.#clock.flushMs === 0 || this.#characters >= FLUSH_CHARACTERS) {
      this.flush();
    } else {
      this.#flushLater();
    }
  }

  /** Writes what waits, now. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const bodies = this.#waiting.map(({ type, text }): EventBody => ({
      type,
      step: this.#step,
      text,
    }));
    this.#waiting = [];
    this.#characters = 0;
    this.#first = false;
    this.#write(bodies);
  }

  /** Writes what waits and stops the timer. */
  close(): void {
    this.#closed.abort(NOT_WANTED);
    this.flush();
  }

  #flushLater(): void {
    if (this.#timed) return;
    this.#timed = true;
    void this.#flushAfterWait();
  }

  async #flushAfterWait(): Promise<void> {
    try {
      await this.#clock.sleep(this.#clock.flushMs, this.#closed.signal);
    } catch {
      return; // Closed: what waited is written.
    }
    this.#timed = false;
    this.flush();
  }
}
