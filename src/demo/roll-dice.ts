/** Dice that fell. */
export interface Roll {
  readonly rolls: readonly number[];
  readonly total: number;
  /** Gives the same roll again. */
  readonly seed: number;
}

const RANGE = 2 ** 32;

/**
 * Rolls dice. The same seed gives the same roll, everywhere and always.
 * @param seed an integer; chosen at random when left out
 */
export function rollDice(count: number, sides: number, seed: number = randomSeed()): Roll {
  const next = xorshift(seed);
  const rolls = Array.from({ length: count }, () => 1 + Math.floor(next() * sides));
  return { rolls, total: rolls.reduce((sum, roll) => sum + roll, 0), seed };
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

/**
 * Numbers from 0 to below 1: xorshift with 32 bits of state (Marsaglia 2003). Fair enough for
 * dice, and guessable.
 */
function xorshift(seed: number): () => number {
  // Neighbouring seeds are spread over the whole range; the state may be anything but 0.
  let state = Math.imul(seed + 1, 0x9e_37_79_b1) | 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / RANGE;
  };
  for (let warmUp = 0; warmUp < 8; warmUp += 1) next();
  return next;
}
