import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { RunAllowance } from './run-allowance.ts';
import type { RunCaps } from './caller-caps.ts';
import { standingsOf } from '../run/run-client.ts';

/** So often an address of which nothing is heard is looked at, until nothing of it is left. */
const IDLE_MS = 90_000;

/**
 * What callers whom nobody knows may still start from one address. Named by a keyed hash of the
 * address, which itself is kept nowhere. Naming an object makes a database, and anybody may come
 * from many addresses: it removes itself when its bucket is full again and nothing goes on.
 * @see spec/http-api.md, Limits of a caller
 */
export class AddressObject extends DurableObject<Env> {
  readonly #allowance = new RunAllowance(this.ctx.storage.sql);

  /** See {@link RunAllowance.take}. */
  async take(id: string, caps: RunCaps, until: number | null): Promise<number | null> {
    this.#allowance.create();
    await this.ctx.storage.setAlarm(Date.now() + IDLE_MS);
    const wait = this.#allowance.take(id, caps, until);
    if (wait === null || !this.#allowance.isCrowded(caps)) return wait;
    await this.#lookAgain();
    this.#allowance.create();
    return this.#allowance.take(id, caps, until);
  }

  /** Gives a place back; there are no tables when everything was over long ago. */
  async release(id: string): Promise<void> {
    // Without an alarm there is nothing, and a place that is given back must not make a database.
    if ((await this.ctx.storage.getAlarm()) !== null) this.#allowance.release(id);
  }

  override async alarm(): Promise<void> {
    try {
      this.#allowance.create();
      await this.#lookAgain();
      if (this.#allowance.taken() === 0 && this.#allowance.isFull()) {
        await this.ctx.storage.deleteAll();
        return;
      }
    } catch {
      // An alarm that throws six times is dropped for good.
    }
    await this.ctx.storage.setAlarm(Date.now() + IDLE_MS);
  }

  /** Runs that ended without a word give their places back. */
  async #lookAgain(): Promise<void> {
    const asked = await standingsOf(this.env, this.#allowance.doubtful());
    for (const [id, standing] of asked) {
      const goesOn = standing?.status === 'queued' || standing?.status === 'running';
      if (!goesOn) this.#allowance.release(id);
    }
  }
}
