import type { RunEvent } from './event.ts';

/**
 * Which attempts at which steps asked for tools. A step that died is tried again, and the next
 * attempt may answer where the first one called, or the other way round.
 */
export class Attempts {
  readonly #all: { readonly step: number; readonly seq: number; calls: boolean }[] = [];
  #seq = 0;

  constructor(events: readonly RunEvent[]) {
    for (const event of events) this.take(event);
  }

  /** Takes the next event of the log; one that was taken before changes nothing. */
  take(event: RunEvent): void {
    if (event.seq <= this.#seq) return;
    this.#seq = event.seq;
    if (event.type === 'step-start') {
      this.#all.push({ step: event.step, seq: event.seq, calls: false });
    }
    if (event.type !== 'tool-call') return;
    const attempt = this.#of(event);
    if (attempt !== undefined) attempt.calls = true;
  }

  /** Whether the attempt that an event belongs to is known to have asked for tools. */
  isCalling(event: { readonly step: number; readonly seq: number }): boolean {
    return this.#of(event)?.calls === true;
  }

  #of({ step, seq }: { readonly step: number; readonly seq: number }) {
    return this.#all.findLast((attempt) => attempt.step === step && attempt.seq < seq);
  }
}
