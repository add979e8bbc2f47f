import type { EventBody, RunEvent } from '../run/event.ts';
import type { RunLog } from './ports.ts';

/** A log that lives as long as the process: for runs of the command line and of the fetch proxy. */
export class MemoryLog implements RunLog {
  readonly #now: () => number;
  readonly #listeners = new Set<(events: readonly RunEvent[]) => void>();
  readonly #events: RunEvent[] = [];

  /**
   * @param now milliseconds since 1970
   * @param onAppend is told of every event, in order
   */
  constructor(now: () => number, onAppend: (events: readonly RunEvent[]) => void = () => {}) {
    this.#now = now;
    this.#listeners.add(onAppend);
  }

  read(): readonly RunEvent[] {
    return [...this.#events];
  }

  append(bodies: readonly EventBody[]): readonly RunEvent[] {
    const kept: RunEvent[] = [];
    for (const body of bodies) {
      if (this.#events.at(-1)?.type === 'run-end') break;
      const event: RunEvent = { seq: this.#events.length + 1, at: this.#now(), ...body };
      this.#events.push(event);
      kept.push(event);
    }
    if (kept.length > 0) for (const listener of this.#listeners) listener(kept);
    return kept;
  }

  subscribe(onAppend: (events: readonly RunEvent[]) => void): () => void {
    this.#listeners.add(onAppend);
    return () => this.#listeners.delete(onAppend);
  }
}
