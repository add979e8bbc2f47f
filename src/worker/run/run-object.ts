import { DurableObject } from 'cloudflare:workers';
import { faultData } from '../../fault/fault.ts';
import type { RunEvent, RunStart } from '../../run/event.ts';
import { parkedUntil } from '../../run/next-commands.ts';
import { foldRun } from '../../run/run.ts';
import type { Run, RunStatus } from '../../run/run.ts';
import { viewFor } from '../../run/view.ts';
import type { RunView } from '../../run/view.ts';
import type { AnswerForm } from './answer-stream.ts';
import type { Env } from '../env.ts';
import type { Standing } from '../principal/principal-runs.ts';
import type { Proof } from '../principal/principal.ts';
import { answerAction, questionOf, resolveLogins } from './run-actions.ts';
import type { Acted, ActionAnswer, MadeLogin } from './run-actions.ts';
import { RunAlarm } from './run-alarm.ts';
import { RunCallbacks } from './run-callbacks.ts';
import { acceptedRun, find, findOwned, isOver, viewerOf } from './run-found.ts';
import type { Found } from './run-found.ts';
import { SqlRunLog } from './run-log.ts';
import {
  ANSWERED_ELSEWHERE,
  endIfSilent,
  NO_MIRROR,
  silentUntil,
  takeEvents,
} from './run-mirrored.ts';
import type { Mirrored } from './run-mirrored.ts';
import { beginMove, copyRun, moveBegun } from './run-move.ts';
import type { Rotated } from './run-move.ts';
import { RunNotes } from './run-notes.ts';
import { RunReaders } from './run-readers.ts';
import type { EventsRequest } from './run-readers.ts';
import { runPorts } from './run-ports.ts';
import { changeExpiry, createRecord, createTombstone, hasTable, readStored } from './run-record.ts';
import type { AcceptedRun, RunRecord, Stored, Tombstone } from './run-record.ts';
import { RunTurn } from './run-turn.ts';
import { settledWithin } from './settled.ts';

/** A move that the process did not live to finish is finished so long after. */
const MOVE_AGAIN_MS = 5_000;

/** So long a key of a deleted run may still be on its way here. */
const KEY_MS = 24 * 3_600_000;

/**
 * One run: its log in SQLite, the loop that carries it on inside `alarm()`, and its readers. All
 * methods but `alarm` are called by the Worker, which has checked the id; this object decides what
 * the caller may see and do.
 * @see spec/runs.md
 */
export class RunObject extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;
  readonly #alarm = new RunAlarm(this.ctx.storage);
  #callbacks = new RunCallbacks(this.ctx, this.env, this.#alarm);
  #log = new SqlRunLog(this.#sql, this.#callbacks);
  readonly #notes = new RunNotes(this.env);
  #stored: Stored = readStored(this.#sql);
  readonly #turn = new RunTurn();
  readonly #readers = new RunReaders();
  #moving: Promise<void> | null = null;

  /**
   * Accepts a run: tables, first event and alarm in one transaction, durable before it resolves. A
   * run that was accepted stays what it is: an id comes here twice when its key is used again.
   * @returns nothing when the run was deleted since
   */
  accept(start: RunStart, record: RunRecord): Found<AcceptedRun> {
    if (this.#stored.kind === 'nothing') {
      this.ctx.storage.transactionSync(() => {
        createRecord(this.#sql, record);
        SqlRunLog.create(this.#sql);
        this.#log.append([this.#callbacks.accept(start, record)]);
      });
      this.#alarm.now();
      this.#stored = { kind: 'run', record };
    }
    return find(this.#stored, () => this.#accepted());
  }

  /**
   * Takes the next events of a run that goes on inside of a request. What was taken before is not
   * taken again.
   * @param after number of the event before them
   * @returns where the log stands, and whether it takes no more
   */
  mirror(after: number, events: readonly RunEvent[]): Mirrored {
    if (this.#stored.kind !== 'run' || !this.#stored.record.is_mirrored) return NO_MIRROR;
    const mirrored = takeEvents(this.#log, after, events);
    // What is kept after the end, and for how long, is the alarm's to decide.
    if (this.#log.ended) this.#alarm.now();
    return mirrored;
  }

  /** The run as the sender of `proof` may see it. */
  view(proof: Proof): Found<RunView> {
    return find(
      this.#stored,
      (record) =>
        viewFor(viewerOf(proof, record), foldRun(this.#log.read()), this.#callbacks.view()),
      proof,
    );
  }

  /**
   * The events as the sender of `proof` may see them, as server-sent events until the run ends;
   * null when it has ended and the reader has seen everything.
   */
  events(proof: Proof, request: EventsRequest): Found<ReadableStream<Uint8Array> | null> {
    return find(
      this.#stored,
      (record) => {
        const reader = { viewer: viewerOf(proof, record), origin: record.origin };
        return this.#readers.events(this.#log, reader, request);
      },
      proof,
    );
  }

  /** The answer as text while it is made. */
  answer(form: AnswerForm): Found<ReadableStream<Uint8Array>> {
    return find(this.#stored, ({ origin }) => this.#readers.answer(this.#log, form, origin));
  }

  /** Whether within `ms` the run has ended or waits for its owner. */
  settled(ms: number): Promise<boolean> {
    return settledWithin(this.#log, ms);
  }

  /** Whether a page of somebody else suggested the prompt: its owner may never have read it. */
  isSuggested(): Found<boolean> {
    return find(this.#stored, ({ is_suggested }) => is_suggested);
  }

  /** Where the run stands, for who lists and counts it. */
  standing(): Standing {
    const found = find(this.#stored, () => foldRun(this.#log.read()));
    if (found.found !== 'run') return null;
    const { status, expires_at } = found.value;
    return { status, expires_at };
  }

  /** Ends the run as cancelled; a run that has ended stays as it is. Only for its owner. */
  cancel(proof: Proof): Found<RunStatus> {
    return findOwned(this.#stored, proof, () => {
      const end = { status: 'cancelled', stop_reason: 'cancelled' } as const;
      this.#log.append([{ type: 'run-end', ...end, error: faultData('cancelled') }]);
      this.#turn.stop();
      this.#alarm.now();
      return foldRun(this.#log.read()).status;
    });
  }

  /**
   * Goes on with what waited for a login. For the principal's own object, which has just kept that
   * login; nothing that comes from a request may get here.
   * @returns whether the run waited for it
   */
  resume(login: MadeLogin): boolean {
    if (this.#stored.kind !== 'run') return false;
    const waited = resolveLogins(this.#log, login);
    if (waited) this.#alarm.now();
    return waited;
  }

  /** See {@link questionOf}; only for the owner. */
  questionOf(proof: Proof, id: string): Found<ReturnType<typeof questionOf>> {
    return findOwned(this.#stored, proof, () => questionOf(this.#log, id));
  }

  /** The owner's answer to what the run asked. */
  resolveAction(proof: Proof, id: string, answer: ActionAnswer): Found<Acted> {
    return findOwned(this.#stored, proof, ({ is_mirrored }) => {
      if (is_mirrored) return ANSWERED_ELSEWHERE;
      const acted = answerAction(this.#log, id, answer);
      // A loop that still works has noticed; where none does, the alarm begins one.
      if (acted.acted === 'done') this.#alarm.now();
      return acted;
    });
  }

  /**
   * Gives a run that has ended another id; this one stays as a stone. Only for the owner.
   * @param to the new id, unless a move was begun before
   */
  async rotate(proof: Proof, to: string): Promise<Found<Rotated>> {
    const found = findOwned(this.#stored, proof, () => this.#accepted());
    if (found.found !== 'run') return found;
    if (!this.#log.ended) return { found: 'run', value: 'running' };
    // What is told is signed for the id of before, and only this object can tell it.
    if (this.#callbacks.isTelling) return { found: 'run', value: 'telling' };
    const id = beginMove(this.#sql, to);
    this.#alarm.sooner(Date.now() + MOVE_AGAIN_MS);
    await this.#finishMove();
    return { found: 'run', value: { ...found.value, has_callback: false, id } };
  }

  /** A part of the log of a run that moves here; see {@link copyRun}. */
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
  }

  /** Removes everything, so that the run was never there. Only for its owner. */
  async remove(proof: Proof): Promise<Found<true>> {
    // What was begun to move would else come back under its new address.
    if (findOwned(this.#stored, proof, () => true).found === 'run') await this.#finishMove();
    const found = findOwned(this.#stored, proof, (record) => record);
    if (found.found !== 'run') return found;
    await this.#notes.forget(found.value, foldRun(this.#log.read()).id);
    // It may have been removed while that was told.
    if (this.#stored.kind !== 'run') return { found: 'nothing' };
    this.#callbacks.abort();
    if (found.value.has_key) {
      // A request with its key may be on its way, and must not make it again under this address.
      await this.#leave({ status: 'deleted', when: Date.now() });
      await this.#alarm.at(Date.now() + KEY_MS);
    } else {
      // At once: a reader or the alarm that comes in between must not look for the tables.
      this.#stored = { kind: 'nothing' };
      await this.#clear();
    }
    return { found: 'run', value: true };
  }

  /**
   * Carries the run on, or purges it when its time is over. Never throws: an alarm that throws six
   * times is dropped for good, and the run with it.
   */
  override async alarm(): Promise<void> {
    this.#alarm.rung();
    try {
      await this.#work();
    } catch {
      await this.#alarm.again();
    }
  }

  async #work(): Promise<void> {
    if (this.#stored.kind === 'tombstone' && this.#stored.tombstone.status === 'deleted') {
      const until = this.#stored.tombstone.when + KEY_MS;
      if (until > Date.now()) return this.#alarm.at(until);
      this.#stored = { kind: 'nothing' };
      return this.ctx.storage.deleteAll();
    }
    await this.#finishMove();
    if (this.#stored.kind !== 'run') return;
    const { record } = this.#stored;
    if (!isOver(record)) this.#callbacks.deliver();
    if (!isOver(record) && !this.#log.ended) {
      if (record.is_mirrored) endIfSilent(this.#log);
      else await this.#carryOn(record);
    }
    // The run may have been deleted while it worked.
    if (this.#stored.kind !== 'run') return;
    // From here to the alarm nothing else gets in between: what resumes the run comes before it is
    // looked at, or after and then sets the alarm anew.
    const run = foldRun(this.#log.read());
    const kept = this.#keepUntil(this.#stored.record, run.expires_at);
    if (isOver(kept)) return this.#expire(kept);
    this.#notes.tell(kept, run);
    const wanted = this.#log.ended ? null : this.#nextLook(kept, run);
    return this.#alarm.at(wanted, kept.expires_at, this.#callbacks.nextAt());
  }

  /** When a run that has not ended is looked at again, in milliseconds since 1970. */
  #nextLook(record: RunRecord, run: Run): number {
    if (record.is_mirrored) return silentUntil(this.#log);
    return parkedUntil(run, Date.now()) ?? Date.now();
  }

  /** A login may change how long the run is kept. */
  #keepUntil(record: RunRecord, expires_at: number | null): RunRecord {
    if (record.expires_at === expires_at) return record;
    const kept = { ...record, expires_at };
    changeExpiry(this.#sql, expires_at);
    this.#stored = { kind: 'run', record: kept };
    return kept;
  }

  #carryOn(record: RunRecord): Promise<void> {
    // Somebody who reads along wants the text soon; without readers, rows are saved.
    const flushMs = () => (this.#readers.isAny ? 40 : 1000);
    const ports = runPorts({ env: this.env, log: this.#log, record, flushMs });
    return this.#turn.take(ports, record.expires_at, () => [
      this.#alarm.watch(() => this.#callbacks.deliver()),
      this.#notes.follow(this.#log, record),
    ]);
  }

  #accepted(): AcceptedRun {
    return acceptedRun(foldRun(this.#log.read()), this.#callbacks.view() !== null);
  }

  /** Finishes a move that was begun, once for all who wait for it. */
  async #finishMove(): Promise<void> {
    const to = this.#stored.kind === 'run' ? moveBegun(this.#sql) : null;
    if (to === null || this.#stored.kind !== 'run') return;
    this.#moving ??= this.#move(to, this.#stored.record).finally(() => (this.#moving = null));
    await this.#moving;
  }

  async #move(to: string, record: RunRecord): Promise<void> {
    const { id } = foldRun(this.#log.read());
    await copyRun(this.env, { log: this.#log, record }, to);
    await this.#notes.principal(record)?.moveRun(id, to);
    const { principal } = record;
    await this.#leave({ status: 'rotated', when: Date.now(), moved: { to, principal } });
  }

  /** Removes everything but a stone. */
  async #leave(tombstone: Tombstone): Promise<void> {
    const cleared = this.#clear();
    createTombstone(this.#sql, tombstone);
    // At once: a reader or the alarm that comes in between must not look for the tables.
    this.#stored = { kind: 'tombstone', tombstone };
    await cleared;
  }

  /** Ends the run if it has not ended, and keeps only its status. */
  async #expire(record: RunRecord): Promise<void> {
    const error = faultData('expired');
    this.#log.append([{ type: 'run-end', status: 'expired', stop_reason: 'expired', error }]);
    // Tried once and not again: nothing of the run is kept to try it with.
    this.#callbacks.deliver();
    const { id, status } = foldRun(this.#log.read());
    // Its list drops it by itself when its time is over; this is sooner.
    void this.#notes.forget(record, id).catch(() => {});
    await this.#leave({ status, when: record.expires_at ?? Date.now() });
  }

  async #clear(): Promise<void> {
    this.#turn.stop();
    this.#log.remove();
    this.#callbacks.close();
    this.#callbacks = new RunCallbacks(this.ctx, this.env, this.#alarm);
    this.#log = new SqlRunLog(this.#sql, this.#callbacks);
    await Promise.all([this.#alarm.clear(), this.ctx.storage.deleteAll()]);
  }
}
