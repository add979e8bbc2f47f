/** When a row ends; never without either. */
interface RowEnd {
  /** Seconds since 1970. */
  readonly expiration?: number;
  /** Seconds from now. */
  readonly expirationTtl?: number;
}

interface Row extends Record<string, SqlStorageValue> {
  readonly key: string;
  readonly value: string;
  readonly metadata: string | null;
  readonly expires_at: number | null;
}

const DAY_MS = 86_400_000;

/** How many rows one list has at most. */
const MOST_LISTED = 1000;

/**
 * Rows with an end in the SQLite of an object, in the shape of a `KVNamespace` as far as the
 * authorization server uses one. What is written here is read at once: in a KV namespace, a used
 * code would work again at the other end of the world for a minute.
 * @see spec/decisions/0010-authorization-server-in-objects.md
 */
export class KeptRows {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT NOT NULL, metadata TEXT,
         expires_at INTEGER) WITHOUT ROWID`,
    );
  }

  /** The value, as text or read as JSON; null where there is none any more. */
  get(key: string, how?: { readonly type: 'json' }): unknown {
    const query = 'SELECT * FROM kept WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)';
    const [row] = this.#storage.sql.exec<Row>(query, key, Date.now()).toArray();
    if (row === undefined) return null;
    return how === undefined ? row.value : JSON.parse(row.value);
  }

  async put(
    key: string,
    value: string,
    { metadata, ...end }: RowEnd & { readonly metadata?: unknown } = {},
  ): Promise<void> {
    this.#storage.sql.exec(
      'INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)',
      key,
      value,
      metadata === undefined ? null : JSON.stringify(metadata),
      endOf(end),
    );
    if ((await this.#storage.getAlarm()) === null) {
      await this.#storage.setAlarm(Date.now() + DAY_MS);
    }
  }

  delete(key: string): void {
    this.#storage.sql.exec('DELETE FROM kept WHERE key = ?', key);
  }

  /** Names in their order; the cursor is the last one of the page before. */
  list({ prefix = '', limit = MOST_LISTED, cursor = '' }: ListWish = {}) {
    const size = Math.min(limit, MOST_LISTED);
    const rows = this.#storage.sql
      .exec<Row>(
        `SELECT * FROM kept WHERE substr(key, 1, ?) = ? AND key > ?
           AND (expires_at IS NULL OR expires_at > ?) ORDER BY key LIMIT ?`,
        prefix.length,
        prefix,
        cursor,
        Date.now(),
        size + 1,
      )
      .toArray();
    const keys = rows.slice(0, size).map(({ key, metadata }) => {
      return {
        name: key,
        ...(metadata === null ? {} : { metadata: JSON.parse(metadata) as unknown }),
      };
    });
    const last = keys.at(-1)?.name ?? '';
    return rows.length > size
      ? ({ keys, list_complete: false, cursor: last } as const)
      : ({ keys, list_complete: true } as const);
  }

  /** Lets the rows that end first go when there are more than `most` of a kind. */
  trim(prefix: string, most: number): void {
    this.#storage.sql.exec(
      `DELETE FROM kept WHERE key IN (SELECT key FROM kept WHERE substr(key, 1, ?) = ?
         ORDER BY expires_at IS NULL DESC, expires_at DESC LIMIT -1 OFFSET ?)`,
      prefix.length,
      prefix,
      most,
    );
  }

  /** Removes what is over. */
  purge(): void {
    this.#storage.sql.exec('DELETE FROM kept WHERE expires_at <= ?', Date.now());
  }

  /** Whether nothing is left. */
  isEmpty(): boolean {
    return this.#storage.sql.exec('SELECT 1 FROM kept LIMIT 1').toArray().length === 0;
  }
}

interface ListWish {
  readonly prefix?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

function endOf({ expiration, expirationTtl }: RowEnd): number | null {
  if (expirationTtl !== undefined) return Date.now() + expirationTtl * 1000;
  return expiration === undefined ? null : expiration * 1000;
}
