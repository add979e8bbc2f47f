import type { RunView } from '../../run/view.ts';
import type { Env } from '../env.ts';
import { isOutdated, snapshotText, stoneText } from './snapshot.ts';
import type { SnapshotStone } from './snapshot.ts';
import { snapshotStore } from './snapshot-store.ts';

/** The snapshot of one run, for its object: nobody else writes it. */
export class RunSnapshot {
  readonly #env: Env;
  #keeping: Promise<boolean> | null = null;
  #barring: Promise<void> | null = null;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Whether the run is about to be removed, or was. */
  get isBarred(): boolean {
    return this.#barring !== null;
  }

  /**
   * Keeps the public view of a run that has ended, once. Never throws: until it is kept, the
   * object answers, and tries again.
   */
  async keep(view: () => RunView): Promise<void> {
    if (this.#barring !== null) return;
    this.#keeping ??= this.#kept(view());
    if (!(await this.#keeping)) this.#keeping = null;
  }

  /**
   * Sets a stone where the snapshot is or would be, before the run itself is removed: from then on
   * no snapshot of it is read, and none is written any more, not by what is still on its way either.
   * @throws when the store does not answer; nothing may be removed then
   */
  async bar(id: string, stone: SnapshotStone): Promise<void> {
    // At once, before anything is waited for: nothing is begun after this.
    this.#barring ??= this.#barred(id, stone);
    try {
      await this.#barring;
    } catch (error) {
      this.#barring = null;
      throw error;
    }
  }

  /** Takes the stone away, when nothing can be on its way any more. */
  async clear(id: string): Promise<void> {
    await (await snapshotStore(this.#env))?.clear(id);
  }

  async #kept(view: RunView): Promise<boolean> {
    try {
      const text = await snapshotText(view);
      if (text === null) return false;
      await (await snapshotStore(this.#env))?.keep(view.id, text, isOutdated);
      return true;
    } catch {
      return false;
    }
  }

  async #barred(id: string, stone: SnapshotStone): Promise<void> {
    await this.#keeping;
    await (await snapshotStore(this.#env))?.bar(id, stoneText(stone));
  }
}
