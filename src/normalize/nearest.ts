/** Characters of a word that are compared; the work is the product of two lengths. */
const LONGEST = 40;

/**
 * The candidate that a mistyped word most likely means, for "did you mean". The first of equally
 * near ones.
 *
 * @param options `prefix`: whether the beginning of a candidate is enough, as for commands
 * @returns null when none is near enough to be meant
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
  options: { readonly prefix?: boolean } = {},
): string | null {
  const wanted = word.slice(0, LONGEST);
  let best: { readonly name: string; readonly distance: number } | null = null;
  for (const name of candidates) {
    const most = Math.max(1, Math.floor(name.length / 3));
    const isStart = options.prefix === true && wanted.length > 1 && name.startsWith(wanted);
    const distance = distanceWithin(isStart ? Infinity : most, wanted, name);
    if (distance < (best?.distance ?? Infinity)) {
      best = { name, distance };
    }
  }
  return best?.name ?? null;
}

/** The distance, or Infinity where it is more; the difference in length is the least that it can be. */
function distanceWithin(most: number, from: string, to: string): number {
  const distance = Math.abs(from.length - to.length) > most ? Infinity : editDistance(from, to);
  return distance <= most ? distance : Infinity;
}

/** Insertions, deletions, replacements and swaps of neighbours between two short texts. */
function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      const swapped =
        row > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + same,
          swapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
