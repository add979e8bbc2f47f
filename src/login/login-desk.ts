import { asFault, Fault } from '../fault/fault.ts';
import type { FaultCode, FaultData } from '../fault/fault.ts';
import type { LoginClient } from './login-client.ts';
import type { LoginPlan, LoginTarget } from './login.ts';

/** Milliseconds that all requests of one piece of login work may take together. */
const WORK_MS = 60_000;

/** What a login link's name looks like; anything else is asked of no store. */
export const ACTION_ID = /^[0-9A-Za-z]{22,64}$/;

/** How long a login link lives, unless what waits for it ends earlier; milliseconds. */
export const ACTION_MS = 24 * 3_600_000;

/** What a login is wanted for. */
export interface LoginWish {
  readonly target: LoginTarget;
  /** The server's address as it may be shown: of an operator's server only the origin. */
  readonly shown: string;
  /** The run that waits for it; null when nobody does. */
  readonly run: { readonly id: string; readonly expires_at: number | null } | null;
}

/** A login that somebody was asked for. */
export interface LoginAction {
  /** Unguessable; the link is `/connect/{id}`. */
  readonly id: string;
  readonly target: LoginTarget;
  readonly shown: string;
  readonly run_id: string | null;
  /** Milliseconds since 1970. */
  readonly expires_at: number;
  readonly state: 'waiting' | 'done';
  /** How the last attempt failed. */
  readonly failure: FaultCode | null;
}

/** What the page of a login link shows. */
export interface LoginOffer {
  readonly action: LoginAction;
  /** Null when the login is made, or cannot be. */
  readonly plan: LoginPlan | null;
  /** Why it cannot be. */
  readonly fault: FaultData | null;
}

/** The login links of one principal, wherever they are kept. */
export interface LoginLinks {
  /** Null for a link that is not this principal's. */
  find(id: string): LoginAction | null | Promise<LoginAction | null>;
  /** An attempt begins: how the last one failed is over. */
  begin(id: string): void | Promise<void>;
  fail(id: string, failure: FaultCode): void | Promise<void>;
  /** The login for a target is there. */
  resolve(target: LoginTarget): void | Promise<void>;
}

/** What a login desk is made of. */
export interface LoginDeskOptions {
  readonly links: LoginLinks;
  /** The logins of the principal for work on the server at `url`. */
  readonly logins: (url: string) => Promise<LoginClient>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * What can be done with the login links of one principal: look, begin, finish. Who asks was
 * checked before; a link is found only among those of the principal that it was made for.
 * @see spec/tool-servers.md, Login
 */
export class LoginDesk {
  readonly #options: LoginDeskOptions;

  constructor(options: LoginDeskOptions) {
    this.#options = options;
  }

  /** What a link offers, nothing started; null for a link that is not this principal's. */
  async offer(id: string): Promise<LoginOffer | null> {
    const { links, logins } = this.#options;
    const action = await links.find(id);
    if (action === null) return null;
    if (action.state === 'done') return { action, plan: null, fault: null };
    try {
      this.#inTime(action);
      const client = await logins(action.target.url);
      const plan = await client.plan(action.target, workLimit());
      return { action, plan, fault: null };
    } catch (error) {
      return { action, plan: null, fault: asFault(error).toJSON() };
    }
  }

  /**
   * Starts the login of a link, for the browser that knows `browser`.
   * @throws Fault `login_expired`, `login_unavailable`
   */
  async begin(
    id: string,
    browser: string,
  ): Promise<{ readonly url: string; readonly state: string } | null> {
    const { links, logins } = this.#options;
    const action = await links.find(id);
    if (action === null) return null;
    this.#inTime(action);
    await links.begin(id);
    const { target } = action;
    return await this.#noting(id, async () =>
      (await logins(target.url)).begin(target, browser, workLimit()),
    );
  }

  /**
   * The browser came back with `query`.
   * @throws Fault `login_invalid`, `login_denied`, `login_unavailable`
   */
  async finish(id: string, query: string, browser: string): Promise<void> {
    const { links, logins } = this.#options;
    const action = await links.find(id);
    if (action === null) throw new Fault('login_invalid');
    const { url } = action.target;
    const { target } = await this.#noting(id, async () =>
      (await logins(url)).finish(new URLSearchParams(query), browser, workLimit()),
    );
    await links.resolve(target);
  }

  #inTime({ expires_at }: LoginAction): void {
    if (expires_at <= this.#options.now()) throw new Fault('login_expired');
  }

  /** Remembers how an attempt failed, for the page of its link. */
  async #noting<Value>(id: string, work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      await this.#options.links.fail(id, asFault(error).code);
      throw error;
    }
  }
}

/** Ends work on logins that takes too long. */
export function workLimit(): AbortSignal {
  return AbortSignal.timeout(WORK_MS);
}
