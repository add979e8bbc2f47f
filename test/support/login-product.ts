/** What tests of logging in on the running product share: a tool server that wants it, a browser. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import process from 'node:process';

import { demoMcp } from '../../src/demo/demo-mcp.ts';
import { ask, type Answer, type Ask } from './ask.ts';
import {
  authorizationServer,
  protectedServer,
  type AuthorizationServer,
  type ProtectedServer,
} from './authorization-server.ts';
import { calls, chatServer, says, type ChatServer } from './chat-server.ts';
import { startProduct, type Product } from './product.ts';

/** Serves the tools of the demo server, to be put behind a login. */
export async function demoTools(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string') headers.set(name, value);
  }
  const { method = 'GET', url = '/' } = request;
  const init = { method, headers, ...(body === '' ? {} : { body }) };
  const answer = await demoMcp(new Request(`http://tools.invalid${url}`, init));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

/** A browser as far as it matters here: it keeps cookies by path and asks for pages. */
export class Browser {
  readonly #origin: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #cookies = new Map<string, { readonly path: string; readonly value: string }>();

  constructor(origin: string, headers: Readonly<Record<string, string>> = {}) {
    this.#origin = origin;
    this.#headers = headers;
  }

  /** Follows a link, or an address that somebody typed. */
  open(path: string): Promise<Answer> {
    return this.send(path, { headers: { 'sec-fetch-site': 'none' } });
  }

  /** Presses the button of a form of ours. */
  submit(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send(path, {
      body: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      },
    });
  }

  /** Any request, with the cookies that belong to it. */
  async send(path: string, { headers, ...rest }: Ask = {}): Promise<Answer> {
    const cookie = [...this.#cookies]
      .filter(([, each]) => isUnder(new URL(path, this.#origin).pathname, each.path))
      .map(([key, { value }]) => `${key.split(' ')[0]}=${value}`)
      .join('; ');
    const answer = await ask(this.#origin + path, {
      ...rest,
      headers: {
        accept: 'text/html',
        ...this.#headers,
        ...(cookie === '' ? {} : { cookie }),
        ...headers,
      },
    });
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line);
    return answer;
  }

  /** The cookies as they are kept, for tests that steal them. */
  get cookies(): readonly string[] {
    return [...this.#cookies].map(([key, { value }]) => `${key.split(' ')[0]}=${value}`);
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', ...value] = pair.split('=');
    const path = attributes.find((each) => each.startsWith('Path='))?.slice(5) ?? '/';
    const key = `${name} ${path}`;
    if (attributes.includes('Max-Age=0')) this.#cookies.delete(key);
    else this.#cookies.set(key, { path, value: value.join('=') });
  }
}

/** @see RFC 6265 section 5.1.4 */
function isUnder(path: string, cookiePath: string): boolean {
  const folder = cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`;
  return path === cookiePath || path.startsWith(folder);
}

/** A run as its JSON shows it, as far as tests look. */
export interface Shown {
  readonly id: string;
  readonly status: string;
  readonly owner_token: string;
  readonly output: string;
  readonly error: { readonly code: string } | null;
  readonly required_action: { readonly connect_url?: string } | null;
}

export const ALICE = { authorization: 'Bearer alice-key-0123456789' };
export const BOB = { authorization: 'Bearer bob-key-0123456789' };

/** What the product talks to. */
export type Peers = Pick<LoginWorld, 'auth' | 'tools' | 'others' | 'chat' | 'before'>;

/** The product with a scripted model and two tool servers behind one authorization server. */
export class LoginWorld implements AsyncDisposable {
  readonly auth: AuthorizationServer;
  readonly tools: ProtectedServer;
  readonly others: ProtectedServer;
  readonly chat: ChatServer;
  /** What happens before the model answers. */
  readonly before: { model: () => void };
  product: Product;

  private constructor(peers: Peers, product: Product) {
    this.before = peers.before;
    this.auth = peers.auth;
    this.tools = peers.tools;
    this.others = peers.others;
    this.chat = peers.chat;
    this.product = product;
  }

  /** @param more further variables of the server, given its peers */
  static async start(
    more: (peers: Peers) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<LoginWorld> {
    const auth = await authorizationServer();
    const [tools, others] = await Promise.all([
      protectedServer(auth, {}, demoTools),
      protectedServer(auth, {}, demoTools),
    ]);
    const before = { model: () => {} };
    const chat = await chatServer((response, asked) => {
      before.model();
      const hasResult = asked.body.messages.some(({ role }) => role === 'tool');
      const hasTools = (asked.body.tools?.length ?? 0) > 0;
      const call = calls('calculate', { expression: '17 * 23' });
      (hasResult || !hasTools ? says('It is 391.') : call)(response, asked);
    });
    const peers = { auth, tools, others, chat, before };
    return new LoginWorld(peers, await startProduct({ ...settings(peers), ...more(peers) }));
  }

  /** Kills the serving process and starts the server again where it was. */
  async crash(): Promise<void> {
    const { stateDir, origin, ended } = this.product;
    process.kill(this.product.workerdPid(), 'SIGKILL');
    await ended;
    const PORT = new URL(origin).port;
    this.product = await startProduct({ ...settings(this), STATE_DIR: stateDir, PORT });
  }

  browser(headers: Readonly<Record<string, string>> = {}): Browser {
    return new Browser(this.product.origin, headers);
  }

  /** Posts a prompt that uses the tools of `url`. */
  async post(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Shown> {
    const body = promptFor(url);
    return JSON.parse((await ask(`${this.product.origin}/`, { body, headers })).text) as Shown;
  }

  async read({ id, owner_token }: Shown): Promise<Shown> {
    const headers = { authorization: `Bearer ${owner_token}` };
    const { text } = await ask(`${this.product.origin}/${id}.json`, { headers });
    return JSON.parse(text) as Shown;
  }

  /** The run once it has this status. */
  async until(run: Shown, status: string): Promise<Shown> {
    for (let tried = 0; tried < 1200; tried += 1) {
      const shown = await this.read(run).catch(() => null);
      if (shown?.status === status) return shown;
      const isOver = ['completed', 'failed', 'cancelled', 'expired'].includes(shown?.status ?? '');
      if (isOver) throw new Error(`${shown?.status}: ${JSON.stringify(shown?.error)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`never ${status}`);
  }

  /** The path of the login link that a new run waits for. */
  async linkFor(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    return linkOf(await this.until(await this.post(url, headers), 'requires_action'));
  }

  /** Presses the button, approves at the authorization server and comes back. */
  async logIn(browser: Browser, path: string): Promise<Answer> {
    const { headers } = await browser.submit(path);
    return browser.open(await this.callbackOf(String(headers.location)));
  }

  /** Approves, and gives the path to which the authorization server sends the browser back. */
  async callbackOf(location: string): Promise<string> {
    return `/connect/callback?${(await this.auth.visit(location)).toString()}`;
  }

  /** Forgets the logins that earlier tests made. */
  async forget(headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const { text } = await ask(`${this.product.origin}/connections`, { headers });
    const { data } = JSON.parse(text) as { data: { id: string }[] };
    for (const { id } of data) {
      await ask(`${this.product.origin}/connections/${id}`, { method: 'DELETE', headers });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.product.stop();
    const { chat, tools, others, auth } = this;
    await Promise.all([chat, tools, others, auth].map((each) => each[Symbol.asyncDispose]()));
  }
}

export function promptFor(url: string): string {
  return `---\ntools: ${url}\n---\n\nWhat is 17 * 23?`;
}

/** The path of the link that a run shows to its owner. */
export function linkOf({ required_action }: Shown): string {
  return new URL(required_action?.connect_url ?? '').pathname;
}

function settings({ auth, tools, others, chat }: Peers) {
  return {
    EGRESS_ALLOW: [auth.host, tools.host, others.host].join(','),
    OPENAI_BASE_URL: chat.baseUrl,
    OPENAI_API_KEY: 'model-key',
    DEFAULT_MODEL: 'scripted',
    PUBLIC_URL: 'https://prompts.example',
    API_KEYS: 'alice:alice-key-0123456789,bob:bob-key-0123456789',
  };
}
