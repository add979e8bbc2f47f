/** Where a server is killed, round by round: decided by the seed before anything runs. */
import type { Random } from './random.ts';
import { KINDS, type Kind } from './slow-peers.ts';
import { PHASES, type Phase } from './traps.ts';

/** What is posted in a round, so that its phase comes. */
const POSTED: Readonly<Record<Phase, Kind>> = {
  accept: 'plain',
  reference: 'reference',
  connect: 'pay',
  'before the first token': 'plain',
  'after the first token': 'plain',
  'intent of a call': 'look',
  'call sent': 'pay',
  'call done': 'pay',
  'waiting for a login': 'login',
  'waiting for an answer': 'ask',
  'callback of a login': 'login',
  end: 'plain',
  purge: 'short',
};

/** One kill. */
export interface Kill {
  readonly phase: Phase;
  /** Runs that are posted for it. */
  readonly kinds: readonly Kind[];
  /** Milliseconds between the phase and the kill. */
  readonly jitter: number;
}

/**
 * The kills of a seed: every phase in turn, in another order each time. The plan of fewer rounds is the
 * beginning of that of more.
 */
export function killPlan(
  seeded: Random,
  rounds: number,
  phases: readonly Phase[] = PHASES,
): readonly Kill[] {
  const random = seeded.of('plan');
  const plan: Kill[] = [];
  while (plan.length < rounds) {
    for (const phase of random.shuffled(phases)) {
      const more = KINDS[random.below(KINDS.length)] ?? 'plain';
      const kinds = [POSTED[phase], POSTED[phase], more];
      plan.push({ phase, kinds, jitter: random.below(20) });
    }
  }
  return plan.slice(0, rounds);
}
