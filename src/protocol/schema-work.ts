import { isObject } from './json.ts';

/** Steps of work for all that is checked together; a schema of a stranger can ask for any number. */
const MOST_WORK = 2_000_000;

/** Levels of two values that are compared. */
const DEEPEST_COMPARISON = 100;

/** Characters of a text that are looked at in the time of one step. */
const CHARACTERS = 16;

/** A check was given up; the message says why, of the value. */
export class TooMuchWork extends Error {}

/**
 * Counts the work of checks, so that nested `allOf`, `$ref` that double with every level, long lists
 * and long texts end. Who checks several values of one request counts them with one of these: else
 * a request with a thousand inputs would be allowed a thousand times the work.
 */
export class SchemaWork {
  #left = MOST_WORK;

  /** @throws TooMuchWork when there was too much */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new TooMuchWork('takes too long to be checked');
  }

  /**
   * Counts a text that is read to its end.
   * @throws TooMuchWork when there was too much
   */
  spendText(text: string): void {
    this.spend(1 + text.length / CHARACTERS);
  }

  /** Whether two JSON values are equal; the order of fields does not matter. */
  equal(a: unknown, b: unknown, depth = 0): boolean {
    this.spend(1);
    if (depth > DEEPEST_COMPARISON) throw new TooMuchWork('is nested too deeply to be compared');
    if (typeof a === 'string' && typeof b === 'string') return this.#sameText(a, b);
    if (Array.isArray(a) && Array.isArray(b)) {
      return a.length === b.length && a.every((item, at) => this.equal(item, b[at], depth + 1));
    }
    if (!isObject(a) || !isObject(b)) return a === b;
    const names = Object.keys(a);
    const others = Object.keys(b).length;
    this.spend(names.length + others);
    return (
      names.length === others &&
      names.every((name) => Object.hasOwn(b, name) && this.equal(a[name], b[name], depth + 1))
    );
  }

  #sameText(a: string, b: string): boolean {
    if (a.length !== b.length) return false;
    this.spendText(a);
    return a === b;
  }
}
