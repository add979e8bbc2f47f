/** Milliseconds between two times that something is done by itself. */
const APART_MS = 2000;

/** Does something when its reader comes back to the page from another tab or window, a few times. */
export class ComingBack {
  readonly #act: () => void;
  #left = 0;
  #timer = 0;
  #last = -Infinity;

  constructor(act: () => void) {
    this.#act = act;
    // A window beside this one is left without this one being hidden.
    window.addEventListener('focus', () => this.#plan());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#plan();
    });
  }

  /** @param times how often it is done from now on: who goes to and fro is no storm of requests */
  allow(times: number): void {
    this.#left = times;
  }

  #plan(): void {
    if (this.#left <= 0 || this.#timer !== 0) return;
    const wait = Math.max(0, this.#last + APART_MS - performance.now());
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#last = performance.now();
      this.#left -= 1;
      this.#act();
    }, wait);
  }
}
