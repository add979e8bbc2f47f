import { Fault } from '../../fault/fault.ts';
import { unlessAborted } from './deadline.ts';

/**
 * The time that one call has. It stands still while a person is asked; nothing that a server sends
 * stretches it.
 */
export class CallClock {
  /** Aborts when the time is over or the caller gave up. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #left: number;
  #since = 0;
  #paused = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number, outer: AbortSignal) {
    this.signal = AbortSignal.any([this.#controller.signal, outer]);
    this.#left = ms;
    this.#start();
  }

  /** Gives the call so much more time, once it is known to be long. */
  extend(ms: number): void {
    this.#stop();
    this.#left += ms;
    if (this.#paused === 0) this.#start();
  }

  /** Does something that takes a person's time; rejects when the call is over before it is done. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    if (this.#paused === 0) this.#stop();
    this.#paused += 1;
    try {
      return await this.within(work());
    } finally {
      this.#paused -= 1;
      if (this.#paused === 0) this.#start();
    }
  }

  /** Waits, or rejects when the call is over. */
  async sleep(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const slept = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await this.within(slept).finally(() => clearTimeout(timer));
  }

  /** Waits for something, or rejects when the call is over before it is done. */
  async within<T>(work: Promise<T>): Promise<T> {
    return await unlessAborted(work, this.signal, () => new Fault('server_timeout'));
  }

  /** To be called when the call is over. */
  end(): void {
    this.#stop();
    this.#left = 0;
  }

  #start(): void {
    if (this.#left <= 0) return;
    this.#since = Date.now();
    this.#timer = setTimeout(() => this.#controller.abort(), this.#left);
  }

  #stop(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#left = Math.max(1, this.#left - (Date.now() - this.#since));
  }
}
