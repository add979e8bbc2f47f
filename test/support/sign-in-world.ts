/** The product with people who sign in at servers of our own. */
import { join } from 'node:path';
import { ask } from './ask.ts';
import type { Answer } from './ask.ts';
import { keptFiles } from './kept-files.ts';
import { Browser } from './login-product.ts';
import { CLIENT_ID, CLIENT_SECRET, openIdServer } from './openid-server.ts';
import type { OpenIdServer } from './openid-server.ts';
import { openRouterServer } from './openrouter-server.ts';
import type { OpenRouterServer } from './openrouter-server.ts';
import { startProduct } from './product.ts';
import type { Product } from './product.ts';

/** Where people come from: by a tunnel, so that nobody is the one at the machine. */
const PUBLIC = 'http://prompts.example';

/** A run as its JSON shows it, as far as these tests look. */
export interface ShownRun {
  readonly id: string;
  readonly status: string;
  readonly owner_token: string;
  readonly output: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** The product, an OpenRouter and an OpenID provider. */
export class SignInWorld implements AsyncDisposable {
  readonly openRouter: OpenRouterServer;
  readonly openId: OpenIdServer;
  readonly product: Product;
  /** The host under which everybody sees it. */
  readonly #host: string;

  private constructor(
    openRouter: OpenRouterServer,
    openId: OpenIdServer,
    product: Product,
    host: string,
  ) {
    this.openRouter = openRouter;
    this.openId = openId;
    this.product = product;
    this.#host = host;
  }

  /** @param more further variables of the server */
  static async start(more: Readonly<Record<string, string>> = {}): Promise<SignInWorld> {
    const [openRouter, openId] = await Promise.all([openRouterServer(), openIdServer()]);
    const product = await startProduct({
      SIGN_IN: 'openrouter,oidc',
      OPENROUTER_ORIGIN: openRouter.origin,
      OIDC_ISSUER: openId.issuer,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
      PUBLIC_URL: PUBLIC,
      ...more,
    });
    const { host } = new URL(more['PUBLIC_URL'] ?? PUBLIC);
    return new SignInWorld(openRouter, openId, product, host);
  }

  /** A browser of somebody who is not at the machine. */
  browser(): Browser {
    return new Browser(this.product.origin, { host: this.#host });
  }

  /** A browser in which somebody signed in. */
  async signedIn(way: 'openrouter' | 'oidc' = 'openrouter', user?: string): Promise<Browser> {
    if (user !== undefined) this.openRouter.behaviour.user = user;
    const browser = this.browser();
    const back = await this.signIn(browser, way);
    if (back.status !== 303 || back.headers.location !== '/account') {
      throw new Error(`not signed in: ${back.status} ${back.headers.location}`);
    }
    return browser;
  }

  /** Presses the button, approves there and comes back. */
  async signIn(
    browser: Browser,
    way: 'openrouter' | 'oidc' = 'openrouter',
    back = '/account',
  ): Promise<Answer> {
    return browser.open(await this.callbackOf(browser, way, back));
  }

  /** The same without the last step: the path and query that the browser is sent back to. */
  async callbackOf(
    browser: Browser,
    way: 'openrouter' | 'oidc' = 'openrouter',
    back = '/account',
  ): Promise<string> {
    const sent = await browser.submit(`/sign-in/${way}`, { return: back });
    const there = way === 'oidc' ? this.openId : this.openRouter;
    return there.visit(String(sent.headers.location));
  }

  /** A program's request. */
  ask(path: string, key: string | null, more: Parameters<typeof ask>[1] = {}): Promise<Answer> {
    const headers = {
      host: this.#host,
      accept: 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...more.headers,
    };
    return ask(this.product.origin + path, { ...more, headers });
  }

  /** Runs a prompt in a browser's session to its end. */
  async run(browser: Browser, prompt = 'What is 17 * 23?'): Promise<ShownRun> {
    const headers = { accept: 'application/json', 'content-type': 'text/markdown' };
    const { text } = await browser.send('/?wait=30', { body: prompt, headers });
    return JSON.parse(text) as ShownRun;
  }

  /** Makes an API key in a browser's session. */
  async makeKey(
    browser: Browser,
    fields: Readonly<Record<string, string>> = { name: 'laptop' },
  ): Promise<{ readonly id: string; readonly key: string }> {
    const { status, text } = await browser.send('/account/keys', {
      body: JSON.stringify(fields),
      headers: { accept: 'application/json', 'content-type': 'application/json' },
    });
    if (status !== 201) throw new Error(text);
    return JSON.parse(text) as { id: string; key: string };
  }

  /** Everything that the server has written so far: its files and what it printed. */
  written(): readonly string[] {
    return [this.product.printed(), ...keptFiles(join(this.product.stateDir, 'runs'))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.product.stop();
    await Promise.all([this.openRouter[Symbol.asyncDispose](), this.openId[Symbol.asyncDispose]()]);
  }
}
