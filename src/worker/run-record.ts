import type { RunStatus } from '../run/run.ts';

/** What a run's object keeps beside the log. */
export interface RunRecord {
  /** Who made the run, or null for nobody we know. */
  readonly principal: string | null;
  /**
   * Whether a page of somebody else suggested the prompt: it runs with nothing that is its owner's,
   * since one click on a link must not send secrets to a server that the link names.
   */
  readonly is_suggested: boolean;
  /** Origin under which the run was posted; where it is told to call itself. */
  readonly origin: string;
  /** Milliseconds since 1970, or null for never. */
  readonly expires_at: number | null;
  /** Which of its principal's people it is for, as the principal calls them; '' for no one in particular. */
  readonly user: string;
  /** Whether the run goes on inside of a request elsewhere, which sends its events here. */
  readonly is_mirrored?: boolean;
}

/** What stays of a run that expired, and nothing else. */
export interface Tombstone {
  readonly status: RunStatus;
  /** Milliseconds since 1970. */
  readonly when: number;
}

/** What an object holds: nothing when its id was never accepted or was deleted. */
export type Stored =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'run'; readonly record: RunRecord }
  | { readonly kind: 'tombstone'; readonly tombstone: Tombstone };

/**
 * Creates the record of a new run. The schema is made here and not when the object wakes up, so
 * that an object that is only asked writes nothing.
 */
export function createRecord(sql: SqlStorage, record: RunRecord): void {
  sql.exec(
    `CREATE TABLE record (principal TEXT, is_suggested INTEGER NOT NULL, origin TEXT NOT NULL,
       expires_at INTEGER, user TEXT NOT NULL, is_mirrored INTEGER NOT NULL)`,
  );
  sql.exec(
    `INSERT INTO record (principal, is_suggested, origin, expires_at, user, is_mirrored)
       VALUES (?, ?, ?, ?, ?, ?)`,
    record.principal,
    record.is_suggested ? 1 : 0,
    record.origin,
    record.expires_at,
    record.user,
    record.is_mirrored === true ? 1 : 0,
  );
}

/** The run is kept until another time than it was accepted with. */
export function changeExpiry(sql: SqlStorage, expires_at: number | null): void {
  sql.exec('UPDATE record SET expires_at = ?', expires_at);
}

/** Leaves the stone where the run was. */
export function createTombstone(sql: SqlStorage, { status, when }: Tombstone): void {
  sql.exec('CREATE TABLE tombstone (status TEXT NOT NULL, at INTEGER NOT NULL)');
  sql.exec('INSERT INTO tombstone (status, at) VALUES (?, ?)', status, when);
}

type Row = Pick<RunRecord, 'principal' | 'origin' | 'expires_at'> & {
  is_suggested: number;
  user?: string;
  is_mirrored?: number;
};

/** What the object holds. */
export function readStored(sql: SqlStorage): Stored {
  if (hasTable(sql, 'record')) {
    // Older runs have no columns for what came later.
    const {
      user = '',
      is_suggested,
      is_mirrored,
      ...row
    } = sql.exec<Row>('SELECT * FROM record').one();
    const record = {
      ...row,
      user,
      is_suggested: is_suggested === 1,
      is_mirrored: is_mirrored === 1,
    };
    return { kind: 'run', record };
  }
  if (hasTable(sql, 'tombstone')) {
    const rows = sql.exec<{ status: RunStatus; at: number }>('SELECT status, at FROM tombstone');
    const { status, at } = rows.one();
    return { kind: 'tombstone', tombstone: { status, when: at } };
  }
  return { kind: 'nothing' };
}

/** Whether the object has a table of this name. */
export function hasTable(sql: SqlStorage, name: string): boolean {
  const rows = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name);
  return rows.toArray().length > 0;
}
