import { executeRun } from '../../execute/execute-run.ts';
import type { Ports } from '../../execute/ports.ts';

/** An alarm may run fifteen minutes; ours stops before ten and sets the next. */
const TURN_MS = 9 * 60_000;

/** The loop of a run, one turn of it inside each alarm. */
export class RunTurn {
  #stop: AbortController | null = null;

  /**
   * Carries the run on for as long as a turn lasts, and no longer than it is kept.
   * @param beside begins what happens meanwhile, and gives back what ends it
   */
  async take(
    ports: Ports,
    expires_at: number | null,
    beside: () => readonly (() => void)[],
  ): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    const ends = beside();
    const turn = Math.min(TURN_MS, (expires_at ?? Infinity) - Date.now());
    const turnOver = setTimeout(() => stop.abort(), turn);
    try {
      await executeRun(ports, stop.signal);
    } finally {
      for (const end of ends) end();
      clearTimeout(turnOver);
      this.#stop = null;
    }
  }

  /** Stops the loop that works in this process, if one does. */
  stop(): void {
    this.#stop?.abort();
  }
}
