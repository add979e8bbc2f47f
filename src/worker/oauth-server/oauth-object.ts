import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { outcomeOf } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { KeptRows } from './kept-rows.ts';
import type { Approval, OauthDesk, TokenOrder } from './oauth-desk.ts';

const DAY_MS = 86_400_000;

/**
 * What the authorization server keeps: for each person what they let programs do, under the
 * person's name in tokens, and in one more object what programs registered.
 * Everything about one grant is in one object and in one order.
 * @see spec/decisions/0010-authorization-server-in-objects.md
 */
export class OauthObject extends DurableObject<Env> {
  #rows: KeptRows | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  /** See {@link OauthDesk.exchange}. */
  exchange(order: TokenOrder) {
    return this.#inTurn((desk) => desk.exchange(order));
  }

  /** See {@link OauthDesk.approve}. */
  approve(approval: Approval) {
    return this.#inTurn((desk) => desk.approve(approval));
  }

  /** See {@link OauthDesk.validate}. */
  validate(origin: string, resource: string, token: string) {
    return outcomeOf(async () => (await this.#desk()).validate(origin, resource, token));
  }

  /** See {@link OauthDesk.list}. */
  list(origin: string, grantorId: string) {
    return outcomeOf(async () => (await this.#desk()).list(origin, grantorId));
  }

  /** See {@link OauthDesk.end}. */
  end(origin: string, grantorId: string, id: string) {
    return this.#inTurn((desk) => desk.end(origin, grantorId, id));
  }

  /** A row as it was kept; null where there is none any more. */
  find(key: string): Promise<Outcome<string | null>> {
    return outcomeOf(async () => {
      const value = (await this.#kept()).get(key);
      return typeof value === 'string' ? value : null;
    });
  }

  /**
   * Keeps a row.
   * @param seconds how long
   * @param most rows of its kind, which is what its key begins with
   */
  keep(key: string, value: string, seconds: number, most: number): Promise<Outcome<true>> {
    return outcomeOf(async () => {
      const rows = await this.#kept();
      await rows.put(key, value, { expirationTtl: seconds });
      rows.trim(`${key.split(':')[0] ?? ''}:`, most);
      return true as const;
    });
  }

  override async alarm(): Promise<void> {
    await this.#inTurn(async (desk) => {
      const rows = await this.#kept();
      rows.purge();
      desk.forgetPrograms();
      if (!rows.isEmpty()) return;
      await this.ctx.storage.deleteAll();
      this.#rows = null;
    });
    // An alarm that throws six times is dropped for good.
    if (this.#rows !== null) await this.ctx.storage.setAlarm(Date.now() + DAY_MS);
  }

  /** One after the other: what is read stays true until what follows from it is written. */
  #inTurn<Value>(work: (desk: OauthDesk) => Promise<Value>): Promise<Outcome<Value>> {
    const turn = this.#turn.then(() => outcomeOf(async () => work(await this.#desk())));
    this.#turn = turn;
    return turn;
  }

  /** Loaded by who needs it: a run does not pay for it. */
  async #desk(): Promise<OauthDesk> {
    const { OauthDesk: Desk } = await import('./endpoints.ts');
    return new Desk(await this.#kept());
  }

  async #kept(): Promise<KeptRows> {
    const { KeptRows: Rows } = await import('./endpoints.ts');
    return (this.#rows ??= new Rows(this.ctx.storage));
  }
}
