/** The product among slow peers, killed and started again where it was. */
import { request } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import {
  authorizationServer,
  protectedServer,
  type AuthorizationServer,
  type ProtectedServer,
} from '../support/authorization-server.ts';
import { ask, type Answer } from '../support/ask.ts';
import { Browser, linkOf, type Shown } from '../support/login-product.ts';
import { httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';
import { later, type Random } from './random.ts';
import { slowModel, slowPage, SlowTools, type Kind } from './slow-peers.ts';
import { Traps } from './traps.ts';

/** A run of which a `201` was read. */
export interface Accepted {
  readonly kind: Kind;
  readonly id: string;
  readonly name: string;
  readonly at: number;
  /** What proves to be its owner. */
  readonly headers: Readonly<Record<string, string>>;
  /** What a reader of its events got before the process died. */
  heard: string;
}

interface Peers {
  readonly model: Peer;
  readonly page: Peer;
  readonly tools: Peer;
  readonly auth: AuthorizationServer;
  /** Nobody logs in to the first; to the second somebody does. */
  readonly locked: readonly [ProtectedServer, ProtectedServer];
}

export class CrashWorld implements AsyncDisposable {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
  readonly accepted: Accepted[] = [];
  readonly traps: Traps;
  readonly slow: SlowTools;
  readonly #peers: Peers;
  #product: Product | null = null;
  #made = 0;

  private constructor(traps: Traps, slow: SlowTools, peers: Peers) {
    this.traps = traps;
    this.slow = slow;
    this.#peers = peers;
  }

  static async start(random: Random): Promise<CrashWorld> {
    const traps = new Traps();
    const slow = new SlowTools(traps, random);
    const auth = await authorizationServer({ tokenDelay: 15 });
    const world = new CrashWorld(traps, slow, {
      model: await slowModel(traps, random),
      page: await slowPage(traps, random),
      tools: await httpPeer(slow.answer),
      auth,
      locked: [
        await protectedServer(auth, {}, slow.answer),
        await protectedServer(auth, {}, slow.answer),
      ],
    });
    await world.restart();
    return world;
  }

  get origin(): string {
    return this.#product?.origin ?? '';
  }

  get workerdPid(): number {
    return this.#product?.workerdPid() ?? 0;
  }

  async kill(): Promise<void> {
    process.kill(this.workerdPid, 'SIGKILL');
    await this.#product?.ended;
  }

  async restart(): Promise<void> {
    const { model, page, tools, auth, locked } = this.#peers;
    const hosts = [page, tools, auth, ...locked].map(({ host }) => host);
    this.#product = await startProduct({
      STATE_DIR: this.stateDir,
      EGRESS_ALLOW: hosts.join(','),
      OPENAI_BASE_URL: `${model.origin}/v1`,
      DEFAULT_MODEL: 'slow',
      ...(this.#product === null ? {} : { PORT: new URL(this.#product.origin).port }),
    });
  }

  /** Posts a run and follows its events; null when nobody said that it was accepted. */
  async post(kind: Kind, server = this.#peers.locked[0].url): Promise<Accepted | null> {
    this.#made += 1;
    const name = `r${this.#made}`;
    const answer = await ask(`${this.origin}/`, { body: this.#prompt(kind, name, server) }).catch(
      () => null,
    );
    if (answer?.status !== 201) return null;
    const { id, owner_token } = JSON.parse(answer.text) as Shown;
    const headers = { authorization: `Bearer ${owner_token}` };
    const run = { kind, id, name, at: Date.now(), headers, heard: '' };
    this.accepted.push(run);
    this.#follow(run);
    return run;
  }

  /** Runs that wait for a login are logged in to, up to the callback, which is under way then. */
  async beginCallback(): Promise<Promise<unknown>> {
    await this.#forget();
    const run = await this.post('login', this.#peers.locked[1].url);
    return run === null ? later(0) : this.callback(run);
  }

  /** The callback of the login that a run waits for; not waited for. */
  async callback(run: Accepted): Promise<Promise<unknown>> {
    const shown = await this.until(run, 'requires_action');
    const browser = new Browser(this.origin);
    const { headers } = await browser.submit(linkOf(shown));
    const query = await this.#peers.auth.visit(String(headers.location));
    const open = browser.open(`/connect/callback?${query.toString()}`).catch(() => null);
    return Promise.resolve([open]);
  }

  /** Reads a run as its owner. */
  ask({ id, headers }: Accepted, rest = ''): Promise<Answer> {
    return ask(`${this.origin}/${id}${rest}`, { headers });
  }

  async read(run: Accepted): Promise<Shown> {
    return JSON.parse((await this.ask(run, '.json')).text) as Shown;
  }

  async until(run: Accepted, status: string): Promise<Shown> {
    for (let tried = 0; tried < 1000; tried += 1) {
      const shown = await this.read(run);
      if (shown.status === status) return shown;
      await later(50);
    }
    throw new Error(`${run.name} is never ${status}`);
  }

  /** The first `count` frames of a run's events as its owner reads them now, of one that goes on too. */
  frames({ id, headers }: Accepted, count: number): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      let text = '';
      const sent = request(`${this.origin}/${id}/events`, { agent: false, headers }, (response) => {
        response.setEncoding('utf8');
        response.on('data', (more: string) => {
          text += more;
          if (framesOf(text).length >= count) sent.destroy();
        });
        response.on('close', () => resolve(framesOf(text).slice(0, count)));
      });
      sent.on('error', reject).end();
    });
  }

  #prompt(kind: Kind, name: string, login: string): string {
    const { tools, page } = this.#peers;
    const said = `Run ${kind} ${name}.`;
    if (kind === 'plain') return said;
    if (kind === 'short') return `---\nttl: 2s\n---\n\n${said}`;
    if (kind === 'reference') return `${said} See @${page.origin}/notes.md`;
    return `---\ntools: ${kind === 'login' ? login : `${tools.origin}/mcp`}\n---\n\n${said}`;
  }

  #follow(run: Accepted): void {
    const options = { agent: false, headers: run.headers };
    const sent = request(`${this.origin}/${run.id}/events`, options, (response) => {
      response.setEncoding('utf8');
      response.on('data', (text: string) => (run.heard += text));
      response.on('error', () => undefined);
    });
    sent.on('error', () => undefined).end();
  }

  async #forget(): Promise<void> {
    const { text } = await ask(`${this.origin}/connections`);
    const { data } = JSON.parse(text) as { data: { id: string }[] };
    for (const { id } of data) await ask(`${this.origin}/connections/${id}`, { method: 'DELETE' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#product?.stop();
    const { model, page, tools, auth, locked } = this.#peers;
    await Promise.all([model, page, tools].map((peer) => peer.stop()));
    await Promise.all([auth, ...locked].map((each) => each[Symbol.asyncDispose]()));
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}

/** Whole frames, without what keeps a connection open. */
export function framesOf(text: string): string[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .filter((frame) => !frame.startsWith(':'));
}
