import type { RunEvent, RunStart } from '../../run/event.ts';
import { foldRun } from '../../run/fold-run.ts';
import type { Run } from '../../run/run.ts';
import { viewFor } from '../../run/view.ts';
import type { Env } from '../env.ts';
import { RunSnapshot } from '../snapshot/run-snapshot.ts';
import type { RunAlarm } from './run-alarm.ts';
import { RunCallbacks } from './run-callbacks.ts';
import { SqlRunLog } from './run-log.ts';
import { changeExpiry, createRecord, createTombstone, hasTable, readStored } from './run-record.ts';
import type { RunRecord, Stored, Tombstone } from './run-record.ts';

/** So long a request with the key of a deleted run, or a write of its snapshot, may still be on its way. */
const DELETED_MS = 24 * 3_600_000;

/**
 * What the object of a run keeps of it: the record, the log, what a callback has still to be told
 * and the snapshot; and how all of it is left, until a stone or nothing at all is there.
 */
export class KeptRun {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #alarm: RunAlarm;
  readonly #sql: SqlStorage;
  readonly #snapshot: RunSnapshot;
  readonly #left: () => void;
  #callbacks: RunCallbacks;
  #log: SqlRunLog;
  #stored: Stored;

  /** @param left called when the run is removed, before its tables go */
  constructor(ctx: DurableObjectState, env: Env, alarm: RunAlarm, left: () => void) {
    this.#ctx = ctx;
    this.#env = env;
    this.#alarm = alarm;
    this.#left = left;
    this.#sql = ctx.storage.sql;
    this.#snapshot = new RunSnapshot(env);
    this.#callbacks = new RunCallbacks(ctx, env, alarm);
    this.#log = new SqlRunLog(this.#sql, this.#callbacks);
    this.#stored = readStored(this.#sql);
  }

  /** What is there; it changes while something is waited for. */
  get stored(): Stored {
    return this.#stored;
  }

  get log(): SqlRunLog {
    return this.#log;
  }

  get callbacks(): RunCallbacks {
    return this.#callbacks;
  }

  /** Where the run stands. */
  fold(): Run {
    return foldRun(this.#log.read());
  }

  /** Whether the run is about to be removed, or was. */
  get isBarred(): boolean {
    return this.#snapshot.isBarred;
  }

  /** Tables and first event in one transaction; a run that is there stays what it is. */
  accept(start: RunStart, record: RunRecord): void {
    if (this.#stored.kind !== 'nothing') return;
    this.#ctx.storage.transactionSync(() => {
      createRecord(this.#sql, record);
      SqlRunLog.create(this.#sql);
      this.#log.append([this.#callbacks.accept(start, record)]);
    });
    this.#alarm.now();
    this.#stored = { kind: 'run', record };
  }

  /** A part of the log of a run that moves here. */
  receive(events: readonly RunEvent[]): void {
    if (this.#stored.kind !== 'nothing') return;
    if (!hasTable(this.#sql, 'event')) SqlRunLog.create(this.#sql);
    this.#log.adopt(events);
  }

  /** The run that moved here is whole: from now on it is found. */
  async settle(record: RunRecord): Promise<void> {
    if (this.#stored.kind !== 'nothing') return;
    createRecord(this.#sql, record);
    this.#stored = { kind: 'run', record };
    await this.#alarm.at(record.expires_at);
    await this.keepSnapshot();
  }

  /** A login may change how long the run is kept. */
  keepUntil(record: RunRecord, expires_at: number | null): RunRecord {
    if (record.expires_at === expires_at) return record;
    const kept = { ...record, expires_at };
    changeExpiry(this.#sql, expires_at);
    this.#stored = { kind: 'run', record: kept };
    return kept;
  }

  /** Keeps the public view of a run that has ended, where it is read without this object. */
  keepSnapshot(): Promise<void> {
    return this.#snapshot.keep(() => viewFor('public', this.fold()));
  }

  /**
   * From now on its snapshot is not read.
   * @throws when the store does not answer; nothing may be removed then
   */
  bar(id: string, stone: Tombstone): Promise<void> {
    return this.#snapshot.bar(id, stone);
  }

  /** Removes everything but a stone: first what is read without this object, then what is here. */
  async leave(tombstone: Tombstone): Promise<void> {
    await this.bar(this.fold().id, tombstone);
    // It may have been removed while that was waited for.
    if (this.#stored.kind !== 'run') return;
    const cleared = this.#clear();
    createTombstone(this.#sql, tombstone);
    // At once: a reader or the alarm that comes in between must not look for the tables.
    this.#stored = { kind: 'tombstone', tombstone };
    await cleared;
    // What is on its way, with its key or to its snapshot, must not bring a deleted run back.
    if (tombstone.status === 'deleted') await this.#alarm.at(tombstone.when + DELETED_MS);
  }

  /** Nothing at all is kept of a run that was deleted a day ago. */
  async forget({ status, when, id }: Tombstone): Promise<void> {
    if (status !== 'deleted') return;
    if (when + DELETED_MS > Date.now()) return this.#alarm.at(when + DELETED_MS);
    if (id !== undefined) await this.#snapshot.clear(id);
    this.#stored = { kind: 'nothing' };
    await this.#ctx.storage.deleteAll();
  }

  async #clear(): Promise<void> {
    this.#left();
    this.#log.remove();
    this.#callbacks.close();
    this.#callbacks = new RunCallbacks(this.#ctx, this.#env, this.#alarm);
    this.#log = new SqlRunLog(this.#sql, this.#callbacks);
    await Promise.all([this.#alarm.clear(), this.#ctx.storage.deleteAll()]);
  }
}
