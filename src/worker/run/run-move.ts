import { foldRun } from '../../run/run.ts';
import type { Env } from '../env.ts';
import { runClient } from './run-client.ts';
import type { SqlRunLog } from './run-log.ts';
import { hasTable } from './run-record.ts';
import type { AcceptedRun, RunRecord } from './run-record.ts';

/** A run at its other address; `telling` while a callback has still to be told of the first one. */
export type Rotated = (AcceptedRun & { readonly id: string }) | 'running' | 'telling';

/**
 * Where a run that gets another address goes to, written down before anything is copied: whatever
 * dies in between, the same move is finished later and never a second one begun.
 * @returns the id of this move, or of the one that was begun before
 */
export function beginMove(sql: SqlStorage, to: string): string {
  sql.exec('CREATE TABLE IF NOT EXISTS move (to_id TEXT NOT NULL)');
  const begun = moveBegun(sql);
  if (begun === null) sql.exec('INSERT INTO move (to_id) VALUES (?)', to);
  return begun ?? to;
}

/** Where the run was going to when the process died; null when it was not. */
export function moveBegun(sql: SqlStorage): string | null {
  if (!hasTable(sql, 'move')) return null;
  return sql.exec<{ to_id: string }>('SELECT to_id FROM move').toArray()[0]?.to_id ?? null;
}

/**
 * Copies a run that has ended into the object of its new id, where nobody finds it before it is
 * whole. Again after a crash it goes on where it was.
 */
export async function copyRun(
  env: Env,
  { log, record }: { readonly log: SqlRunLog; readonly record: RunRecord },
  to: string,
): Promise<void> {
  const target = runClient(env, to);
  for (let events = log.after(0); events.length > 0;) {
    // The first event says the run's id, and the new address must not tell the old one.
    await target.receive(
      events.map((event) => (event.type === 'run-start' ? { ...event, id: to } : event)),
    );
    events = log.after(events.at(-1)?.seq ?? 0);
  }
  const { expires_at } = foldRun(log.read());
  await target.settle({ ...record, expires_at });
}
