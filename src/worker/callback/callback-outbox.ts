import type { CompletionRequest } from '../../normalize/request.ts';
import type { CallbackMessage } from '../../publish/render-callback.ts';
import type { CallbackDelivery, CallbackView } from '../../run/callback-view.ts';
import { randomBase62 } from '../../login/base62.ts';
import { isOfThisServer } from '../principal/principal-name.ts';
import { hasTable } from '../run/run-record.ts';
import type { RunRecord } from '../run/run-record.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What is waited before each try, after the one before it failed: the schedule of Standard Webhooks. */
const DELAYS_MS: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** So much a delay grows by chance, so that many runs do not come back to a receiver together. */
const JITTER = 0.1;

/** A try whose end nobody wrote down, because the process died, is made up for after this time. */
const CLAIM_MS = 20 * SECOND;

/** Messages of one run; the last place is kept for its end. */
const MAX_MESSAGES = 64;

/** Where a run's callbacks go and for whom. */
export interface CallbackPlace {
  readonly run_id: string;
  /** Sealed. */
  readonly url: string;
  readonly origin: string;
  /** Whether it may use what belongs to this server's people: secrets, opened local addresses. */
  readonly is_trusted: boolean;
}

/** One message that is due. */
export interface DueCallback {
  readonly id: string;
  readonly body: string;
  /** This try, from 1. */
  readonly attempt: number;
  readonly place: CallbackPlace;
}

/** How a try ended. `wait_ms` is what the receiver asked for, 0 for nothing. */
export type CallbackTry =
  | { readonly outcome: 'delivered' | 'gone' }
  | { readonly outcome: 'failed'; readonly wait_ms: number };

type Callback = NonNullable<CompletionRequest['callback']>;

/**
 * What the callback of one run still has to be told, in the SQLite of its object. A message is
 * written in the transaction of the event that causes it; a try is counted before it is made, so a
 * process that dies in between repeats it under the same id and forgets none.
 */
export class CallbackOutbox {
  readonly #sql: SqlStorage;
  #exists: boolean | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Whether the run has a callback; asked often, and made at its acceptance or never. */
  get exists(): boolean {
    return (this.#exists ??= hasTable(this.#sql, 'callback'));
  }

  /** The address is kept here and not in the log, where it could not be removed. */
  create(run_id: string, { url, events }: Callback, record: RunRecord): void {
    this.#sql.exec(
      `CREATE TABLE callback (run_id TEXT NOT NULL, url TEXT, events TEXT, origin TEXT NOT NULL,
         is_trusted INTEGER NOT NULL, disabled INTEGER NOT NULL, ended INTEGER NOT NULL)`,
    );
    this.#sql.exec(
      `CREATE TABLE callback_message (number INTEGER PRIMARY KEY, id TEXT NOT NULL,
         type TEXT NOT NULL, body TEXT, attempts INTEGER NOT NULL, next_at INTEGER,
         delivered_at INTEGER)`,
    );
    this.#sql.exec(
      'INSERT INTO callback VALUES (?, ?, ?, ?, ?, 0, 0)',
      run_id,
      url,
      events === undefined ? null : events.join(' '),
      record.origin,
      isOfThisServer(record.principal) ? 1 : 0,
    );
    this.#exists = true;
  }

  /** Keeps a message to be sent at once. The end of a run is the last one. */
  put({ type, body }: CallbackMessage): void {
    const { events, disabled } = this.#callback();
    const isEnd = type !== 'run.action_required';
    if (isEnd) this.#sql.exec('UPDATE callback SET ended = 1');
    const isWanted = events === null || events.split(' ').includes(type.slice('run.'.length));
    const room = MAX_MESSAGES - this.#count('1 = 1') - (isEnd ? 0 : 1);
    if (isWanted && disabled === 0 && room > 0) {
      this.#sql.exec(
        `INSERT INTO callback_message (id, type, body, attempts, next_at) VALUES (?, ?, ?, 0, ?)`,
        `msg_${randomBase62(27)}`,
        type,
        body,
        Date.now(),
      );
    }
    this.#forgetPlace();
  }

  /** The message that has been due longest, counted as tried; null when none is. */
  claim(now: number): DueCallback | null {
    if (!this.exists) return null;
    for (;;) {
      const [row] = this.#sql
        .exec<{ id: string; body: string; attempts: number }>(
          `SELECT id, body, attempts FROM callback_message WHERE next_at <= ?
             ORDER BY next_at, number LIMIT 1`,
          now,
        )
        .toArray();
      if (row === undefined) return null;
      const { run_id, url, origin, is_trusted } = this.#callback();
      if (row.attempts < DELAYS_MS.length && url !== null) {
        const next = now + CLAIM_MS;
        const attempt = row.attempts + 1;
        this.#update(row.id, 'attempts = ?, next_at = ?', attempt, next);
        const place = { run_id, url, origin, is_trusted: is_trusted === 1 };
        return { id: row.id, body: row.body, attempt, place };
      }
      // Its last try ended together with the process.
      this.#giveUp(row.id);
    }
  }

  /** Writes down how a try ended. */
  settle({ id, attempt }: DueCallback, tried: CallbackTry, now: number): void {
    switch (tried.outcome) {
      case 'delivered':
        this.#update(id, 'delivered_at = ?, next_at = NULL, body = NULL', now);
        break;
      case 'gone':
        this.#sql.exec('UPDATE callback SET disabled = 1');
        this.#sql.exec('UPDATE callback_message SET next_at = NULL, body = NULL');
        break;
      case 'failed': {
        const delay = DELAYS_MS[attempt];
        if (delay === undefined || this.#callback().disabled === 1) {
          this.#giveUp(id);
          break;
        }
        const wait = Math.max(delay * (1 + JITTER * Math.random()), tried.wait_ms);
        this.#update(id, 'next_at = ?', Math.round(now + wait));
      }
    }
    this.#forgetPlace();
  }

  /** When the next message is due, in milliseconds since 1970; null for never. */
  nextAt(): number | null {
    if (!this.exists) return null;
    const rows = this.#sql.exec<{ at: number | null }>(
      'SELECT MIN(next_at) AS at FROM callback_message',
    );
    return rows.one().at;
  }

  /** What the owner may know; null for a run without a callback. */
  view(): CallbackView | null {
    if (!this.exists) return null;
    const events = this.#sql
      .exec<Record<string, SqlStorageValue> & CallbackDelivery>(
        `SELECT type, id, attempts, delivered_at, next_at FROM callback_message ORDER BY number`,
      )
      .toArray();
    return { disabled: this.#callback().disabled === 1, events };
  }

  /** Where the run was posted. */
  place(): Pick<CallbackPlace, 'origin'> {
    return { origin: this.#callback().origin };
  }

  #callback() {
    return this.#sql
      .exec<{
        run_id: string;
        url: string | null;
        events: string | null;
        origin: string;
        is_trusted: number;
        disabled: number;
      }>('SELECT * FROM callback')
      .one();
  }

  #count(condition: string): number {
    const text = `SELECT COUNT(*) AS count FROM callback_message WHERE ${condition}`;
    return this.#sql.exec<{ count: number }>(text).one().count;
  }

  #update(id: string, set: string, ...values: number[]): void {
    this.#sql.exec(`UPDATE callback_message SET ${set} WHERE id = ?`, ...values, id);
  }

  #giveUp(id: string): void {
    this.#update(id, 'next_at = NULL, body = NULL');
    this.#forgetPlace();
  }

  /** The address may hold a token: it goes with the last message. */
  #forgetPlace(): void {
    if (this.#count('next_at IS NOT NULL') > 0) return;
    this.#sql.exec('UPDATE callback SET url = NULL WHERE ended = 1 OR disabled = 1');
  }
}
