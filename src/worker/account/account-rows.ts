import { randomBase62 } from '../../login/base62.ts';

/** Keys that one user may have at a time. */
export const MOST_KEYS = 50;
/** Codes that wait to be exchanged. */
const MOST_CODES = 20;
/** A use is noted no more often than this: what is read should not write each time. */
const USE_MS = 60_000;

/** A key that a user made, as it may be shown: of the key itself there is a hash and nothing else. */
export interface UserKey {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970, as all times here. */
  readonly created_at: number;
  /** Null when it was never used. */
  readonly used_at: number | null;
  /** Null when it lives until it is revoked. */
  readonly expires_at: number | null;
}

/** A key that is to be kept. */
export interface NewUserKey {
  readonly hash: string;
  readonly name: string;
  readonly expires_at: number | null;
}

/** A code for a program on somebody's machine, which gets a key for it. */
export interface NewCode {
  readonly hash: string;
  /** S256 of what only the program knows. @see RFC 7636 */
  readonly challenge: string;
  readonly name: string;
  readonly until: number;
}

/** A value with the time at which it was kept. */
export interface KeptValue {
  readonly value: string;
  readonly at: number;
}

/** The account of one user in the SQLite of its object. Secrets come sealed or hashed. */
export class AccountRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(`CREATE TABLE IF NOT EXISTS ${table}`);
  }

  /**
   * Notes that the user signed in.
   * @param state digest of what the sign-in was begun with: it counts once
   * @param until when such a state is over anyway
   * @returns the generation that the session carries; null when the state was used before
   */
  signIn(person: string, state: string, until: number): string | null {
    const now = Date.now();
    this.#sql.exec('DELETE FROM used WHERE until <= ?', now);
    const isUsed = this.#rows('SELECT 1 FROM used WHERE state = ?', state).length > 0;
    if (isUsed) return null;
    this.#sql.exec('INSERT INTO used (state, until) VALUES (?, ?)', state, until);
    const generation = this.#profile()?.generation ?? randomBase62(22);
    this.#sql.exec(
      'INSERT OR REPLACE INTO profile (one, person, generation, at) VALUES (1, ?, ?, ?)',
      person,
      generation,
      now,
    );
    return generation;
  }

  /** Who a session of this generation is, for a person to read; null when it has ended. */
  session(generation: string): string | null {
    const profile = this.#profile();
    return profile?.generation === generation ? profile.person : null;
  }

  person(): string | null {
    return this.#profile()?.person ?? null;
  }

  /** From now on no session holds and no code waits. */
  endSessions(): void {
    this.#sql.exec('UPDATE profile SET generation = ?', randomBase62(22));
    this.#sql.exec('DELETE FROM code');
  }

  /** Keeps a key; null when there are too many. */
  addKey({ hash, name, expires_at }: NewUserKey): UserKey | null {
    const now = Date.now();
    this.#sql.exec('DELETE FROM key WHERE expires_at <= ?', now);
    const [{ n } = { n: 0 }] = this.#rows<{ n: number }>('SELECT count(*) AS n FROM key');
    if (n >= MOST_KEYS) return null;
    const key = { id: randomBase62(12), name, created_at: now, used_at: null, expires_at };
    this.#sql.exec(
      'INSERT INTO key (id, hash, name, created_at, expires_at) VALUES (?, ?, ?, ?, ?)',
      key.id,
      hash,
      name,
      now,
      expires_at,
    );
    return key;
  }

  /** The id of the key with this hash, its use noted; null when there is none that lives. */
  useKey(hash: string): string | null {
    const now = Date.now();
    const [row] = this.#rows<{ id: string; used_at: number | null }>(
      'SELECT id, used_at FROM key WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?)',
      hash,
      now,
    );
    if (row === undefined) return null;
    if ((row.used_at ?? 0) + USE_MS <= now) {
      this.#sql.exec('UPDATE key SET used_at = ? WHERE id = ?', now, row.id);
    }
    return row.id;
  }

  keys(): readonly UserKey[] {
    return this.#rows<{ [Name in keyof UserKey]: UserKey[Name] }>(
      `SELECT id, name, created_at, used_at, expires_at FROM key
       WHERE expires_at IS NULL OR expires_at > ? ORDER BY created_at DESC, id`,
      Date.now(),
    );
  }

  removeKey(id: string): boolean {
    return this.#sql.exec('DELETE FROM key WHERE id = ?', id).rowsWritten > 0;
  }

  /** Keeps a code; the oldest make room. */
  addCode({ hash, challenge, name, until }: NewCode): void {
    this.#sql.exec('DELETE FROM code WHERE until <= ?', Date.now());
    this.#sql.exec(
      `DELETE FROM code WHERE hash NOT IN
         (SELECT hash FROM code ORDER BY until DESC LIMIT ?)`,
      MOST_CODES - 1,
    );
    this.#sql.exec(
      'INSERT INTO code (hash, challenge, name, until) VALUES (?, ?, ?, ?)',
      hash,
      challenge,
      name,
      until,
    );
  }

  /** The name that goes with a code, which ends here whatever comes of it; null for a wrong one. */
  takeCode(hash: string, challenge: string): string | null {
    const [row] = this.#rows<{ challenge: string; name: string; until: number }>(
      'DELETE FROM code WHERE hash = ? RETURNING challenge, name, until',
      hash,
    );
    const holds = row !== undefined && row.until > Date.now() && row.challenge === challenge;
    return holds ? row.name : null;
  }

  /** What is kept at a place, such as a sealed key of a provider. */
  value(place: string): KeptValue | null {
    return (
      this.#rows<{ value: string; at: number }>(
        'SELECT value, at FROM kept WHERE place = ?',
        place,
      )[0] ?? null
    );
  }

  keep(place: string, value: string | null): void {
    if (value === null) this.#sql.exec('DELETE FROM kept WHERE place = ?', place);
    else {
      this.#sql.exec(
        'INSERT OR REPLACE INTO kept (place, value, at) VALUES (?, ?, ?)',
        place,
        value,
        Date.now(),
      );
    }
  }

  #profile(): { readonly person: string; readonly generation: string } | undefined {
    return this.#rows<{ person: string; generation: string }>(
      'SELECT person, generation FROM profile',
    )[0];
  }

  #rows<Row extends Record<string, SqlStorageValue>>(
    query: string,
    ...bindings: SqlStorageValue[]
  ): Row[] {
    return this.#sql.exec<Row>(query, ...bindings).toArray();
  }
}

const TABLES = [
  `profile (one INTEGER PRIMARY KEY CHECK (one = 1), person TEXT NOT NULL,
     generation TEXT NOT NULL, at INTEGER NOT NULL)`,
  'used (state TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID',
  `key (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
     created_at INTEGER NOT NULL, used_at INTEGER, expires_at INTEGER) WITHOUT ROWID`,
  `code (hash TEXT PRIMARY KEY, challenge TEXT NOT NULL, name TEXT NOT NULL,
     until INTEGER NOT NULL) WITHOUT ROWID`,
  'kept (place TEXT PRIMARY KEY, value TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID',
];
