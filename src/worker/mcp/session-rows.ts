/** A session is forgotten so long after its last request. */
const KEPT_MS = 30 * 24 * 3_600_000;

/** Sessions of one principal; the one that was not used for longest makes room. */
const MOST_SESSIONS = 500;

/** How exactly it is known when a session was last used; a write for every request would be dear. */
const SEEN_MS = 3_600_000;

/** What is kept of a session: enough to begin it again in another process. */
export interface SessionRow {
  readonly id: string;
  /** The endpoint it was begun at: a run's prompt, or null for the server itself. */
  readonly prompt: string | null;
  /** The `initialize` request as JSON text. */
  readonly init: string;
}

/** The sessions of a principal, in the SQLite of its object. */
export class SessionRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, prompt TEXT, init TEXT NOT NULL,
         seen INTEGER NOT NULL) WITHOUT ROWID`,
    );
  }

  add({ id, prompt, init }: SessionRow): void {
    const now = Date.now();
    this.#sql.exec('DELETE FROM session WHERE seen < ?', now - KEPT_MS);
    this.#sql.exec(
      `DELETE FROM session WHERE id IN
         (SELECT id FROM session ORDER BY seen DESC LIMIT -1 OFFSET ?)`,
      MOST_SESSIONS - 1,
    );
    const insert = 'INSERT INTO session (id, prompt, init, seen) VALUES (?, ?, ?, ?)';
    this.#sql.exec(insert, id, prompt, init, now);
  }

  /** The session, which counts as used now; null for one that is not there. */
  find(id: string, prompt: string | null): SessionRow | null {
    const now = Date.now();
    const query = 'SELECT id, prompt, init FROM session WHERE id = ? AND prompt IS ? AND seen >= ?';
    const [row] = this.#sql
      .exec<{ id: string; prompt: string | null; init: string }>(query, id, prompt, now - KEPT_MS)
      .toArray();
    if (row === undefined) return null;
    const update = 'UPDATE session SET seen = ? WHERE id = ? AND seen < ?';
    this.#sql.exec(update, now, id, now - SEEN_MS);
    return row;
  }

  remove(id: string): void {
    this.#sql.exec('DELETE FROM session WHERE id = ?', id);
  }
}
