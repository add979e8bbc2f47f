/** Answers are forgotten after so long: no action is waited for longer. */
const KEPT_MS = 31 * 24 * 3_600_000;

/**
 * What clients of a principal have answered of what tasks asked, in the SQLite of its object. A page
 * that somebody opened is no login yet: the run still waits, and must not ask again for that.
 */
export class AnsweredActions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS answered (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID',
    );
  }

  add(ids: readonly string[]): void {
    const now = Date.now();
    this.#sql.exec('DELETE FROM answered WHERE at < ?', now - KEPT_MS);
    for (const id of ids) {
      this.#sql.exec('INSERT OR IGNORE INTO answered (id, at) VALUES (?, ?)', id, now);
    }
  }

  /** Those of `ids` that were answered. */
  of(ids: readonly string[]): readonly string[] {
    const query = 'SELECT id FROM answered WHERE id = ?';
    return ids.filter((id) => this.#sql.exec(query, id).toArray().length > 0);
  }
}
