import type { RunStatus } from '../run/run.ts';

/** What a run's object keeps beside the log. */
export interface RunRecord {
  /** Who made the run, or null for nobody we know. */
  readonly principal: string | null;
  /** Origin under which the run was posted; where it is told to call itself. */
  readonly origin: string;
  /** Milliseconds since 1970, or null for never. */
  readonly expires_at: number | null;
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
  sql.exec('CREATE TABLE record (principal TEXT, origin TEXT NOT NULL, expires_at INTEGER)');
  sql.exec(
    'INSERT INTO record (principal, origin, expires_at) VALUES (?, ?, ?)',
    record.principal,
    record.origin,
    record.expires_at,
  );
}

/** Leaves the stone where the run was. */
export function createTombstone(sql: SqlStorage, { status, when }: Tombstone): void {
  sql.exec('CREATE TABLE tombstone (status TEXT NOT NULL, at INTEGER NOT NULL)');
  sql.exec('INSERT INTO tombstone (status, at) VALUES (?, ?)', status, when);
}

/** What the object holds. */
export function readStored(sql: SqlStorage): Stored {
  if (hasTable(sql, 'record')) {
    type Row = { principal: string | null; origin: string; expires_at: number | null };
    const rows = sql.exec<Row>('SELECT principal, origin, expires_at FROM record');
    return { kind: 'run', record: rows.one() };
  }
  if (hasTable(sql, 'tombstone')) {
    const rows = sql.exec<{ status: RunStatus; at: number }>('SELECT status, at FROM tombstone');
    const { status, at } = rows.one();
    return { kind: 'tombstone', tombstone: { status, when: at } };
  }
  return { kind: 'nothing' };
}

function hasTable(sql: SqlStorage, name: string): boolean {
  const rows = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name);
  return rows.toArray().length > 0;
}
