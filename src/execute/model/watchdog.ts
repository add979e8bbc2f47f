import { RepeatedLimit } from '../../egress/repeated-limit.ts';
import { NOT_WANTED } from '../not-wanted.ts';

/**
 * An abort signal that follows the caller's and also fires when something takes too long. The
 * timer is armed only while we wait for the other side, never while our own reader is slow.
 */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #limit = new RepeatedLimit(() => this.#controller.abort(this.#reason?.()));
  #reason: (() => Error) | undefined;

  constructor(outer: AbortSignal) {
    this.#outer = outer;
    if (outer.aborted) this.#controller.abort(outer.reason);
    outer.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Fires with this reason unless disarmed or armed anew within so many milliseconds. */
  arm(ms: number, reason: () => Error): void {
    this.#reason = reason;
    this.#limit.set(ms);
  }

  disarm(): void {
    this.#limit.lift();
  }

  /** Lets go of what has come to its end by itself. */
  release(): void {
    this.#limit.end();
    this.#outer.removeEventListener('abort', this.#follow);
  }

  /** Ends everything that still hangs on the signal, and forgets the caller's. */
  stop(): void {
    this.release();
    this.#controller.abort(NOT_WANTED);
  }

  readonly #follow = (): void => this.#controller.abort(this.#outer.reason);
}
