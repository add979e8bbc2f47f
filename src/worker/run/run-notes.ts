import { titleOf } from '../../publish/run-title.ts';
import type { RunEvent } from '../../run/event.ts';
import { foldRun } from '../../run/fold-run.ts';
import { isTerminal } from '../../run/run.ts';
import type { Run } from '../../run/run.ts';
import { addressClient } from '../principal/caller-address.ts';
import { readEnv } from '../env.ts';
import type { Env } from '../env.ts';
import { closeTitle } from '../principal/kept-title.ts';
import { principalClient } from '../principal/principal-client.ts';
import type { PrincipalClient } from '../principal/principal-client.ts';
import type { Standing } from '../principal/principal-runs.ts';
import type { RunAlarm } from './run-alarm.ts';
import type { SqlRunLog } from './run-log.ts';
import type { RunRecord } from './run-record.ts';

/** What could not be told is told again so much later, and twice that the next time. */
const AGAIN_MS = 15_000;
const MOST_DOUBLINGS = 8;

/**
 * Tells who counts and lists a run where it stands. Told beside the work and at most once at a time,
 * so that it delays no run and fails none; who keeps the list asks when nothing was heard. A run that the
 * list lacks, because it could not be reached when the run was made or because the run goes on inside of a
 * request, is added to it.
 */
export class RunNotes {
  readonly #env: Env;
  readonly #alarm: RunAlarm;
  #told = '';
  #next: (() => Promise<unknown>) | null = null;
  #telling: Promise<void> | null = null;
  #failures = 0;

  constructor(env: Env, alarm: RunAlarm) {
    this.#env = env;
    this.#alarm = alarm;
  }

  /** Tells every change while a loop works. @returns ends it */
  follow(log: SqlRunLog, record: RunRecord): () => void {
    return log.subscribe((events) => this.heard(events, log, record));
  }

  /** Tells where the run stands when one of these events may have changed that. */
  heard(events: readonly RunEvent[], log: SqlRunLog, record: RunRecord): void {
    if (events.some((event) => mayChangeStatus(event, record)))
      void this.tell(record, foldRun(log.read()));
  }

  /**
   * Tells where the run stands, unless that was what was told last.
   * @returns resolves when it was told or could not be, and then the alarm rings for it
   */
  tell(record: RunRecord, run: Run): Promise<void> {
    const told = JSON.stringify(standingOf(record, run));
    if (told !== this.#told) {
      this.#told = told;
      // What is newer takes the place of what still waits to be told.
      this.#next = () => this.#send(record, run);
      this.#telling ??= this.#tellAll();
    }
    return this.#telling ?? Promise.resolve();
  }

  /** When it is told again, in milliseconds since 1970; null when everything was told. */
  againAt(): number | null {
    if (this.#failures === 0) return null;
    return Date.now() + AGAIN_MS * 2 ** Math.min(this.#failures - 1, MOST_DOUBLINGS);
  }

  /**
   * Says that the run is gone.
   * @throws Fault when that could not be said
   */
  async forget(record: RunRecord, id: string): Promise<void> {
    this.#next = null;
    // What is on its way must not come after.
    await this.#telling;
    await this.#release(record, id);
    await listOf(this.#env, record)?.noteRun(id, null);
  }

  async #tellAll(): Promise<void> {
    try {
      for (let next = this.#next; next !== null; next = this.#next) {
        this.#next = null;
        await next();
      }
      this.#failures = 0;
    } catch {
      this.#told = '';
      this.#failures += 1;
      this.#alarm.sooner(this.againAt());
    } finally {
      this.#telling = null;
    }
  }

  async #send(record: RunRecord, run: Run): Promise<void> {
    if (isTerminal(run.status)) await this.#release(record, run.id);
    const list = listOf(this.#env, record);
    if (list === null) return;
    const standing = standingOf(record, run);
    if (await list.noteRun(run.id, standing)) return;
    const { settings } = readEnv(this.#env);
    if (settings === null || record.principal === null) return;
    const title = await closeTitle(titleOf(run), record.principal, settings);
    const { id, status, created_at, expires_at } = run;
    await list.addRun({ id, status, created_at, expires_at, title });
    await list.noteRun(id, standing);
  }

  async #release({ address }: RunRecord, id: string): Promise<void> {
    if (address !== null) await addressClient(this.#env, address).release(id);
  }
}

/** Where a run stands, as its list keeps it. */
export function standingOf({ is_mirrored }: RunRecord, run: Run): NonNullable<Standing> {
  const { status, expires_at } = run;
  return is_mirrored ? { status, expires_at, is_counted_elsewhere: true } : { status, expires_at };
}

/** The list that a run is in; null for nobody's. */
export function listOf(env: Env, { principal, origin }: RunRecord): PrincipalClient | null {
  return principal === null ? null : principalClient(env, { principal, origin });
}

/**
 * The end is told when the loop has let go. That a run has begun is not told: it was listed as one that
 * goes on when it was admitted, which one in a request was not.
 */
function mayChangeStatus({ seq, type }: RunEvent, { is_mirrored }: RunRecord): boolean {
  const isNew = is_mirrored === true && seq === 2;
  return isNew || type === 'action-required' || type === 'action-resolved';
}
