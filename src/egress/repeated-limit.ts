/**
 * A time limit that is set anew with every piece of a stream. One timer of the platform serves them
 * all: to set and clear one for each piece costs more than to read it.
 */
export class RepeatedLimit {
  readonly #late: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /**
   * When the limit is over and when the timer looks for that, in milliseconds of a clock that nobody
   * sets back: with the time of day an hour back, an hour would be added to the limit.
   */
  #due = Infinity;
  #looks = Infinity;

  /** @param late called when a limit is over that was not lifted or set anew before */
  constructor(late: () => void) {
    this.#late = late;
  }

  /** Sets the limit: so many milliseconds from now; `Infinity` for none. */
  set(ms: number): void {
    const now = performance.now();
    this.#due = now + ms;
    if (this.#due < this.#looks) this.#lookAfter(now, ms);
  }

  /** Lifts the limit until it is set again. */
  lift(): void {
    this.#due = Infinity;
  }

  /** Lifts it for good: nothing is left that could fire or keep a process. */
  end(): void {
    this.#due = Infinity;
    this.#looks = Infinity;
    clearTimeout(this.#timer);
  }

  #lookAfter(now: number, ms: number): void {
    clearTimeout(this.#timer);
    this.#looks = now + ms;
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    this.#looks = Infinity;
    if (this.#due === Infinity) return;
    const now = performance.now();
    if (this.#due > now) return this.#lookAfter(now, this.#due - now);
    this.#due = Infinity;
    this.#late();
  }
}
