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
  sql.exec('CREATE TABLE record (json TEXT NOT NULL)');
  sql.exec('INSERT INTO record (json) VALUES (?)', JSON.stringify(record));
}

/** Leaves the stone where the run was. */
export function createTombstone(sql: SqlStorage, tombstone: Tombstone): void {
  sql.exec('CREATE TABLE tombstone (json TEXT NOT NULL)');
  sql.exec('INSERT INTO tombstone (json) VALUES (?)', JSON.stringify(tombstone));
}

/** What the object holds. */
export function readStored(sql: SqlStorage): Stored {
  const names = sql
    .exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('record', 'tombstone')",
    )
    .toArray()
    .map(({ name }) => name);
  if (names.includes('record')) return { kind: 'run', record: only<RunRecord>(sql, 'record') };
  if (names.includes('tombstone')) {
    return { kind: 'tombstone', tombstone: only<Tombstone>(sql, 'tombstone') };
  }
  return { kind: 'nothing' };
}

function only<Row>(sql: SqlStorage, table: 'record' | 'tombstone'): Row {
  return JSON.parse(sql.exec<{ json: string }>(`SELECT json FROM ${table}`).one().json) as Row;
}
