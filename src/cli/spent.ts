import { usageFigures } from '../publish/run-words.ts';
import { knownCost } from '../run/cost.ts';
import type { RunEvent } from '../run/event.ts';
import { applyEvent, startedRun, type Run } from '../run/run.ts';

/** What a run has used, from its events in order. */
export class Spent {
  #run: Run | null = null;

  take(event: RunEvent): void {
    if (event.type === 'run-start') this.#run ??= startedRun(event);
    else if (this.#run !== null && event.seq > this.#run.seq) {
      this.#run = applyEvent(this.#run, event);
    }
  }

  /** Tokens and US dollars, as far as they are known. */
  figures(): string[] {
    if (this.#run === null) return [];
    const { usage, cost } = this.#run;
    return usageFigures(usage, knownCost(cost));
  }
}
