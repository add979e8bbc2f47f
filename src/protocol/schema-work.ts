import { isObject } from './json.ts';

/** Steps of work for one value; a schema of a stranger can ask for any number. */
const MOST_WORK = 1_000_000;

/** Levels of two values that are compared. */
const DEEPEST_COMPARISON = 100;

/** A check was given up; the message says why, of the value. */
export class TooMuchWork extends Error {}

/**
 * Counts the work of one check, so that nested `allOf`, `$ref` that double with every level and long
 * lists of allowed values end.
 */
export class SchemaWork {
  #left = MOST_WORK;

  /** @throws TooMuchWork when there was too much */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new TooMuchWork('takes too long to be checked');
  }

  /** Whether two JSON values are equal; the order of fields does not matter. */
  equal(a: unknown, b: unknown, depth = 0): boolean {
    this.spend(1);
    if (depth > DEEPEST_COMPARISON) throw new TooMuchWork('is nested too deeply to be compared');
    if (Array.isArray(a) && Array.isArray(b)) {
      return a.length === b.length && a.every((item, at) => this.equal(item, b[at], depth + 1));
    }
    if (!isObject(a) || !isObject(b)) return a === b;
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && this.equal(a[name], b[name], depth + 1))
    );
  }
}
