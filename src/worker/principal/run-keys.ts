/** How long an `Idempotency-Key` is remembered. */
const KEY_MS = 24 * 3_600_000;

/** Keys of one principal at a time. One that is forgotten early would run its prompt twice. */
const MOST_KEYS = 100_000;

/** The caller's key and the SHA-256 of what it asks for, hexadecimal. */
export interface RunKey {
  readonly key: string;
  readonly hash: string;
}

/** Which run a key of one principal stands for, in the SQLite of its object. */
export class RunKeys {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Creates the table where there is none. */
  create(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS once (key TEXT PRIMARY KEY, hash TEXT NOT NULL,
         run_id TEXT NOT NULL, at INTEGER NOT NULL)`,
    );
    this.#sql.exec('CREATE INDEX IF NOT EXISTS once_run ON once (run_id)');
    this.#sql.exec('CREATE INDEX IF NOT EXISTS once_at ON once (at)');
  }

  /** Forgets the keys whose time is over. */
  purge(): void {
    this.#sql.exec('DELETE FROM once WHERE at <= ?', Date.now() - KEY_MS);
  }

  /** What the key was used for, and the id of its run; undefined for a new key. */
  used(key: string): { readonly hash: string; readonly run_id: string } | undefined {
    return this.#sql
      .exec<{ hash: string; run_id: string }>('SELECT hash, run_id FROM once WHERE key = ?', key)
      .toArray()[0];
  }

  /** Seconds until there is room for one key more; null when there is. */
  fullFor(): number | null {
    const { n, oldest } = this.#sql
      .exec<{ n: number; oldest: number | null }>(
        'SELECT count(*) AS n, min(at) AS oldest FROM once',
      )
      .one();
    const now = Date.now();
    return n < MOST_KEYS ? null : Math.ceil(((oldest ?? now) + KEY_MS - now) / 1000);
  }

  /** From now on the key stands for this run. */
  reserve({ key, hash }: RunKey, run_id: string): void {
    this.#sql.exec(
      'INSERT INTO once (key, hash, run_id, at) VALUES (?, ?, ?, ?)',
      key,
      hash,
      run_id,
      Date.now(),
    );
  }

  /** The run is gone: its key stands for nothing any more. */
  forget(run_id: string): void {
    this.#sql.exec('DELETE FROM once WHERE run_id = ?', run_id);
  }

  /** The run has another id. */
  move(from: string, to: string): void {
    this.#sql.exec('UPDATE once SET run_id = ? WHERE run_id = ?', to, from);
  }
}
