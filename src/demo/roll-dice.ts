/** Dice that fell. */
export interface Roll {
  readonly rolls: readonly number[];
  readonly total: number;
  /** Gives the same roll again. */
  readonly seed: number;
}

const SEEDS = 2 ** 32;

/**
 * Rolls dice. The same seed gives the same roll, everywhere and always.
 * @param seed an integer; chosen at random when left out
 */
export function rollDice(count: number, sides: number, seed: number = randomSeed()): Roll {
  const next = mulberry(seed);
  const rolls = Array.from({ length: count }, () => 1 + Math.floor(next() * sides));
  return { rolls, total: rolls.reduce((sum, roll) => sum + roll, 0), seed };
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

/** The public-domain generator mulberry32: numbers from 0 to below 1, fair enough for dice. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / SEEDS;
  };
}
