import { reasonOf } from '../egress/deadline.ts';
import type { LoginAsked, Logins } from './ports.ts';
import type { LoginTarget, Refusal } from '../login/login.ts';
import type { ToolServer } from '../normalize/request.ts';
import type { LoginWish } from '../login/login-desk.ts';

/** Milliseconds that a token is used without asking for it again; one that is refused, at once. */
const FRESH_MS = 5_000;

/** The logins of one principal, wherever they are kept. */
export interface PrincipalLogins {
  /** The access token for a tool server; null without a login. */
  token(target: LoginTarget): Promise<string | null>;
  /** After a tool server refused; another token to try once, or null. */
  refused(target: LoginTarget, refusal: Refusal): Promise<string | null>;
  /**
   * Makes a login link.
   * @param since milliseconds since 1970; a login that was made later is what is asked for
   */
  ask(wish: LoginWish, since: number): Promise<LoginAsked | null>;
}

/** What the logins of a run are made of. */
export interface RunLoginsOptions {
  readonly principal: PrincipalLogins;
  /** Told when a login was made; null for a run that looks by itself. */
  readonly run: { readonly id: string; readonly expires_at: number | null } | null;
  /** Whose label inside the principal, '' for none. */
  readonly user: string;
  readonly profile: string;
  /** The whole address of a server; a run knows only the origin of an operator's. */
  readonly addressOf: (server: ToolServer) => string;
}

/**
 * The logins of a run's principal, for this run. Holds tokens for seconds and for one run alone.
 * @see spec/tool-servers.md, Login
 */
export class RunLogins implements Logins {
  readonly #options: RunLoginsOptions;
  readonly #fresh = new Map<string, { readonly token: string | null; readonly until: number }>();
  /** When each server first refused what there was, in milliseconds since 1970. */
  readonly #refused = new Map<string, number>();
  /** Servers for which somebody was asked: a new login shall be seen at once. */
  readonly #asked = new Set<string>();

  constructor(options: RunLoginsOptions) {
    this.#options = options;
  }

  async token(server: ToolServer, signal: AbortSignal): Promise<string | null> {
    const target = this.#targetOf(server);
    if (target === null) return null;
    const known = this.#fresh.get(target.url);
    if (known !== undefined && known.until > Date.now()) return known.token;
    const token = await unlessAborted(this.#options.principal.token(target), signal);
    this.#keep(target, token);
    return token;
  }

  async refused(server: ToolServer, refusal: Refusal, signal: AbortSignal): Promise<string | null> {
    const target = this.#targetOf(server);
    if (target === null) return null;
    this.#fresh.delete(target.url);
    const at = Date.now();
    const token = await unlessAborted(this.#options.principal.refused(target, refusal), signal);
    if (token === null) this.#refused.set(target.url, at);
    else this.#keep(target, token);
    return token;
  }

  async ask(server: ToolServer): Promise<LoginAsked | null> {
    const target = this.#targetOf(server);
    if (target === null) return null;
    this.#fresh.delete(target.url);
    this.#asked.add(target.url);
    const wish = { target, shown: server.url, run: this.#options.run };
    const since = this.#refused.get(target.url) ?? Date.now();
    return this.#options.principal.ask(wish, since);
  }

  /** Null for a path on this server, which nobody logs in to. */
  #targetOf(server: ToolServer): LoginTarget | null {
    if (server.url.startsWith('/')) return null;
    const url = new URL(this.#options.addressOf(server));
    url.hash = '';
    const { user, profile } = this.#options;
    return { url: url.href, user, profile };
  }

  #keep({ url }: LoginTarget, token: string | null): void {
    if (this.#asked.has(url)) return;
    this.#fresh.set(url, { token, until: Date.now() + FRESH_MS });
  }
}

/** A signal cannot go along to another object; that one has limits of its own. */
async function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const listening = new AbortController();
  const stopped = new Promise<never>((_resolve, reject) => {
    const options = { once: true, signal: listening.signal };
    signal.addEventListener('abort', () => reject(reasonOf(signal)), options);
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    listening.abort();
  }
}
