import { listenForBrowser } from './browser-listener.ts';
import { randomBytes } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { asFault, Fault, FAULTS } from '../fault/fault.ts';
import type { LoginClient } from '../login/login-client.ts';
import type { LoginPlan, LoginRecord } from '../login/login.ts';
import { askingPage, hostOf, sayingPage } from './login-page.ts';
import { saying, sendReply, type Reply } from './loopback-page.ts';

/** A login that waits for a browser. */
export interface WaitingLogin {
  /** What to open; good until the login is done or no longer wanted. */
  readonly url: string;
  /** Rejects with `login_denied` when the person said no, and with the reason of an abort. */
  readonly done: Promise<LoginRecord>;
}

interface Waiting {
  readonly plan: LoginPlan;
  readonly finished: (outcome: LoginRecord | Error) => void;
}

const PATH = '/connect/';
const CALLBACK = `${PATH}callback`;

/**
 * The pages of logins on a free port of loopback, for as long as this process wants them. The
 * browser comes here first, so that a link never leads straight to an authorization server, and
 * comes back here with the code.
 * @see RFC 8252 section 7.3, spec/cli.md (Logging in)
 */
export class LoginListener {
  readonly #server: Server;
  readonly #origin: string;
  readonly #client: LoginClient;
  readonly #waiting = new Map<string, Waiting>();
  /** The `state` of each flow that was begun → the nonce it belongs to. */
  readonly #flows = new Map<string, string>();

  private constructor(server: Server, origin: string, client: LoginClient) {
    this.#server = server;
    this.#origin = origin;
    this.#client = client;
    server.on('request', (request, response) => {
      void this.#serve(request, response);
    });
  }

  /** @param clientFor a login client that sends browsers back to this address */
  static async open(
    clientFor: (redirectUri: string) => Promise<LoginClient>,
  ): Promise<LoginListener> {
    const { server, port } = await listenForBrowser();
    const origin = `http://127.0.0.1:${port}`;
    return new LoginListener(server, origin, await clientFor(`${origin}${CALLBACK}`));
  }

  /** Waits for a browser to log in as planned. */
  wait(plan: LoginPlan, signal: AbortSignal): WaitingLogin {
    const nonce = randomBytes(24).toString('base64url');
    const done = new Promise<LoginRecord>((resolve, reject) => {
      const finished = (outcome: LoginRecord | Error): void => {
        this.#waiting.delete(nonce);
        signal.removeEventListener('abort', aborted);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const aborted = (): void => {
        finished(asFault(signal.reason, 'cancelled'));
      };
      signal.addEventListener('abort', aborted);
      this.#waiting.set(nonce, { plan, finished });
      if (signal.aborted) aborted();
    });
    // Whoever waits for it may come later.
    done.catch(() => undefined);
    return { url: `${this.#origin}${PATH}${nonce}`, done };
  }

  /** Stops listening; pages that are on their way are still sent. */
  close(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = await this.#answer(request).catch(failedReply);
    if (reply.sent !== undefined) response.once('close', reply.sent);
    sendReply(response, reply);
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    // A name that points to this machine (DNS rebinding) must not read these pages.
    if (`http://${request.headers.host}` !== this.#origin)
      return saying(403, 'Not here', 'This is not the address of this page.');
    const url = new URL(request.url ?? '/', this.#origin);
    if (url.pathname === CALLBACK && request.method === 'GET') return this.#comeBack(url, request);
    const nonce = url.pathname.startsWith(PATH) ? url.pathname.slice(PATH.length) : '';
    const waiting = this.#waiting.get(nonce);
    if (waiting === undefined) {
      return saying(
        404,
        'Nothing here',
        'This login is done or no longer wanted. You can close this window.',
      );
    }
    if (request.method === 'GET') return { status: 200, html: askingPage(waiting.plan) };
    if (request.method !== 'POST')
      return saying(405, 'Not like this', 'Open the link that mdops printed.');
    return this.#start(nonce, waiting, request);
  }

  async #start(nonce: string, { plan }: Waiting, request: IncomingMessage): Promise<Reply> {
    if (!isOwnForm(request, this.#origin)) {
      return saying(
        403,
        'Not from here',
        'Open the link that mdops printed, and use the button there.',
      );
    }
    const browser = this.#browserOf(request) ?? randomBytes(24).toString('base64url');
    const { url, state } = await this.#client.begin(
      plan.target,
      browser,
      AbortSignal.timeout(30_000),
    );
    this.#flows.set(state, nonce);
    const cookie = `${this.#cookie}=${browser}; HttpOnly; SameSite=Lax; Path=${PATH}; Max-Age=3600`;
    return {
      status: 303,
      html: sayingPage('Log in', `Go on at ${hostOf(url)}.`),
      headers: { location: url, 'set-cookie': cookie },
    };
  }

  async #comeBack(url: URL, request: IncomingMessage): Promise<Reply> {
    const nonce = this.#flows.get(url.searchParams.get('state') ?? '');
    const waiting = this.#waiting.get(nonce ?? '');
    const browser = this.#browserOf(request) ?? '';
    try {
      const record = await this.#client.finish(
        url.searchParams,
        browser,
        AbortSignal.timeout(60_000),
      );
      const { host } = new URL(record.target.url);
      const text = `You are logged in to ${host}. You can close this window.`;
      return { ...saying(200, 'Logged in', text), sent: () => this.#finish(record) };
    } catch (error) {
      // The state was looked at first: a stranger with one of their own making says nothing here.
      if (!(error instanceof Fault) || error.code !== 'login_denied') throw error;
      return { ...failedReply(error), sent: () => waiting?.finished(error) };
    }
  }

  /** Everything that waits for this login has it now, whichever link was opened. */
  #finish(record: LoginRecord): void {
    const { url, user, profile } = record.target;
    for (const { plan, finished } of this.#waiting.values()) {
      const { target } = plan;
      const isSame = target.url === url && target.user === user && target.profile === profile;
      if (isSame) finished(record);
    }
  }

  /** Cookies of one host are shared by all its ports. */
  get #cookie(): string {
    return `mdops_${new URL(this.#origin).port}`;
  }

  #browserOf({ headers }: IncomingMessage): string | undefined {
    const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
    const start = `${this.#cookie}=`;
    const value = pairs.find((pair) => pair.startsWith(start))?.slice(start.length);
    return value !== undefined && /^[\w-]{32}$/.test(value) ? value : undefined;
  }
}

/** Another site must not start a login: the person would end up logged in to what it chose. */
function isOwnForm({ headers }: IncomingMessage, origin: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return headers.origin === origin;
}

function failedReply(error: unknown): Reply {
  const { code, message } = asFault(error);
  return saying(FAULTS[code].http, 'Not logged in', message);
}
