import type { RunEnd, RunEvent } from '../../run/event.ts';
import { faultData } from '../../fault/fault.ts';
import type { RunClient } from '../run/run-client.ts';

/** Events are sent together, so often, in milliseconds. */
const EVERY_MS = 250;
/** UTF-16 units of JSON in one batch; a call to another object takes 32 MiB. */
const BATCH_UNITS = 2_000_000;
/** What could not be sent is sent again, so often. */
const TRIES = 4;

/** Sends the events of a run inside of a request to the object that shows it. */
export class RunMirror {
  readonly #object: Pick<RunClient, 'mirror'>;
  readonly #onClosed: () => void;
  readonly #ending = Promise.withResolvers<void>();
  readonly #queue: RunEvent[] = [];
  #pump: Promise<void> | null = null;
  /** Number of the last event that the object has; the first is the start of the run. */
  #seq = 1;
  #isClosed = false;
  #last: RunEvent | null = null;

  /** @param onClosed the run was cancelled or removed where it is shown, or cannot be kept */
  constructor(object: Pick<RunClient, 'mirror'>, onClosed: () => void) {
    this.#object = object;
    this.#onClosed = onClosed;
  }

  /** Takes the next event of the run. */
  take(event: RunEvent): void {
    this.#last = event;
    if (event.type === 'run-start' || this.#isClosed) return;
    const before = this.#queue.at(-1);
    const merged = before === undefined ? null : joined(before, event);
    if (merged === null) this.#queue.push(event);
    else this.#queue[this.#queue.length - 1] = merged;
    this.#pump ??= this.#send();
  }

  /** The run is over; resolves when all of it was sent. */
  async finish(end: RunEnd | null): Promise<void> {
    const { at, seq } = this.#last ?? { at: Date.now(), seq: 1 };
    if (this.#last?.type !== 'run-end') this.take({ ...(end ?? CANCELLED), at, seq: seq + 1 });
    this.#ending.resolve();
    await this.#pump;
  }

  async #send(): Promise<void> {
    while (this.#queue.length > 0 && !this.#isClosed) {
      await Promise.race([pause(EVERY_MS), this.#ending.promise]);
      await this.#sendBatch(this.#batch());
    }
    // At once with the last look at the queue: what comes later begins anew.
    this.#pump = null;
  }

  /** The first events of the queue that go together. */
  #batch(): RunEvent[] {
    let units = 0;
    const most = this.#queue.findIndex((event) => {
      units += JSON.stringify(event).length;
      return units > BATCH_UNITS;
    });
    return this.#queue.splice(0, most === -1 ? this.#queue.length : Math.max(1, most));
  }

  async #sendBatch(batch: readonly RunEvent[]): Promise<void> {
    for (let tried = 1; tried <= TRIES; tried += 1) {
      const answer = await this.#object.mirror(this.#seq, batch).catch(() => null);
      if (answer !== null) {
        this.#seq = answer.seq;
        if (answer.ended) this.#close(batch);
        return;
      }
      await pause(EVERY_MS * tried);
    }
    this.#close(batch);
  }

  #close(batch: readonly RunEvent[]): void {
    this.#isClosed = true;
    if (batch.at(-1)?.type !== 'run-end') this.#onClosed();
  }
}

const CANCELLED: RunEnd = {
  type: 'run-end',
  status: 'cancelled',
  stop_reason: 'cancelled',
  error: faultData('cancelled'),
};

/** Two pieces of one text as one event; every token would be a row of its own. */
function joined(before: RunEvent, event: RunEvent): RunEvent | null {
  if (before.type !== 'text-delta' && before.type !== 'reasoning-delta') return null;
  if (event.type !== before.type || event.step !== before.step) return null;
  return { ...before, text: before.text + event.text };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
