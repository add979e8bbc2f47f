/** How much a set may hold. */
export interface KeptBounds {
  readonly rows: number;
  /** Characters of all values together. */
  readonly length: number;
}

/** A bounded set of values by name in SQLite: the ones that were kept longest ago make room. */
export class KeptValues {
  readonly #sql: SqlStorage;
  readonly #table: 'memory' | 'confirmed';
  readonly #bounds: KeptBounds;

  constructor(sql: SqlStorage, table: 'memory' | 'confirmed', bounds: KeptBounds) {
    this.#sql = sql;
    this.#table = table;
    this.#bounds = bounds;
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
    // Later than every other: the clock stands still while one request is worked on.
    this.#sql.exec(
      `INSERT OR REPLACE INTO ${this.#table} (key, value, at)
       VALUES (?, ?, max(?, (SELECT coalesce(max(at), 0) + 1 FROM ${this.#table})))`,
      key,
      value,
      Date.now(),
    );
    this.#sql.exec(
      `DELETE FROM ${this.#table} WHERE key IN (
         SELECT key FROM (
           SELECT key, row_number() OVER newest AS place, sum(length(value)) OVER newest AS total
           FROM ${this.#table} WINDOW newest AS (ORDER BY at DESC, key))
         WHERE place > ? OR total > ?)`,
      this.#bounds.rows,
      this.#bounds.length,
    );
  }

  delete(key: string): void {
    this.#sql.exec(`DELETE FROM ${this.#table} WHERE key = ?`, key);
  }
}
