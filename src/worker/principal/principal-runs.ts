import type { RunStatus } from '../../run/run.ts';
import type { RunCaps } from './caller-caps.ts';
import { RunAllowance } from './run-allowance.ts';
import { RunKeys } from './run-keys.ts';
import type { RunKey } from './run-keys.ts';

/** So long a word about a run that is gone may still be on its way. */
const GONE_MS = 24 * 3_600_000;

/** What a run object has said is believed for so long before it is asked. */
const BELIEVED_MS = 15_000;

/** An id that was reserved and has no run after so long never will. */
const RESERVED_MS = 300_000;

/** Run objects that reading a list asks at most. */
const MOST_ASKED = 20;

/** A run that asks to be started. */
export interface RunWish {
  /** The id that it gets when it is new. */
  readonly id: string;
  /** Sealed. */
  readonly title: string;
  /** Milliseconds since 1970, or null for never. */
  readonly expires_at: number | null;
  /** Null for a run that every request makes anew. */
  readonly once: RunKey | null;
}

/** What becomes of a wish. */
export type Admission =
  | { readonly kind: 'new' }
  /** The key was used for the same request; this is its run, accepted or about to be. */
  | { readonly kind: 'known'; readonly id: string }
  /** The key was used for something else. */
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'refused'; readonly seconds: number };

/** Where a run stands, as its object says it; null when there is none, or no longer. */
export type Standing =
  | (Pick<ListedRun, 'status' | 'expires_at'> & {
      /** The run has its place under another name: that of the request it goes on in. */
      readonly is_counted_elsewhere?: boolean;
    })
  | null;

/** A run as the list of its principal shows it. */
export interface ListedRun {
  readonly id: string;
  readonly status: RunStatus;
  /** Milliseconds since 1970. */
  readonly created_at: number;
  readonly expires_at: number | null;
  /** Sealed. */
  readonly title: string;
}

/** Which part of the list is read. */
export interface ListWish {
  readonly limit: number;
  /** The last run that was seen; null to begin with the newest. */
  readonly after: string | null;
  readonly status: RunStatus | null;
}

/** A part of the list; null when the run to begin after is not in it. */
export type RunsPage = {
  readonly runs: readonly ListedRun[];
  readonly has_more: boolean;
} | null;

/**
 * The runs of one principal in the SQLite of its object: which ones there are, which request a key
 * stands for, and how many may still be started.
 */
export class PrincipalRuns {
  readonly allowance: RunAllowance;
  readonly #keys: RunKeys;
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.allowance = new RunAllowance(sql);
    this.allowance.create();
    this.#keys = new RunKeys(sql);
    this.#keys.create();
    sql.exec(
      `CREATE TABLE IF NOT EXISTS run (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
         status TEXT NOT NULL, title TEXT NOT NULL, created_at INTEGER NOT NULL,
         expires_at INTEGER, noted_at INTEGER NOT NULL)`,
    );
    sql.exec('CREATE TABLE IF NOT EXISTS gone (id TEXT PRIMARY KEY, at INTEGER NOT NULL)');
  }

  /**
   * Admits a run, whose key is reserved before anybody accepts it: of many equal requests at the
   * same time one is new and all others are told its id. A run that is never accepted, because the
   * process died in between, is accepted by the next request with its key.
   */
  admit({ id, title, expires_at, once }: RunWish, caps: RunCaps): Admission {
    this.#keys.purge();
    const known = once === null ? undefined : this.#keys.used(once.key);
    if (known !== undefined) {
      return known.hash === once?.hash ? { kind: 'known', id: known.run_id } : { kind: 'mismatch' };
    }
    const wait =
      (once === null ? null : this.#keys.fullFor()) ?? this.allowance.take(id, caps, null);
    if (wait !== null) return { kind: 'refused', seconds: wait };
    if (once !== null) this.#keys.reserve(once, id);
    // It begins at once, and does not say so by itself: that would be one more wait for the disk.
    this.#insert({ id, status: 'running', title, created_at: Date.now(), expires_at });
    return { kind: 'new' };
  }

  /** Lists a run that its own object says is missing, unless it is gone. */
  add(run: ListedRun): void {
    if (!this.#isGone(run.id)) this.#insert(run);
  }

  /**
   * What the object of a run says about it.
   * @returns false when the run is missing in the list
   */
  note(id: string, standing: Standing): boolean {
    const [row] = this.#sql
      .exec<{ created_at: number }>('SELECT created_at FROM run WHERE id = ?', id)
      .toArray();
    if (standing === null) {
      if (row === undefined || row.created_at + RESERVED_MS <= Date.now()) this.forget(id);
      return true;
    }
    if (row === undefined) {
      this.allowance.release(id);
      return this.#isGone(id);
    }
    const { status, expires_at, is_counted_elsewhere = false } = standing;
    this.#sql.exec(
      'UPDATE run SET status = ?, expires_at = ?, noted_at = ? WHERE id = ?',
      status,
      expires_at,
      Date.now(),
      id,
    );
    // Waiting for a person costs nothing, so it does not count.
    const goesOn = status === 'queued' || status === 'running';
    if (goesOn && !is_counted_elsewhere) this.allowance.hold(id, null);
    else this.allowance.release(id);
    return true;
  }

  /** The run is gone, and its key stands for nothing any more. */
  forget(id: string): void {
    this.#leave(id);
    this.#sql.exec('DELETE FROM run WHERE id = ?', id);
    this.#keys.forget(id);
    this.allowance.release(id);
  }

  /** The run is only to be found under another id. */
  move(from: string, to: string): void {
    this.#leave(from);
    this.#sql.exec('UPDATE OR REPLACE run SET id = ? WHERE id = ?', to, from);
    this.#keys.move(from, to);
  }

  /** Runs whose last word may have been lost; they count as heard of now. */
  doubtful(): readonly string[] {
    const now = Date.now();
    return this.#sql
      .exec<{ id: string }>(
        `UPDATE run SET noted_at = ?1 WHERE id IN (SELECT id FROM run
           WHERE status IN ('queued', 'running', 'requires_action') AND noted_at <= ?2
           ORDER BY noted_at LIMIT ?3) RETURNING id`,
        now,
        now - BELIEVED_MS,
        MOST_ASKED,
      )
      .toArray()
      .map(({ id }) => id);
  }

  /** The newest first. */
  list({ limit, after, status }: ListWish): RunsPage {
    this.#sql.exec('DELETE FROM run WHERE expires_at <= ?', Date.now());
    const before = after === null ? Number.MAX_SAFE_INTEGER : this.#placeOf(after);
    if (before === undefined) return null;
    const rows = this.#sql
      .exec<Row>(
        `SELECT id, status, title, created_at, expires_at FROM run
         WHERE n < ?1 AND (?2 IS NULL OR status = ?2) ORDER BY n DESC LIMIT ?3`,
        before,
        status,
        limit + 1,
      )
      .toArray();
    return { runs: rows.slice(0, limit), has_more: rows.length > limit };
  }

  #insert({ id, status, title, created_at, expires_at }: ListedRun): void {
    this.#sql.exec(
      `INSERT OR IGNORE INTO run (id, status, title, created_at, expires_at, noted_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      id,
      status,
      title,
      created_at,
      expires_at,
      Date.now(),
    );
  }

  /** What is still on its way about this id must not list it again. */
  #leave(id: string): void {
    const now = Date.now();
    this.#sql.exec('DELETE FROM gone WHERE at <= ?', now - GONE_MS);
    this.#sql.exec('INSERT OR REPLACE INTO gone (id, at) VALUES (?, ?)', id, now);
  }

  #isGone(id: string): boolean {
    return this.#sql.exec('SELECT 1 FROM gone WHERE id = ?', id).toArray().length > 0;
  }

  #placeOf(id: string): number | undefined {
    return this.#sql.exec<{ n: number }>('SELECT n FROM run WHERE id = ?', id).toArray()[0]?.n;
  }
}

/** SQLite's rows have an index signature, which an interface has not. */
type Row = { [Name in keyof ListedRun]: ListedRun[Name] };
