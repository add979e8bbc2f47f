import type { LoginRows, RowKind } from './login.ts';

/** The storage of a Durable Object with SQLite, as far as it is used here. */
export interface RowsStorage {
  readonly sql: {
    exec<Row extends Record<string, string | number | ArrayBuffer | null>>(
      query: string,
      ...bindings: (string | number)[]
    ): { toArray(): Row[] };
  };
  /** Resolves when everything is on disk. */
  sync(): Promise<void>;
}

/**
 * Rows of these kinds can be had again by asking; a hostile server could otherwise make a principal
 * keep more and more of them. Grants are the principal's own and are never dropped.
 */
const MOST: Readonly<Partial<Record<RowKind, number>>> = {
  client: 200,
  challenge: 500,
  flow: 200,
  link: 500,
};

/** The rows of one principal in the SQLite of its object; what they hold is sealed before. */
export class SqlLoginRows implements LoginRows {
  readonly #storage: RowsStorage;
  /** The last work of every name: one object is one process, so a queue in it is enough. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(storage: RowsStorage) {
    this.#storage = storage;
    storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS login_row (kind TEXT NOT NULL, key TEXT NOT NULL,
         value TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID`,
    );
  }

  async get(kind: RowKind, key: string): Promise<string | null> {
    const rows = this.#storage.sql.exec<{ value: string }>(
      'SELECT value FROM login_row WHERE kind = ? AND key = ?',
      kind,
      key,
    );
    return rows.toArray()[0]?.value ?? null;
  }

  async put(kind: RowKind, key: string, value: string): Promise<void> {
    // Later than every other: the clock stands still while one request is worked on.
    this.#storage.sql.exec(
      `INSERT OR REPLACE INTO login_row (kind, key, value, at) VALUES (?1, ?2, ?3,
         max(?4, (SELECT coalesce(max(at), 0) + 1 FROM login_row WHERE kind = ?1)))`,
      kind,
      key,
      value,
      Date.now(),
    );
    this.#bound(kind);
    // A refresh token that was rotated and then lost with the process would end the login.
    await this.#storage.sync();
  }

  async delete(kind: RowKind, key: string): Promise<void> {
    this.#storage.sql.exec('DELETE FROM login_row WHERE kind = ? AND key = ?', kind, key);
    await this.#storage.sync();
  }

  async list(kind: RowKind): Promise<readonly { readonly key: string; readonly value: string }[]> {
    return this.#storage.sql
      .exec<{ key: string; value: string }>(
        'SELECT key, value FROM login_row WHERE kind = ? ORDER BY key',
        kind,
      )
      .toArray();
  }

  async alone<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const before = this.#queues.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#queues.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#queues.get(name) === mine) this.#queues.delete(name);
    }
  }

  #bound(kind: RowKind): void {
    const most = MOST[kind];
    if (most === undefined) return;
    this.#storage.sql.exec(
      `DELETE FROM login_row WHERE kind = ?1 AND key IN (
         SELECT key FROM login_row WHERE kind = ?1 ORDER BY at DESC, key LIMIT -1 OFFSET ?2)`,
      kind,
      most,
    );
  }
}
