import { foldRun } from '../../run/fold-run.ts';
import type { Env } from '../env.ts';
import { runClient } from './run-client.ts';
import type { SqlRunLog } from './run-log.ts';
import { listOf } from './run-notes.ts';
import { hasTable } from './run-record.ts';
import type { AcceptedRun, RunRecord, Tombstone } from './run-record.ts';

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

/** What is moved. */
interface MovedRun {
  readonly log: SqlRunLog;
  readonly record: RunRecord;
}

/** The move of a run to another address, which is finished once for all who wait for it. */
export class RunMove {
  readonly #env: Env;
  readonly #sql: SqlStorage;
  #moving: Promise<void> | null = null;

  constructor(env: Env, sql: SqlStorage) {
    this.#env = env;
    this.#sql = sql;
  }

  /**
   * Finishes a move that was begun; does nothing without one.
   * @param leave removes everything here but a stone
   */
  async finish(run: MovedRun, leave: (stone: Tombstone) => Promise<void>): Promise<void> {
    const to = moveBegun(this.#sql);
    if (to === null) return;
    this.#moving ??= this.#move(to, run, leave).finally(() => (this.#moving = null));
    await this.#moving;
  }

  async #move(
    to: string,
    run: MovedRun,
    leave: (stone: Tombstone) => Promise<void>,
  ): Promise<void> {
    const { id } = foldRun(run.log.read());
    await copyRun(this.#env, run, to);
    await listOf(this.#env, run.record)?.moveRun(id, to);
    const { principal } = run.record;
    await leave({ status: 'rotated', when: Date.now(), moved: { to, principal } });
  }
}

/**
 * Copies a run that has ended into the object of its new id, where nobody finds it before it is
 * whole. Again after a crash it goes on where it was.
 */
async function copyRun(env: Env, { log, record }: MovedRun, to: string): Promise<void> {
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
