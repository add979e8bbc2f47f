/** A bounded set of short values by name in SQLite: the ones used longest ago make room. */
export class KeptValues {
  readonly #sql: SqlStorage;
  readonly #table: 'memory' | 'confirmed';
  readonly #most: number;

  constructor(sql: SqlStorage, table: 'memory' | 'confirmed', most: number) {
    this.#sql = sql;
    this.#table = table;
    this.#most = most;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ${table} (key TEXT PRIMARY KEY, value TEXT NOT NULL,
         at INTEGER NOT NULL) WITHOUT ROWID`,
    );
  }

  get(key: string): string | null {
    const rows = this.#sql.exec<{ value: string }>(
      `SELECT value FROM ${this.#table} WHERE key = ?`,
      key,
    );
    return rows.toArray()[0]?.value ?? null;
  }

  set(key: string, value: string): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO ${this.#table} (key, value, at) VALUES (?, ?, ?)`,
      key,
      value,
      Date.now(),
    );
    this.#sql.exec(
      `DELETE FROM ${this.#table} WHERE key IN (
         SELECT key FROM ${this.#table} ORDER BY at DESC, key LIMIT -1 OFFSET ?)`,
      this.#most,
    );
  }

  delete(key: string): void {
    this.#sql.exec(`DELETE FROM ${this.#table} WHERE key = ?`, key);
  }
}
