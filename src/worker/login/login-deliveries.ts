import type { LoginRecord, LoginTarget } from '../../login/login.ts';
import type { Env } from '../env.ts';
import { runClient } from '../run/run-client.ts';
import type { Delivery, LoginActions } from './login-actions.ts';

/** About four minutes in which a run may come to wait for what is already there. */
const NOT_WAITING_TRIES = 8;

/** Tells the runs of one principal that the login they wait for is there, each until it worked. */
export class LoginDeliveries {
  readonly #env: Env;
  readonly #actions: LoginActions;

  constructor(env: Env, actions: LoginActions) {
    this.#env = env;
    this.#actions = actions;
  }

  /** Tells everybody whose time has come, and forgets the links that are over. */
  async tell(): Promise<void> {
    await Promise.all(this.#actions.due(Date.now()).map((each) => this.#tell(each)));
    this.#actions.purge(Date.now());
  }

  /**
   * Logins that were kept by a process that died before it could say so.
   * @param kept the logins that are there
   */
  async findLost(kept: () => Promise<readonly LoginRecord[]>): Promise<void> {
    const begun = this.#actions.begun();
    if (begun.length === 0) return;
    const records = await kept();
    for (const { target, began_at } of begun) {
      const isThere = records.some(
        (record) => sameTarget(record.target, target) && record.created_at >= began_at,
      );
      if (isThere) this.#actions.resolve(target);
    }
  }

  async #tell({ action_id, run_id }: Delivery): Promise<void> {
    try {
      const waited = await runClient(this.#env, run_id).resume({ action_ids: [action_id] });
      if (waited) this.#actions.told(action_id);
      // It has ended, or the login came before it had written down that it waits.
      else this.#actions.retry(action_id, NOT_WAITING_TRIES);
    } catch {
      this.#actions.retry(action_id, Infinity);
    }
  }
}

function sameTarget(one: LoginTarget, other: LoginTarget): boolean {
  return one.url === other.url && one.user === other.user && one.profile === other.profile;
}
