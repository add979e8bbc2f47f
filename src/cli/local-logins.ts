import type { LoginAsked, Logins } from '../execute/ports.ts';
import { Fault } from '../fault/fault.ts';
import type { LoginPlan, LoginRecord, LoginTarget, Refusal } from '../login/login.ts';
import type { ToolServer } from '../normalize/request.ts';
import type { LocalVault } from './local-vault.ts';
import { LoginListener, type WaitingLogin } from './login-listener.ts';
import { hostOf } from './login-page.ts';
import type { Person } from './person.ts';
import { UsageError } from './usage-error.ts';

/** How long a login may take, in milliseconds. */
const LOGIN_MS = 24 * 60 * 60_000;

/** What logins of this process are made with. */
export interface LocalLoginsOptions {
  readonly vault: LocalVault;
  readonly person: Person;
  readonly profile: string;
  /** Whether a run may wait for a login (`on_auth: wait`). */
  readonly mayWait: boolean;
  readonly signal: AbortSignal;
}

/** Logging in to tool servers from the command line: tokens out of files, and links on loopback. */
export class LocalLogins implements Logins {
  readonly #options: LocalLoginsOptions;
  readonly #asked = new Map<string, WaitingLogin>();
  #listener: Promise<LoginListener> | null = null;

  constructor(options: LocalLoginsOptions) {
    this.#options = options;
  }

  async token(server: ToolServer, signal: AbortSignal): Promise<string | null> {
    const { vault } = this.#options;
    if (isOwn(server) || !(await said(() => vault.exists()))) return null;
    return said(async () => (await vault.client()).token(this.target(server.url), signal));
  }

  async refused(server: ToolServer, refusal: Refusal, signal: AbortSignal): Promise<string | null> {
    const { vault } = this.#options;
    // Where nobody ever logged in and nobody can, nothing needs to be remembered.
    if (isOwn(server) || (!this.#canAsk && !(await vault.exists()))) return null;
    const target = this.target(server.url);
    return said(async () => (await vault.client()).refused(target, refusal, signal));
  }

  async ask(server: ToolServer): Promise<LoginAsked | null> {
    const { person, profile, signal } = this.#options;
    if (isOwn(server)) return null;
    if (!this.#canAsk) {
      const set = profile === 'default' ? '' : ` --profile ${profile}`;
      person.say(
        'login',
        `${server.label} wants a login. Log in first, then run this again:`,
        `mdops login ${server.url}${set}`,
      );
      return null;
    }
    const { action_id, waiting, plan } = await this.#wait(server.url);
    person.say('login', `${server.label} (${hostOf(server.url)}) wants a login.`, planText(plan));
    void person.showLink(waiting.url, AbortSignal.any([signal, settled(waiting.done)]));
    return { action_id, expires_at: Date.now() + LOGIN_MS };
  }

  /**
   * Logs in to one server, with a person who waits for it.
   * @throws Fault `login_unavailable`, `login_denied`; the signal's reason when it aborts
   */
  async login(url: string): Promise<LoginRecord> {
    const { person, signal } = this.#options;
    const { waiting, plan } = await this.#wait(url);
    person.say('login', `${hostOf(url)} wants a login.`, planText(plan));
    void person.showLink(waiting.url, AbortSignal.any([signal, settled(waiting.done)]));
    return waiting.done;
  }

  /** How a login that was asked for ended. */
  async outcome(action_id: string): Promise<'done' | 'declined'> {
    try {
      await this.#asked.get(action_id)?.done;
      return 'done';
    } catch (error) {
      if (error instanceof Fault && error.code === 'login_denied') return 'declined';
      throw error;
    }
  }

  /** Whose login it is, and for which server. */
  target(url: string): LoginTarget {
    const exact = new URL(url);
    exact.hash = '';
    return { url: exact.href, user: '', profile: this.#options.profile };
  }

  /** Stops listening for browsers. */
  async close(): Promise<void> {
    (await this.#listener?.catch(() => null))?.close();
  }

  get #canAsk(): boolean {
    return this.#options.mayWait && this.#options.person.waits;
  }

  async #wait(url: string): Promise<{ action_id: string; waiting: WaitingLogin; plan: LoginPlan }> {
    const { vault, signal } = this.#options;
    const plan = await said(async () => (await vault.client()).plan(this.target(url), signal));
    this.#listener ??= LoginListener.open((redirectUri) => vault.clientFor(redirectUri));
    const waiting = (await this.#listener).wait(plan, signal);
    const action_id = crypto.randomUUID();
    this.#asked.set(action_id, waiting);
    return { action_id, waiting, plan };
  }
}

function planText({ issuer, scopes }: LoginPlan): string {
  const asked = scopes.length === 0 ? '' : `, which is asked for: ${scopes.join(', ')}`;
  return `You log in at ${hostOf(issuer)}${asked}.`;
}

/** A path of the server that serves the prompt; the command line has none with logins. */
function isOwn({ url }: ToolServer): boolean {
  return url.startsWith('/');
}

/** What is wrong with the files of logins would else be taken for a failure of the server. */
async function said<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new Fault('login_unavailable', error.message, { cause: error });
  }
}

/** Aborts when the promise has an outcome. */
function settled(done: Promise<unknown>): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  done.then(abort, abort);
  return controller.signal;
}
