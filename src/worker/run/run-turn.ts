import { executeRun } from '../../execute/execute-run.ts';
import type { Ports } from '../../execute/ports.ts';

/**
 * An alarm may run fifteen minutes. Ours begins nothing new after nine and sets the next; what is under
 * way then has the time that a call takes and a person is given for an answer.
 * @see https://developers.cloudflare.com/durable-objects/platform/limits/
 */
const REST_MS = 9 * 60_000;
const TURN_MS = 14.5 * 60_000;

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
    const rest = new AbortController();
    const resting = setTimeout(() => rest.abort(), REST_MS);
    try {
      await executeRun(ports, stop.signal, rest.signal);
    } finally {
      for (const end of ends) end();
      clearTimeout(resting);
      clearTimeout(turnOver);
      this.#stop = null;
    }
  }

  /** Stops the loop that works in this process, if one does. */
  stop(): void {
    this.#stop?.abort();
  }
}
