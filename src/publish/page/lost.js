/** Milliseconds that a connection may be gone before it is said: most come back at once. */
const PATIENCE = 2000;

const WORDS = 'Connection lost. Trying again until it is back.';

/** Says above `<main>` that nothing is heard of the run any more, until something is. */
export class Lost {
  /** @type {HTMLElement} */
  #main;
  /** @type {number | undefined} */
  #timer;
  /** What a screen reader was told last, and is told again. */
  #told = '';
  /** @type {HTMLElement | null} */
  #notice = null;

  /** @param {HTMLElement} main the page that is not up to date meanwhile */
  constructor(main) {
    this.#main = main;
  }

  /** The connection is gone; said once, however often it is tried again. */
  begins() {
    this.#timer ??= window.setTimeout(() => this.#show(), PATIENCE);
  }

  /** Something was heard. */
  ends() {
    window.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#notice) return;
    this.#notice.remove();
    this.#notice = null;
    announce(this.#told);
  }

  #show() {
    this.#notice = document.createElement('p');
    this.#notice.className = 'notice lost';
    this.#notice.textContent = WORDS;
    this.#main.before(this.#notice);
    this.#told = document.getElementById('announcement')?.textContent ?? '';
    announce(WORDS);
  }
}

/**
 * Tells a screen reader.
 *
 * @param {string} text
 */
export function announce(text) {
  const region = document.getElementById('announcement');
  if (region && region.textContent !== text) region.textContent = text;
}
