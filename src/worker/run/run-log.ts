import type { RunLog } from '../../execute/ports.ts';
import type { EventBody, RunEvent } from '../../run/event.ts';

/**
 * UTF-16 units of JSON in one row. SQLite rows end at 2 MB and a unit takes at most three bytes,
 * so longer events are kept in several rows.
 */
const ROW_UNITS = 600_000;

/** One read of a cursor ends after so many units, so that a long log is never whole in memory. */
const BATCH_UNITS = 65_536;

/** What is kept beside a log: all that an append causes is written with it, or nothing is. */
export interface Beside {
  /** Does the work as one transaction. */
  together<Value>(work: () => Value): Value;
  /**
   * Writes what follows from events that were just written.
   * @param read all events, these included
   */
  follow(events: readonly RunEvent[], read: () => readonly RunEvent[]): void;
}

/** The append-only log of one run in the SQLite of its object, and who waits for its growth. */
export class SqlRunLog implements RunLog {
  readonly #sql: SqlStorage;
  readonly #beside: Beside | null;
  readonly #waiting = new Set<() => void>();
  readonly #listeners = new Set<(events: readonly RunEvent[]) => void>();
  /** True once the run was deleted or purged; nothing is read or written any more. */
  isRemoved = false;
  #last: { seq: number; ended: boolean } | null = null;
  /** What was written last, without gaps: readers who follow need not ask the database, each for itself. */
  readonly #tail: { readonly event: RunEvent; readonly units: number }[] = [];
  #tailUnits = 0;

  constructor(sql: SqlStorage, beside: Beside | null = null) {
    this.#sql = sql;
    this.#beside = beside;
  }

  /** Creates the tables; called when a run is accepted and never for a run that is only read. */
  static create(sql: SqlStorage): void {
    sql.exec(
      `CREATE TABLE event (seq INTEGER NOT NULL, part INTEGER NOT NULL, json TEXT NOT NULL,
         PRIMARY KEY (seq, part)) WITHOUT ROWID`,
    );
  }

  /** Whether the run has ended. */
  get ended(): boolean {
    return this.#head().ended;
  }

  /** Number of the last event. */
  get seq(): number {
    return this.#head().seq;
  }

  read(): readonly RunEvent[] {
    const events: RunEvent[] = [];
    for (let batch = this.after(0); batch.length > 0; batch = this.after(events.at(-1)?.seq ?? 0)) {
      events.push(...batch);
    }
    return events;
  }

  /** Some events after number `seq`, in order; none when there are no more yet. */
  after(seq: number): readonly RunEvent[] {
    if (this.isRemoved) return [];
    const first = this.#tail[0]?.event.seq ?? Infinity;
    if (first <= seq + 1) return this.#tail.slice(seq + 1 - first).map(({ event }) => event);
    const events: string[] = [];
    let current = seq;
    let units = 0;
    for (const row of this.#sql.exec<{ seq: number; json: string }>(
      'SELECT seq, json FROM event WHERE seq > ? ORDER BY seq, part',
      seq,
    )) {
      if (row.seq !== current && units > BATCH_UNITS) break;
      if (row.seq === current) events.push((events.pop() ?? '') + row.json);
      else events.push(row.json);
      current = row.seq;
      units += row.json.length;
    }
    return events.map(eventOf);
  }

  /** @param at when the event of this place in `bodies` happened, in milliseconds since 1970 */
  append(
    bodies: readonly EventBody[],
    at: (index: number) => number = () => Date.now(),
  ): readonly RunEvent[] {
    if (this.isRemoved) return [];
    const events = this.#written(bodies, at);
    if (events.length === 0) return events;
    for (const listener of this.#listeners) listener(events);
    this.#wake();
    return events;
  }

  #written(bodies: readonly EventBody[], at: (index: number) => number): readonly RunEvent[] {
    if (this.#beside === null) return this.#insertAll(bodies, at);
    const beside = this.#beside;
    try {
      return beside.together(() => {
        const events = this.#insertAll(bodies, at);
        beside.follow(events, () => this.read());
        return events;
      });
    } catch (error) {
      // Nothing of it was kept; where the log ends has to be looked up again.
      this.#last = null;
      this.#forgetTail();
      throw error;
    }
  }

  #insertAll(bodies: readonly EventBody[], at: (index: number) => number): readonly RunEvent[] {
    const events: RunEvent[] = [];
    for (const [index, body] of bodies.entries()) {
      const head = this.#head();
      // The end is written once; whatever a loop that was just stopped still says is void.
      if (head.ended) break;
      const event = { ...body, seq: head.seq + 1, at: at(index) } as RunEvent;
      this.#insert(event);
      this.#last = { seq: event.seq, ended: event.type === 'run-end' };
      events.push(event);
    }
    return events;
  }

  /** Takes events of another log as they are, those that follow on what is here. */
  adopt(events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.seq !== this.seq + 1) continue;
      this.#insert(event);
      this.#last = { seq: event.seq, ended: event.type === 'run-end' };
    }
  }

  subscribe(onAppend: (events: readonly RunEvent[]) => void): () => void {
    this.#listeners.add(onAppend);
    return () => this.#listeners.delete(onAppend);
  }

  /** Whether something happened within `ms`: the log grew past `seq`, or was removed. */
  async grown(seq: number, ms: number): Promise<boolean> {
    if (this.isRemoved || this.seq > seq) return true;
    return await new Promise<boolean>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(wake);
        resolve(false);
      }, ms);
      this.#waiting.add(wake);
    });
  }

  /** Says that the tables are gone; readers notice and end. */
  remove(): void {
    this.isRemoved = true;
    this.#forgetTail();
    this.#wake();
  }

  #forgetTail(): void {
    this.#tail.length = 0;
    this.#tailUnits = 0;
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  #head(): { seq: number; ended: boolean } {
    if (this.#last === null) {
      const [row] = this.#sql
        .exec<{ seq: number; json: string }>(
          'SELECT seq, json FROM event WHERE part = 0 ORDER BY seq DESC LIMIT 1',
        )
        .toArray();
      const ended = row !== undefined && row.json.startsWith('{"type":"run-end"');
      this.#last = { seq: row?.seq ?? 0, ended };
    }
    return this.#last;
  }

  #insert(event: RunEvent): void {
    const { type, ...rest } = event;
    // `type` comes first, so that the kind of a row is known from its beginning.
    const json = JSON.stringify({ type, ...rest });
    const pieces = split(json, ROW_UNITS);
    for (const [part, piece] of pieces.entries()) {
      this.#sql.exec(
        'INSERT INTO event (seq, part, json) VALUES (?, ?, ?)',
        event.seq,
        part,
        piece,
      );
    }
    this.#remember(event, json.length);
  }

  #remember(event: RunEvent, units: number): void {
    this.#tail.push({ event, units });
    this.#tailUnits += units;
    while (this.#tailUnits > BATCH_UNITS) this.#tailUnits -= this.#tail.shift()?.units ?? 0;
  }
}

/** An event as this log wrote it. */
function eventOf(json: string): RunEvent {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes these rows
  return JSON.parse(json) as RunEvent;
}

/** Pieces of at most `units` UTF-16 units; a surrogate pair is never torn, SQLite would spoil it. */
export function split(text: string, units: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = start + units;
    const torn = end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1));
    pieces.push(text.slice(start, torn ? end - 1 : end));
    start = torn ? end - 1 : end;
  }
  return pieces;
}
