import { DurableObject } from 'cloudflare:workers';
import { LoginDesk, workLimit } from '../../login/login-desk.ts';
import type { LoginOffer, LoginWish } from '../../login/login-desk.ts';
import type { LoginRecord, LoginTarget, Refusal } from '../../login/login.ts';
import { SqlLoginRows } from '../../login/sql-rows.ts';
import type { LoginAsked } from '../../execute/ports.ts';
import type { Env } from '../env.ts';
import { KeptValues } from './kept-values.ts';
import { LoginActions } from '../login/login-actions.ts';
import { LoginDeliveries } from '../login/login-deliveries.ts';
import { outcomeOf } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import { PrincipalLogins } from './principal-logins.ts';
import type { Who } from './principal-logins.ts';
import { PrincipalRuns } from './principal-runs.ts';
import type {
  Admission,
  ListedRun,
  ListWish,
  RunsPage,
  RunWish,
  Standing,
} from './principal-runs.ts';
import type { RunCaps } from './caller-caps.ts';
import { standingsOf } from '../run/run-client.ts';

/** After this long without a word, a login that was being finished is looked for in the vault. */
const LOOK_AGAIN_MS = 90_000;

const OF_SERVERS = { rows: 200, length: 8_388_608 };
const OF_DOCUMENTS = { rows: 1000, length: 1 };

/**
 * Everything that belongs to one principal and outlives a run: logins, the links that ask for
 * them, runs that wait, the list of its runs and what it may still start, what is remembered of
 * tool servers, documents it confirmed. Named by the principal, so that nobody reaches another's
 * rows. Called by the Worker and by runs, which have checked who asks; a link is found only in the
 * object of the principal it was made for.
 * @see spec/tool-servers.md, Login
 */
export class PrincipalObject extends DurableObject<Env> {
  readonly #rows = new SqlLoginRows(this.ctx.storage);
  readonly #logins = new PrincipalLogins(this.env, this.#rows);
  readonly #actions = new LoginActions(this.ctx.storage.sql);
  readonly #deliveries = new LoginDeliveries(this.env, this.#actions);
  readonly #memory = new KeptValues(this.ctx.storage.sql, 'memory', OF_SERVERS);
  readonly #runs = new PrincipalRuns(this.ctx.storage.sql);
  readonly #confirmed = new KeptValues(this.ctx.storage.sql, 'confirmed', OF_DOCUMENTS);

  /** The access token for a tool server; null without a login. */
  token(who: Who, target: LoginTarget): Promise<Outcome<string | null>> {
    return outcomeOf(async () =>
      (await this.#logins.client(who, target.url)).token(target, workLimit()),
    );
  }

  /** After a tool server refused; another token to try once, or null. */
  refused(who: Who, target: LoginTarget, refusal: Refusal): Promise<Outcome<string | null>> {
    return outcomeOf(async () =>
      (await this.#logins.client(who, target.url)).refused(target, refusal, workLimit()),
    );
  }

  /**
   * Makes a login link.
   * @param since milliseconds since 1970; a login that was made later is what is asked for
   * @returns null when there are too many links; a fault when the server offers no login
   */
  ask(who: Who, wish: LoginWish, since: number): Promise<Outcome<LoginAsked | null>> {
    return outcomeOf(async () => {
      // A run must not wait a day for a link that leads nowhere.
      await (await this.#logins.client(who, wish.target.url)).plan(wish.target, workLimit());
      const action = this.#actions.add(wish, since);
      if (action === null) return null;
      await this.#wakeFor(this.#actions.next());
      return { action_id: action.id, expires_at: action.expires_at };
    });
  }

  /** What a link offers, nothing started; null for a link that is not this principal's. */
  offer(who: Who, id: string): Promise<Outcome<LoginOffer | null>> {
    return outcomeOf(() => this.#desk(who).offer(id));
  }

  /** Starts the login of a link, for the browser that knows `browser`. */
  begin(
    who: Who,
    id: string,
    browser: string,
  ): Promise<Outcome<{ readonly url: string; readonly state: string } | null>> {
    return outcomeOf(() => this.#desk(who).begin(id, browser));
  }

  /** The browser came back with `query`; every run that waits for this login is told. */
  finish(who: Who, id: string, query: string, browser: string): Promise<Outcome<true>> {
    return outcomeOf(async () => {
      // A process that dies after the tokens are kept and before the runs are told looks for them.
      await this.ctx.storage.put('who', who);
      await this.#wakeFor(Date.now() + LOOK_AGAIN_MS);
      await this.#desk(who).finish(id, query, browser);
      await this.#wakeFor(this.#actions.next());
      return true as const;
    });
  }

  /** The logins that are there. */
  list(who: Who): Promise<Outcome<readonly LoginRecord[]>> {
    return outcomeOf(async () => (await this.#logins.client(who, null)).list());
  }

  /** Forgets a login, revoked where that is offered; false when there is none of that id. */
  disconnect(who: Who, id: string): Promise<Outcome<boolean>> {
    return outcomeOf(async () => {
      const records = await (await this.#logins.client(who, null)).list();
      const url = records.find((record) => record.id === id)?.target.url;
      return url !== undefined && (await this.#logins.client(who, url)).disconnect(id, workLimit());
    });
  }

  /** What was remembered of a tool server. */
  recall(_who: Who, key: string): Promise<Outcome<string | null>> {
    return outcomeOf(() => this.#memory.get(key));
  }

  keep(_who: Who, key: string, value: string | null): Promise<Outcome<true>> {
    return outcomeOf(() => {
      if (value === null) this.#memory.delete(key);
      else this.#memory.set(key, value);
      return true as const;
    });
  }

  /** Whether the principal once confirmed a document of somebody else. */
  isConfirmed(_who: Who, document: string): Promise<Outcome<boolean>> {
    return outcomeOf(() => this.#confirmed.get(document) !== null);
  }

  confirm(_who: Who, document: string): Promise<Outcome<true>> {
    return outcomeOf(() => {
      this.#confirmed.set(document, '');
      return true as const;
    });
  }

  /** Admits a run, or says which one its key stands for. */
  admitRun(_who: Who, wish: RunWish, caps: RunCaps): Promise<Outcome<Admission>> {
    return outcomeOf(async () => {
      const admission = this.#runs.admit(wish, caps);
      if (admission.kind !== 'refused' || !this.#runs.allowance.isCrowded(caps)) return admission;
      await this.#ask(this.#runs.allowance.doubtful());
      return this.#runs.admit(wish, caps);
    });
  }

  /** Takes a place for work that is no run; see {@link RunAllowance.take}. */
  takePlace(_who: Who, id: string, caps: RunCaps, until: number): Promise<Outcome<number | null>> {
    return outcomeOf(() => this.#runs.allowance.take(id, caps, until));
  }

  releasePlace(_who: Who, id: string): Promise<Outcome<true>> {
    return outcomeOf(() => {
      this.#runs.allowance.release(id);
      return true as const;
    });
  }

  /** The object of a run says where it stands; null when it is gone. False when the list lacks it. */
  noteRun(_who: Who, id: string, standing: Standing): Promise<Outcome<boolean>> {
    return outcomeOf(() => {
      if (standing !== null) return this.#runs.note(id, standing);
      this.#runs.forget(id);
      return true;
    });
  }

  /** Lists a run that was not, as its object says. */
  addRun(_who: Who, run: ListedRun): Promise<Outcome<true>> {
    return outcomeOf(() => {
      this.#runs.add(run);
      return true as const;
    });
  }

  /** The run has another id from now on. */
  moveRun(_who: Who, from: string, to: string): Promise<Outcome<true>> {
    return outcomeOf(() => {
      this.#runs.move(from, to);
      return true as const;
    });
  }

  /** A part of the list of runs; those of which nothing was heard for a while are asked first. */
  listRuns(_who: Who, wish: ListWish): Promise<Outcome<RunsPage>> {
    return outcomeOf(async () => {
      await this.#ask(this.#runs.doubtful());
      return this.#runs.list(wish);
    });
  }

  /**
   * Tells runs that their login is there, again until it worked. Never throws: an alarm that throws
   * six times is dropped for good.
   */
  override async alarm(): Promise<void> {
    try {
      await this.#findLost();
      await this.#deliveries.tell();
      await this.#wakeFor(this.#actions.next());
    } catch {
      await this.ctx.storage.setAlarm(Date.now() + LOOK_AGAIN_MS);
    }
  }

  /** Asks runs where they stand; one that does not answer stays what it was. */
  async #ask(ids: readonly string[]): Promise<void> {
    for (const [id, standing] of await standingsOf(this.env, ids)) this.#runs.note(id, standing);
  }

  async #findLost(): Promise<void> {
    const who = await this.ctx.storage.get<Who>('who');
    if (who === undefined) return;
    await this.#deliveries.findLost(async () => (await this.#logins.client(who, null)).list());
  }

  #desk(who: Who): LoginDesk {
    return new LoginDesk({
      links: this.#actions,
      logins: (url) => this.#logins.client(who, url),
      now: () => Date.now(),
    });
  }

  /** Sets the alarm earlier, never later. */
  async #wakeFor(at: number | null): Promise<void> {
    if (at === null) return;
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > at) await this.ctx.storage.setAlarm(Math.max(at, Date.now()));
  }
}
