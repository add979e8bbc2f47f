import { DurableObject } from 'cloudflare:workers';
import { executeRun } from '../execute/execute-run.ts';
import { faultData } from '../fault/fault.ts';
import type { RunEvent, RunStart } from '../run/event.ts';
import { parkedUntil } from '../run/next-commands.ts';
import { applyEvent, foldRun } from '../run/run.ts';
import type { Run, RunStatus } from '../run/run.ts';
import { VisibleEvents } from '../run/visible-events.ts';
import { viewFor } from '../run/view.ts';
import type { RunView, Viewer } from '../run/view.ts';
import { answerEncoder } from './answer-stream.ts';
import type { AnswerForm } from './answer-stream.ts';
import type { Env } from './env.ts';
import type { Proof } from './principal.ts';
import { answerAction, questionOf, resolveLogins } from './run-actions.ts';
import type { Acted, ActionAnswer, MadeLogin } from './run-actions.ts';
import { RunAlarm } from './run-alarm.ts';
import { RunCallbacks } from './run-callbacks.ts';
import { SqlRunLog } from './run-log.ts';
import {
  ANSWERED_ELSEWHERE,
  endIfSilent,
  NO_MIRROR,
  silentUntil,
  takeEvents,
} from './run-mirrored.ts';
import type { Mirrored } from './run-mirrored.ts';
import { runPorts } from './run-ports.ts';
import { changeExpiry, createRecord, createTombstone, readStored } from './run-record.ts';
import type { RunRecord, Stored, Tombstone } from './run-record.ts';
import { readLog, SseFrames } from './sse.ts';
import type { LogReader } from './sse.ts';

/** An alarm may run fifteen minutes; ours stops before ten and sets the next. */
const TURN_MS = 9 * 60_000;

/** An answer about a run that may not be there. */
export type Found<Value> =
  | { readonly found: 'nothing' }
  | ({ readonly found: 'tombstone' } & Tombstone)
  | { readonly found: 'refused' }
  | { readonly found: 'run'; readonly value: Value };

/** What a reader of events asks for. */
export interface EventsRequest {
  /** Events after this number. */
  readonly after: number;
  /** Sent before the first event. */
  readonly preamble: string;
}

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
  #stored: Stored = readStored(this.#sql);
  /** Stops the loop that works in this process, if one does. */
  #stop: AbortController | null = null;
  #readers = 0;
  readonly #frames = new SseFrames();

  /**
   * Accepts a run: tables, first event and alarm in one transaction, durable before it resolves.
   * @returns milliseconds since 1970, the time of the first event
   */
  accept(start: RunStart, record: RunRecord): number {
    if (this.#stored.kind !== 'nothing') throw new TypeError('A run is accepted once.');
    const at = this.ctx.storage.transactionSync(() => {
      createRecord(this.#sql, record);
      SqlRunLog.create(this.#sql);
      const first = this.#callbacks.accept(start, record);
      return this.#log.append([first])[0]?.at ?? Date.now();
    });
    this.#alarm.now();
    this.#stored = { kind: 'run', record };
    return at;
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
    return this.#find((record) =>
      viewFor(viewerOf(proof, record), foldRun(this.#log.read()), this.#callbacks.view()),
    );
  }

  /**
   * The events as the sender of `proof` may see them, as server-sent events until the run ends;
   * null when it has ended and the reader has seen everything.
   */
  events(proof: Proof, request: EventsRequest): Found<ReadableStream<Uint8Array> | null> {
    return this.#find((record) => {
      if (this.#log.ended && request.after >= this.#log.seq) return null;
      const reader = { viewer: viewerOf(proof, record), origin: record.origin };
      const visible = new VisibleEvents(reader, this.#log.read());
      return this.#read({
        ...request,
        keepAlive: ': keep-alive\n\n',
        encode: (event) =>
          visible
            .take(event)
            .map((each) => this.#frames.of(each))
            .join(''),
      });
    });
  }

  /** The answer as text while it is made. */
  answer(form: AnswerForm): Found<ReadableStream<Uint8Array>> {
    return this.#find(({ origin }) => {
      const encode = answerEncoder(form, origin);
      return this.#read({ after: 0, preamble: '', keepAlive: '', encode });
    });
  }

  /** Whether within `ms` the run has ended or waits for its owner. */
  async settled(ms: number): Promise<boolean> {
    const until = Date.now() + ms;
    let run = foldRun(this.#log.read());
    while (!this.#log.ended && run.status !== 'requires_action') {
      if (!(await this.#log.grown(run.seq, until - Date.now()))) return false;
      if (this.#log.isRemoved) return true;
      run = this.#log.after(run.seq).reduce(applyEvent, run);
    }
    return true;
  }

  /** Ends the run as cancelled; a run that has ended stays as it is. Only for its owner. */
  cancel(proof: Proof): Found<RunStatus> {
    return this.#findOwned(proof, () => {
      const end = { status: 'cancelled', stop_reason: 'cancelled' } as const;
      this.#log.append([{ type: 'run-end', ...end, error: faultData('cancelled') }]);
      this.#stop?.abort();
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
    return this.#findOwned(proof, () => questionOf(this.#log, id));
  }

  /** The owner's answer to what the run asked. */
  resolveAction(proof: Proof, id: string, answer: ActionAnswer): Found<Acted> {
    return this.#findOwned(proof, ({ is_mirrored }) => {
      if (is_mirrored) return ANSWERED_ELSEWHERE;
      const acted = answerAction(this.#log, id, answer);
      // A loop that still works has noticed; where none does, the alarm begins one.
      if (acted.acted === 'done') this.#alarm.now();
      return acted;
    });
  }

  /** Removes everything, so that the run was never there. Only for its owner. */
  async remove(proof: Proof): Promise<Found<true>> {
    const found = this.#findOwned(proof, () => true as const);
    if (found.found !== 'run') return found;
    // At once: a reader or the alarm that comes in between must not look for the tables.
    this.#stored = { kind: 'nothing' };
    this.#callbacks.abort();
    await this.#clear();
    return found;
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

  async #carryOn(record: RunRecord): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    const unwatch = this.#alarm.watch(() => this.#callbacks.deliver());
    const turn = Math.min(TURN_MS, (record.expires_at ?? Infinity) - Date.now());
    const turnOver = setTimeout(() => stop.abort(), turn);
    try {
      await executeRun(this.#ports(record), stop.signal);
    } finally {
      unwatch();
      clearTimeout(turnOver);
      this.#stop = null;
    }
  }

  #ports(record: RunRecord) {
    // Somebody who reads along wants the text soon; without readers, rows are saved.
    const flushMs = () => (this.#readers > 0 ? 40 : 1000);
    return runPorts({ env: this.env, log: this.#log, record, flushMs });
  }

  /** Ends the run if it has not ended, and keeps only its status. */
  async #expire(record: RunRecord): Promise<void> {
    const error = faultData('expired');
    this.#log.append([{ type: 'run-end', status: 'expired', stop_reason: 'expired', error }]);
    // Tried once and not again: nothing of the run is kept to try it with.
    this.#callbacks.deliver();
    const { status } = foldRun(this.#log.read());
    const tombstone = { status, when: record.expires_at ?? Date.now() };
    const cleared = this.#clear();
    createTombstone(this.#sql, tombstone);
    this.#stored = { kind: 'tombstone', tombstone };
    await cleared;
  }

  async #clear(): Promise<void> {
    this.#stop?.abort();
    this.#log.remove();
    this.#callbacks.close();
    this.#callbacks = new RunCallbacks(this.ctx, this.env, this.#alarm);
    this.#log = new SqlRunLog(this.#sql, this.#callbacks);
    await Promise.all([this.#alarm.clear(), this.ctx.storage.deleteAll()]);
  }

  #find<Value>(read: (record: RunRecord) => Value): Found<Value> {
    const stored = this.#stored;
    if (stored.kind === 'nothing') return { found: 'nothing' };
    if (stored.kind === 'tombstone') return { found: 'tombstone', ...stored.tombstone };
    if (isOver(stored.record)) {
      // Checked on every read too: the alarm that purges may be late.
      return { found: 'tombstone', status: 'expired', when: stored.record.expires_at ?? 0 };
    }
    return { found: 'run', value: read(stored.record) };
  }

  #findOwned<Value>(proof: Proof, act: (record: RunRecord) => Value): Found<Value> {
    const found = this.#find((record) => record);
    if (found.found !== 'run') return found;
    const isOwner = viewerOf(proof, found.value) === 'owner';
    return isOwner ? { found: 'run', value: act(found.value) } : { found: 'refused' };
  }

  #read(reader: Omit<LogReader, 'done'>): ReadableStream<Uint8Array> {
    this.#readers += 1;
    return readLog(this.#log, { ...reader, done: () => (this.#readers -= 1) });
  }
}

function isOver(record: RunRecord): boolean {
  return record.expires_at !== null && record.expires_at <= Date.now();
}

/** Holding the token, or being the key that made the run, is owning it. */
function viewerOf(proof: Proof, record: RunRecord): Viewer {
  const made = proof.principal !== null && proof.principal === record.principal;
  return proof.holdsToken || made ? 'owner' : 'public';
}
