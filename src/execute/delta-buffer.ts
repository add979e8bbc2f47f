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
 * written at once where somebody waits for it, the rest by time or size, and when somebody looks.
 */
export class DeltaBuffer {
  readonly #step: number;
  readonly #clock: Clock;
  readonly #write: (bodies: EventBody[]) => void;
  readonly #stopListening: (() => void) | undefined;
  #wait: AbortController | null = null;
  #waiting: Delta[] = [];
  #characters = 0;
  #first = true;

  constructor(step: number, clock: Clock, write: (bodies: EventBody[]) => void) {
    this.#step = step;
    this.#clock = clock;
    this.#write = write;
    this.#stopListening = clock.audience?.onLook(() => this.flush());
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
    if (this.#isUrgent()) this.flush();
    else this.#flushLater();
  }

  /** Writes what waits, now. */
  flush(): void {
    this.#wait?.abort(NOT_WANTED);
    this.#wait = null;
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

  /** Writes what waits, and nothing by itself any more. */
  close(): void {
    this.#stopListening?.();
    this.flush();
  }

  #isUrgent(): boolean {
    const { audience, flushMs } = this.#clock;
    const isAwaited = this.#first && audience?.isThere !== false;
    return isAwaited || flushMs === 0 || this.#characters >= FLUSH_CHARACTERS;
  }

  #flushLater(): void {
    if (this.#wait !== null) return;
    this.#wait = new AbortController();
    void this.#flushAfter(this.#wait.signal);
  }

  async #flushAfter(written: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(this.#clock.flushMs, written);
    } catch {
      return; // What waited is written.
    }
    this.flush();
  }
}
