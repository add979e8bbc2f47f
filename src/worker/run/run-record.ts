import type { RunStatus } from '../../run/run.ts';

/** What a run's object keeps beside the log. */
export interface RunRecord {
  /** Who made the run, or null for nobody we know. */
  readonly principal: string | null;
  /**
   * Client id of the program that made it for them; null for themselves, absent where it was made before
   * that was kept. What one program made is not another's to read.
   */
  readonly program?: string | null;
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
  /** Name of the address that the run counts for; null when it counts for its principal. */
  readonly address: string | null;
  /** Whether it can be found by an `Idempotency-Key`. */
  readonly has_key: boolean;
}

/** What is said of a run that was accepted, then or earlier. */
export interface AcceptedRun {
  readonly status: RunStatus;
  /** Milliseconds since 1970. */
  readonly created_at: number;
  readonly expires_at: number | null;
  /** Whether it tells a callback, which its creator can check with a secret. */
  readonly has_callback: boolean;
}

/** What stays of a run that expired, and nothing else. */
export interface Tombstone {
  /** `deleted` is told to nobody: it keeps the run from being accepted again by its key. */
  readonly status: RunStatus | 'deleted' | 'rotated';
  /** Milliseconds since 1970. */
  readonly when: number;
  /** Of a run that has another address: which, and who alone is told. */
  readonly moved?: { readonly to: string; readonly principal: string | null };
  /** Of a run that was deleted: its id, under which the stone of its snapshot is found. */
  readonly id?: string;
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
       expires_at INTEGER, user TEXT NOT NULL, is_mirrored INTEGER NOT NULL, address TEXT,
       has_key INTEGER NOT NULL, program TEXT)`,
  );
  sql.exec(
    `INSERT INTO record
       (principal, is_suggested, origin, expires_at, user, is_mirrored, address, has_key, program)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    record.principal,
    record.is_suggested ? 1 : 0,
    record.origin,
    record.expires_at,
    record.user,
    record.is_mirrored === true ? 1 : 0,
    record.address,
    record.has_key ? 1 : 0,
    record.program ?? null,
  );
}

/** The run is kept until another time than it was accepted with. */
export function changeExpiry(sql: SqlStorage, expires_at: number | null): void {
  sql.exec('UPDATE record SET expires_at = ?', expires_at);
}

/** Leaves the stone where the run was. */
export function createTombstone(sql: SqlStorage, { status, when, moved, id }: Tombstone): void {
  sql.exec(
    `CREATE TABLE tombstone (status TEXT NOT NULL, at INTEGER NOT NULL, to_id TEXT,
       principal TEXT, id TEXT)`,
  );
  sql.exec(
    'INSERT INTO tombstone (status, at, to_id, principal, id) VALUES (?, ?, ?, ?, ?)',
    status,
    when,
    moved?.to ?? null,
    moved?.principal ?? null,
    id ?? null,
  );
}

/** What the object holds. */
export function readStored(sql: SqlStorage): Stored {
  if (hasTable(sql, 'record')) {
    const row = sql.exec<Row>('SELECT * FROM record').one();
    const { user = '', address = null, has_key, is_suggested, is_mirrored } = row;
    const flags = {
      is_suggested: is_suggested === 1,
      is_mirrored: is_mirrored === 1,
      has_key: has_key === 1,
    };
    return { kind: 'run', record: { ...row, user, address, ...flags } };
  }
  if (hasTable(sql, 'tombstone')) {
    const {
      status,
      at,
      to_id,
      principal = null,
      id,
    } = sql.exec<StoneRow>('SELECT * FROM tombstone').one();
    const moved = typeof to_id === 'string' ? { moved: { to: to_id, principal } } : {};
    const own = typeof id === 'string' ? { id } : {};
    return { kind: 'tombstone', tombstone: { status, when: at, ...moved, ...own } };
  }
  return { kind: 'nothing' };
}

/** Runs that were made earlier lack the columns of later on. */
type Row = Pick<RunRecord, 'principal' | 'origin' | 'expires_at'> & {
  is_suggested: number;
  user?: string;
  is_mirrored?: number;
  address?: string | null;
  has_key?: number;
  program?: string | null;
};

/** Stones that were set earlier say nothing of another address. */
type StoneRow = {
  status: Tombstone['status'];
  at: number;
  to_id?: string | null;
  principal?: string | null;
  id?: string | null;
};

/** Whether the object has a table of this name. */
export function hasTable(sql: SqlStorage, name: string): boolean {
  const rows = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name);
  return rows.toArray().length > 0;
}
