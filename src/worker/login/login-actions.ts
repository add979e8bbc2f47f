import { ACTION_MS } from '../../login/login-desk.ts';
import type { LoginAction, LoginLinks, LoginWish } from '../../login/login-desk.ts';
import type { LoginTarget } from '../../login/login.ts';
import type { FaultCode } from '../../fault/fault.ts';
import { randomBase62 } from '../../login/base62.ts';

/** How long its page still says how it ended. */
const REMEMBERED_MS = 24 * 3_600_000;

/** Links of one principal at a time: a program that starts runs without end must not fill the disk. */
const MOST_ACTIONS = 10_000;

/** Milliseconds until a run that could not be told is told again; doubles up to a quarter of an hour. */
const RETRY_MS = 1000;
const MOST_RETRY_MS = 900_000;

/** A run that must be told that a login is there. */
export interface Delivery {
  readonly action_id: string;
  readonly run_id: string;
}

/** The login links of one principal and the runs that wait for them, in SQLite. */
export class LoginActions implements LoginLinks {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS action (id TEXT PRIMARY KEY, url TEXT NOT NULL,
         user TEXT NOT NULL, profile TEXT NOT NULL, shown TEXT NOT NULL, run_id TEXT,
         created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, state TEXT NOT NULL,
         done_at INTEGER, began_at INTEGER, failure TEXT, tries INTEGER NOT NULL DEFAULT 0,
         tell_at INTEGER) WITHOUT ROWID`,
    );
  }

  /**
   * The link for a wish. A run that asks twice for the same, as after a crash, gets the same one.
   * @param since a login that was made after this time, in milliseconds since 1970, is the one
   *   that was wished for: the run is told of it at once
   * @returns null when there are too many links already
   */
  add({ target, shown, run }: LoginWish, since: number): LoginAction | null {
    const now = Date.now();
    this.purge(now);
    const same = run === null ? null : this.#waitingOf(run.id, target);
    if (same !== null) return same;
    const [{ n } = { n: 0 }] = this.#rows<{ n: number }>('SELECT count(*) AS n FROM action');
    if (n >= MOST_ACTIONS) return null;
    const isThere = this.#wasDoneSince(target, since);
    const id = randomBase62(24);
    const expires_at = Math.min(now + ACTION_MS, run?.expires_at ?? Infinity);
    this.#sql.exec(
      `INSERT INTO action (id, url, user, profile, shown, run_id, created_at, expires_at, state,
         done_at, tell_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      target.url,
      target.user,
      target.profile,
      shown,
      run?.id ?? null,
      now,
      expires_at,
      ...(isThere ? ['done', now, run === null ? null : now] : ['waiting', null, null]),
    );
    return this.find(id);
  }

  /** The action of a link, or null for one that is not this principal's. */
  find(id: string): LoginAction | null {
    const row = this.#rows<ActionRow>(`${SELECT} WHERE id = ?`, id)[0];
    return row === undefined ? null : actionOf(row);
  }

  /** An attempt begins: how the last one failed is over. */
  begin(id: string): void {
    this.#sql.exec('UPDATE action SET began_at = ?, failure = NULL WHERE id = ?', Date.now(), id);
  }

  fail(id: string, failure: FaultCode): void {
    this.#sql.exec('UPDATE action SET failure = ? WHERE id = ?', failure, id);
  }

  /** The login for a target is there: everybody who waits for it is to be told. */
  resolve({ url, user, profile }: LoginTarget): void {
    this.#sql.exec(
      `UPDATE action SET state = 'done', failure = NULL, done_at = ?1,
         tell_at = CASE WHEN run_id IS NULL THEN NULL ELSE ?1 END
       WHERE state = 'waiting' AND url = ?2 AND user = ?3 AND profile = ?4`,
      Date.now(),
      url,
      user,
      profile,
    );
  }

  /** Targets of links whose login began and did not come to an end that we know of. */
  begun(): readonly { readonly target: LoginTarget; readonly began_at: number }[] {
    return this.#rows<ActionRow & { began_at: number }>(
      `${SELECT} WHERE state = 'waiting' AND failure IS NULL AND began_at IS NOT NULL`,
    ).map((row) => ({ target: targetOf(row), began_at: row.began_at }));
  }

  /** Runs that are to be told now. */
  due(now: number): readonly Delivery[] {
    return this.#rows<{ action_id: string; run_id: string }>(
      `SELECT id AS action_id, run_id FROM action WHERE tell_at <= ? ORDER BY tell_at LIMIT 100`,
      now,
    );
  }

  told(id: string): void {
    this.#sql.exec('UPDATE action SET tell_at = NULL WHERE id = ?', id);
  }

  /** The run could not be told; it will be again, until its link is over or after `most` tries. */
  retry(id: string, most: number): void {
    this.#sql.exec(
      `UPDATE action SET tries = tries + 1,
         tell_at = CASE WHEN expires_at > ?1 AND tries < ?5
           THEN ?1 + min(?2 << min(tries, 20), ?3) END
       WHERE id = ?4`,
      Date.now(),
      RETRY_MS,
      MOST_RETRY_MS,
      id,
      Math.min(most, 1e9),
    );
  }

  /** When the next run is to be told, or null for never. */
  next(): number | null {
    return (
      this.#rows<{ at: number | null }>('SELECT min(tell_at) AS at FROM action')[0]?.at ?? null
    );
  }

  /** Forgets what was over long ago. */
  purge(now: number): void {
    this.#sql.exec(
      'DELETE FROM action WHERE expires_at < ?1 AND coalesce(done_at, 0) < ?1',
      now - REMEMBERED_MS,
    );
  }

  #waitingOf(run_id: string, target: LoginTarget): LoginAction | null {
    const row = this.#rows<ActionRow>(
      `${SELECT} WHERE run_id = ? AND state = 'waiting' AND url = ? AND user = ? AND profile = ?`,
      run_id,
      target.url,
      target.user,
      target.profile,
    )[0];
    return row === undefined ? null : actionOf(row);
  }

  #wasDoneSince({ url, user, profile }: LoginTarget, since: number): boolean {
    const rows = this.#rows(
      `SELECT 1 FROM action WHERE state = 'done' AND done_at >= ? AND url = ? AND user = ?
         AND profile = ? LIMIT 1`,
      since,
      url,
      user,
      profile,
    );
    return rows.length > 0;
  }

  #rows<Row extends Record<string, SqlStorageValue>>(
    query: string,
    ...bindings: SqlStorageValue[]
  ): Row[] {
    return this.#sql.exec<Row>(query, ...bindings).toArray();
  }
}

const SELECT =
  'SELECT id, url, user, profile, shown, run_id, expires_at, state, failure, began_at FROM action';

interface ActionRow extends Record<string, SqlStorageValue> {
  id: string;
  url: string;
  user: string;
  profile: string;
  shown: string;
  run_id: string | null;
  expires_at: number;
  state: 'waiting' | 'done';
  failure: FaultCode | null;
}

function actionOf(row: ActionRow): LoginAction {
  const { id, shown, run_id, expires_at, state, failure } = row;
  return { id, shown, run_id, expires_at, state, failure, target: targetOf(row) };
}

function targetOf({ url, user, profile }: ActionRow): LoginTarget {
  return { url, user, profile };
}
