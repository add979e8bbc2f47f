import type { RunEvent } from '../../run/event.ts';
import { foldRun, isTerminal } from '../../run/run.ts';
import type { Run } from '../../run/run.ts';
import { addressClient } from '../principal/caller-address.ts';
import type { Env } from '../env.ts';
import { principalClient } from '../principal/principal-client.ts';
import type { PrincipalClient } from '../principal/principal-client.ts';
import type { Standing } from '../principal/principal-runs.ts';
import type { SqlRunLog } from './run-log.ts';
import type { RunRecord } from './run-record.ts';

/**
 * Tells who counts and lists a run where it stands. Told beside the work and at most once at a time,
 * so that it delays no run and fails none; who keeps the list asks when nothing was heard.
 */
export class RunNotes {
  readonly #env: Env;
  #told = '';
  #next: (() => Promise<unknown>) | null = null;
  #isTelling = false;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Tells every change while a loop works. @returns ends it */
  follow(log: SqlRunLog, record: RunRecord): () => void {
    return log.subscribe((events) => {
      if (events.some(mayChangeStatus)) this.tell(record, foldRun(log.read()));
    });
  }

  /** Tells where the run stands, unless that was what was told last. */
  tell(record: RunRecord, run: Run): void {
    const standing = { status: run.status, expires_at: run.expires_at };
    const told = JSON.stringify(standing);
    if (told === this.#told) return;
    this.#told = told;
    // What is newer takes the place of what still waits to be told.
    this.#next = () => this.#send(record, run.id, standing);
    if (!this.#isTelling) void this.#tellAll();
  }

  /**
   * Says that the run is gone.
   * @throws Fault when that could not be said
   */
  async forget(record: RunRecord, id: string): Promise<void> {
    this.#next = null;
    await this.#send(record, id, null);
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    try {
      for (let next = this.#next; next !== null; next = this.#next) {
        this.#next = null;
        await next();
      }
    } catch {
      // The same is told again the next time that the run is looked at.
      this.#told = '';
    } finally {
      this.#isTelling = false;
    }
  }

  async #send(record: RunRecord, id: string, standing: Standing): Promise<void> {
    const isOver = standing === null || isTerminal(standing.status);
    if (record.address !== null && isOver) {
      await addressClient(this.#env, record.address).release(id);
    }
    await this.principal(record)?.noteRun(id, standing);
  }

  /** Whose list the run is in; null for nobody's. */
  principal({ principal, origin }: RunRecord): PrincipalClient | null {
    return principal === null ? null : principalClient(this.#env, { principal, origin });
  }
}

/** The end is told when the loop has let go. */
function mayChangeStatus({ seq, type }: RunEvent): boolean {
  return seq === 2 || type === 'action-required' || type === 'action-resolved';
}
