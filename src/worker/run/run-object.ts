import { DurableObject } from 'cloudflare:workers';
import { faultData } from '../../fault/fault.ts';
import type { RunEvent, RunStart } from '../../run/event.ts';
import type { RunStatus } from '../../run/run.ts';
import { viewFor } from '../../run/view.ts';
import type { RunView, Viewer } from '../../run/view.ts';
import type { AnswerForm } from './answer-stream.ts';
import type { Env } from '../env.ts';
import type { Standing } from '../principal/principal-runs.ts';
import type { Proof } from '../principal/principal.ts';
import { KeptRun } from './kept-run.ts';
import { answerAction, questionOf, resolveLogins } from './run-actions.ts';
import type { Acted, ActionAnswer, MadeLogin } from './run-actions.ts';
import { RunAlarm } from './run-alarm.ts';
import { acceptedRun, find, findOwned, isOver, viewerOf } from './run-found.ts';
import type { Found } from './run-found.ts';
import { ANSWERED_ELSEWHERE, endIfSilent, NO_MIRROR, takeEvents } from './run-mirrored.ts';
import type { Mirrored } from './run-mirrored.ts';
import { nextLook } from './run-look.ts';
import { beginMove, RunMove } from './run-move.ts';
import type { Rotated } from './run-move.ts';
import { RunNotes, standingOf } from './run-notes.ts';
import type { PagePlace } from './page-place.ts';
import { RunReaders } from './run-readers.ts';
import type { EventsRequest } from './run-readers.ts';
import { runPorts } from './run-ports.ts';
import type { AcceptedRun, RunRecord } from './run-record.ts';
import { RunTurn } from './run-turn.ts';
import { settledWithin } from './settled.ts';

/** A move that the process did not live to finish is finished so long after. */
const MOVE_AGAIN_MS = 5_000;

/**
 * One run: what is kept of it, the loop that carries it on inside `alarm()`, and its readers. All
 * methods but `alarm` are called by the Worker, which has checked the id; this object decides what
 * the caller may see and do.
 * @see spec/runs.md
 */
export class RunObject extends DurableObject<Env> {
  readonly #alarm = new RunAlarm(this.ctx.storage);
  readonly #turn = new RunTurn();
  readonly #kept = new KeptRun(this.ctx, this.env, this.#alarm, () => this.#turn.stop());
  readonly #notes = new RunNotes(this.env, this.#alarm);
  readonly #readers = new RunReaders();
  readonly #move = new RunMove(this.env, this.ctx.storage.sql);

  /**
   * Accepts a run: tables, first event and alarm in one transaction, durable before it resolves. A
   * run that was accepted stays what it is: an id comes here twice when its key is used again.
   * @returns nothing when the run was deleted since
   */
  accept(start: RunStart, record: RunRecord): Found<AcceptedRun> {
    this.#kept.accept(start, record);
    return find(this.#kept.stored, () => acceptedRun(this.#kept.log, this.#kept.callbacks));
  }

  /**
   * Takes the next events of a run that goes on inside of a request. What was taken before is not
   * taken again.
   * @param after number of the event before them
   * @returns where the log stands, and whether it takes no more
   */
  mirror(after: number, events: readonly RunEvent[]): Mirrored {
    if (this.#kept.stored.kind !== 'run' || !this.#kept.stored.record.is_mirrored) return NO_MIRROR;
    const mirrored = takeEvents(this.#kept.log, after, events);
    this.#notes.heard(events, this.#kept.log, this.#kept.stored.record);
    // What is kept after the end, and for how long, is the alarm's to decide.
    if (this.#kept.log.ended) this.#alarm.now();
    return mirrored;
  }

  /** The run as the sender of `proof` may see it. */
  view(proof: Proof): Found<RunView> {
    return this.#seen(proof, (viewer) => {
      this.#readers.look();
      const view = viewFor(viewer, this.#kept.fold(), this.#kept.callbacks.view());
      if (this.#kept.log.ended) this.ctx.waitUntil(this.#kept.keepSnapshot());
      return view;
    });
  }

  /**
   * The events as the sender of `proof` may see them, as server-sent events until the run ends;
   * null when it has ended and the reader has seen everything.
   */
  events(proof: Proof, request: EventsRequest): Found<ReadableStream<Uint8Array> | null> {
    return this.#seen(proof, (viewer, { origin }) =>
      this.#readers.events(this.#kept.log, { viewer, origin }, request),
    );
  }

  /** What is new on the run's page, laid out, as server-sent events; null when there is no more. */
  async page(proof: Proof, from: PagePlace): Promise<Found<ReadableStream<Uint8Array> | null>> {
    await this.#readers.loadPages();
    return this.#seen(proof, (viewer) => this.#readers.page(this.#kept.log, viewer, from));
  }

  /** The answer as text while it is made. */
  answer(form: AnswerForm): Found<ReadableStream<Uint8Array>> {
    return find(this.#kept.stored, ({ origin }) =>
      this.#readers.answer(this.#kept.log, form, origin),
    );
  }

  /** Whether within `ms` the run has ended or waits for its owner. */
  settled(ms: number): Promise<boolean> {
    return settledWithin(this.#kept.log, ms);
  }

  /** Where the run stands, for who lists and counts it. */
  standing(): Standing {
    const found = find(this.#kept.stored, (record) => standingOf(record, this.#kept.fold()));
    return found.found === 'run' ? found.value : null;
  }

  /**
   * Whether its words are those of who asks: they made it, and nobody suggested it to them.
   * @param as messages that a program sent are no document: what others said stands among them unmarked
   */
  isBy(asker: string | null, as: 'words' | 'document'): Found<boolean> {
    return find(this.#kept.stored, ({ principal, is_suggested, is_mirrored }) => {
      return principal === asker && !is_suggested && (as === 'words' || is_mirrored !== true);
    });
  }

  /** Ends the run as cancelled; a run that has ended stays as it is. Only for its owner. */
  cancel(proof: Proof): Found<RunStatus> {
    return findOwned(this.#kept.stored, proof, () => {
      const end = { status: 'cancelled', stop_reason: 'cancelled' } as const;
      this.#kept.log.append([{ type: 'run-end', ...end, error: faultData('cancelled') }]);
      this.#turn.stop();
      this.#alarm.now();
      return this.#kept.fold().status;
    });
  }

  /**
   * Goes on with what waited for a login. For the principal's own object, which has just kept that
   * login; nothing that comes from a request may get here.
   * @returns whether the run waited for it
   */
  resume(login: MadeLogin): boolean {
    if (this.#kept.stored.kind !== 'run') return false;
    const waited = resolveLogins(this.#kept.log, login);
    if (waited) this.#alarm.now();
    return waited;
  }

  /** See {@link questionOf}; only for the owner. */
  questionOf(proof: Proof, id: string): Found<ReturnType<typeof questionOf>> {
    return findOwned(this.#kept.stored, proof, () => questionOf(this.#kept.log, id));
  }

  /** The owner's answer to what the run asked. */
  resolveAction(proof: Proof, id: string, answer: ActionAnswer): Found<Acted> {
    return findOwned(this.#kept.stored, proof, ({ is_mirrored }) => {
      if (is_mirrored) return ANSWERED_ELSEWHERE;
      const acted = answerAction(this.#kept.log, id, answer);
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
    const found = findOwned(this.#kept.stored, proof, () =>
      acceptedRun(this.#kept.log, this.#kept.callbacks),
    );
    if (found.found !== 'run') return found;
    if (this.#kept.isBarred) return { found: 'nothing' };
    if (!this.#kept.log.ended) return { found: 'run', value: 'running' };
    // What is told is signed for the id of before, and only this object can tell it.
    if (this.#kept.callbacks.isTelling) return { found: 'run', value: 'telling' };
    const id = beginMove(this.ctx.storage.sql, to);
    this.#alarm.sooner(Date.now() + MOVE_AGAIN_MS);
    await this.#finishMove();
    return { found: 'run', value: { ...found.value, has_callback: false, id } };
  }

  /** A part of the log of a run that moves here; see {@link copyRun}. */
  receive(events: readonly RunEvent[]): void {
    this.#kept.receive(events);
  }

  /** The run that moved here is whole: from now on it is found. */
  settle(record: RunRecord): Promise<void> {
    return this.#kept.settle(record);
  }

  /** Removes everything, so that the run was never there. Only for its owner. */
  async remove(proof: Proof): Promise<Found<true>> {
    // What was begun to move would else come back under its new address.
    if (findOwned(this.#kept.stored, proof, () => true).found === 'run') await this.#finishMove();
    const found = findOwned(this.#kept.stored, proof, (record) => record);
    if (found.found !== 'run') return found;
    const { id } = this.#kept.fold();
    const stone = { status: 'deleted', when: Date.now(), id } as const;
    await this.#kept.bar(id, stone);
    await this.#notes.forget(found.value, id);
    // It may have been removed while that was told.
    if (this.#kept.stored.kind !== 'run') return { found: 'nothing' };
    this.#kept.callbacks.abort();
    await this.#kept.leave(stone);
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
    const { stored } = this.#kept;
    if (stored.kind === 'tombstone') return this.#kept.forget(stored.tombstone);
    await this.#finishMove();
    if (this.#kept.stored.kind !== 'run') return;
    const { record } = this.#kept.stored;
    if (!isOver(record)) this.#kept.callbacks.deliver();
    if (!isOver(record) && !this.#kept.log.ended) {
      if (record.is_mirrored) endIfSilent(this.#kept.log);
      else await this.#carryOn(record);
    }
    // What follows from the end is done while an alarm still stands that would do it after a crash.
    if (!isOver(record) && this.#kept.log.ended) {
      const told = this.#notes.tell(record, this.#kept.fold());
      await Promise.all([told, this.#kept.keepSnapshot()]);
    }
    // The run may have been deleted while it worked.
    if (this.#kept.stored.kind !== 'run') return;
    // From here to the alarm nothing else gets in between: what resumes the run comes before it is
    // looked at, or after and then sets the alarm anew.
    const run = this.#kept.fold();
    const kept = this.#kept.keepUntil(this.#kept.stored.record, run.expires_at);
    if (isOver(kept)) return this.#expire(kept);
    void this.#notes.tell(kept, run);
    const look = nextLook(this.#kept.log, kept, run);
    const beside = [this.#kept.callbacks.nextAt(), this.#notes.againAt()];
    return this.#alarm.at(look, kept.expires_at, ...beside);
  }

  #carryOn(record: RunRecord): Promise<void> {
    const ports = runPorts({ env: this.env, log: this.#kept.log, record, readers: this.#readers });
    return this.#turn.take(ports, record.expires_at, () => [
      this.#alarm.watch(() => this.#kept.callbacks.deliver()),
      this.#notes.follow(this.#kept.log, record),
    ]);
  }

  #seen<Value>(proof: Proof, read: (viewer: Viewer, record: RunRecord) => Value): Found<Value> {
    return find(this.#kept.stored, (record) => read(viewerOf(proof, record), record), proof);
  }

  async #finishMove(): Promise<void> {
    if (this.#kept.stored.kind !== 'run') return;
    const run = { log: this.#kept.log, record: this.#kept.stored.record };
    await this.#move.finish(run, (stone) => this.#kept.leave(stone));
  }

  /** Ends the run if it has not ended, and keeps only its status. */
  async #expire(record: RunRecord): Promise<void> {
    const error = faultData('expired');
    this.#kept.log.append([{ type: 'run-end', status: 'expired', stop_reason: 'expired', error }]);
    // Tried once and not again: nothing of the run is kept to try it with.
    this.#kept.callbacks.deliver();
    const { id, status } = this.#kept.fold();
    // Its list drops it by itself when its time is over; this is sooner.
    void this.#notes.forget(record, id).catch(() => {});
    await this.#kept.leave({ status, when: record.expires_at ?? Date.now() });
  }
}
