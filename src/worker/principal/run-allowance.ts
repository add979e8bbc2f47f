import type { RunCaps } from './caller-caps.ts';

/** Seconds that who has too many runs at a time is told to wait: nobody knows when one ends. */
const FULL_S = 10;

const MINUTE_MS = 60_000;

/** A run that was just admitted may not be accepted yet, and is not asked before. */
const SETTLED_MS = 15_000;

/** Places that are looked at again in one go. */
const MOST_LOOKED_AT = 20;

/**
 * What one caller may still start, in the SQLite of its object: a bucket that a minute fills, and
 * a place for everything that goes on. A place is given back by who took it; one that was forgotten
 * is found by {@link RunAllowance.doubtful}.
 */
export class RunAllowance {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Creates the tables where there are none. */
  create(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS bucket (one INTEGER PRIMARY KEY CHECK (one = 1),
         spare REAL NOT NULL, at INTEGER NOT NULL)`,
    );
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS place (id TEXT PRIMARY KEY, looked_at INTEGER NOT NULL,
         until INTEGER) WITHOUT ROWID`,
    );
  }

  /**
   * Takes a place for `id` and one start out of the bucket.
   * @param until when the place is free by itself, in milliseconds since 1970; null for never
   * @returns null when both were there, else the seconds after which it is worth trying again
   */
  take(id: string, caps: RunCaps, until: number | null): number | null {
    const now = Date.now();
    this.#sql.exec('DELETE FROM place WHERE until <= ?', now);
    if (this.isCrowded(caps)) return FULL_S;
    const wait = caps.rate > 0 ? this.#draw(caps.rate, now) : null;
    if (wait === null) this.hold(id, until);
    return wait;
  }

  /** Takes a place whatever the cap is: what was admitted goes on. */
  hold(id: string, until: number | null): void {
    this.#sql.exec(
      'INSERT OR IGNORE INTO place (id, looked_at, until) VALUES (?, ?, ?)',
      id,
      Date.now(),
      until,
    );
  }

  /** Gives a place back. */
  release(id: string): void {
    this.#sql.exec('DELETE FROM place WHERE id = ?', id);
  }

  /** How much goes on. */
  taken(): number {
    const query = 'SELECT count(*) AS n FROM place WHERE until IS NULL OR until > ?';
    return this.#sql.exec<{ n: number }>(query, Date.now()).one().n;
  }

  /** Whether the places are what a caller lacks. */
  isCrowded({ concurrency }: RunCaps): boolean {
    return concurrency > 0 && this.taken() >= concurrency;
  }

  /** Runs that may have ended without a word, the longest unseen first; they count as seen now. */
  doubtful(): readonly string[] {
    const now = Date.now();
    return this.#sql
      .exec<{ id: string }>(
        `UPDATE place SET looked_at = ?1 WHERE id IN (SELECT id FROM place
           WHERE until IS NULL AND looked_at <= ?2 ORDER BY looked_at LIMIT ?3) RETURNING id`,
        now,
        now - SETTLED_MS,
        MOST_LOOKED_AT,
      )
      .toArray()
      .map(({ id }) => id);
  }

  /** Whether the bucket was last drawn from longer than a minute ago, and so is full. */
  isFull(): boolean {
    const [row] = this.#sql.exec<{ at: number }>('SELECT at FROM bucket').toArray();
    return row === undefined || row.at + MINUTE_MS <= Date.now();
  }

  #draw(rate: number, now: number): number | null {
    const [row] = this.#sql
      .exec<{ spare: number; at: number }>('SELECT spare, at FROM bucket')
      .toArray();
    // A clock that was set back must not stop anybody.
    const passed = row === undefined ? MINUTE_MS : Math.max(now - row.at, 0);
    const spare = Math.min(rate, (row?.spare ?? rate) + (passed * rate) / MINUTE_MS);
    if (spare < 1) return Math.ceil((((1 - spare) / rate) * MINUTE_MS) / 1000);
    this.#sql.exec(
      'INSERT OR REPLACE INTO bucket (one, spare, at) VALUES (1, ?, ?)',
      spare - 1,
      now,
    );
    return null;
  }
}
