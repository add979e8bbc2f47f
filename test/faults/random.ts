import process from 'node:process';

/** Numbers that a seed decides. */
export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = this.#seed;
  }

  /**
   * Other numbers that the same seed decides, under a name. What is drawn here changes nothing
   * there: who draws as often as requests happen to come must not draw where a plan is made.
   */
  of(name: string): Random {
    let mixed = this.#seed ^ 0x811c9dc5;
    for (const unit of name) mixed = Math.imul(mixed ^ (unit.codePointAt(0) ?? 0), 0x01000193);
    return new Random(mixed);
  }

  /** From 0 up to, and without, 1. @see mulberry32 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  shuffled<T>(values: readonly T[]): T[] {
    return values
      .map((value) => ({ value, at: this.next() }))
      .toSorted((one, other) => one.at - other.at)
      .map(({ value }) => value);
  }
}

/** What `SEED` says, or any; printed, so that a failure can be seen again. */
export function seedOf(what: string): number {
  const given = process.env['SEED'];
  const seed = given === undefined ? Date.now() % 2 ** 32 : Number(given);
  console.log(`${what}: SEED=${seed}`);
  return seed;
}

/** How many rounds; `npm run check` does few. */
export function roundsOf(few: number): number {
  return Number(process.env['FAULT_ROUNDS'] ?? few);
}

export const later = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
