/** Programs that log in at the product, as strangers see it: under `PUBLIC_URL`, through a tunnel. */
import { createHash, randomBytes } from 'node:crypto';
import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { ask, type Answer } from './ask.ts';
import { Browser } from './login-product.ts';
import { startProduct, type Product } from './product.ts';

/** Where the product says that it is. */
export const SITE = 'https://prompts.example';
export const RESOURCE = `${SITE}/mcp`;
export const CALLBACK = 'http://127.0.0.1:5555/callback';

const HOST = { host: new URL(SITE).host };
const FORM = { ...HOST, 'content-type': 'application/x-www-form-urlencoded' };

/** What a token endpoint says. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope: string;
  readonly error?: string;
}

/** A code challenge and what it is of. */
export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

export function pkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** The product with two people, and what programs do there. */
export class OauthWorld implements AsyncDisposable {
  readonly product: Product;

  private constructor(product: Product) {
    this.product = product;
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<OauthWorld> {
    const product = await startProduct({
      PUBLIC_URL: SITE,
      API_KEYS: 'alice:alice-key-0123456789,bob:bob-key-0123456789',
      EGRESS_ALLOW: '127.0.0.1:*',
      ...env,
    });
    return new OauthWorld(product);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.product.stop();
  }

  /** What `fetch` is for a program that reaches the site. */
  readonly fetch = async (input: string | URL, init: RequestInit = {}): Promise<Response> => {
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    const { status, headers, text } = await ask(this.product.origin + pathname + search, {
      method: request.method,
      headers: { ...Object.fromEntries(request.headers), ...HOST },
      ...(request.body === null ? {} : { body: await request.text() }),
    });
    const body = status === 204 ? null : text;
    const given = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
    return new Response(body, { status, headers: Object.fromEntries(given) });
  };

  /** A browser in which somebody signed in with an API key; nobody without one. */
  async browser(key?: 'alice' | 'bob'): Promise<Browser> {
    const browser = new Browser(this.product.origin, HOST);
    if (key !== undefined) await browser.submit('/sign-in', { key: `${key}-key-0123456789` });
    return browser;
  }

  send(path: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const body = new URLSearchParams(fields).toString();
    return ask(this.product.origin + path, { headers: FORM, body });
  }

  async register(more: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const body = JSON.stringify({
      client_name: 'Notes',
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      ...more,
    });
    const headers = { ...HOST, 'content-type': 'application/json' };
    return ask(`${this.product.origin}/oauth/register`, { headers, body });
  }

  /** The id of a program that registered. */
  async newClient(more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { text } = await this.register(more);
    return (JSON.parse(text) as { client_id: string }).client_id;
  }

  /** A code that somebody gave the program. */
  async code(browser: Browser, query: Readonly<Record<string, string>>): Promise<string> {
    const answer = await decide(browser, authorizePath(query), 'allow');
    return new URL(String(answer.headers.location)).searchParams.get('code') ?? '';
  }

  /** The whole way of a program that registered: its tokens. */
  async tokens(browser: Browser, client: string, scope = 'runs offline_access'): Promise<Tokens> {
    const { verifier, challenge } = pkce();
    const code = await this.code(browser, { client_id: client, code_challenge: challenge, scope });
    return this.exchange({ client_id: client, code, code_verifier: verifier });
  }

  async exchange(fields: Readonly<Record<string, string>>): Promise<Tokens> {
    const known = { grant_type: 'authorization_code', redirect_uri: CALLBACK };
    return JSON.parse((await this.send('/oauth/token', { ...known, ...fields })).text) as Tokens;
  }

  async refresh(client: string, token: string): Promise<Tokens> {
    const fields = { grant_type: 'refresh_token', client_id: client, refresh_token: token };
    return JSON.parse((await this.send('/oauth/token', fields)).text) as Tokens;
  }

  /** Asks at the resource, as a program does first. */
  atResource(token: string | null, path = '/mcp'): Promise<Answer> {
    const initialize = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'notes', version: '1' },
      },
    };
    const headers = {
      ...HOST,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
    return ask(this.product.origin + path, { headers, body: JSON.stringify(initialize) });
  }
}

/** What a program asks for, with what every such request has. */
export function authorizePath(query: Readonly<Record<string, string>>): string {
  const all = {
    response_type: 'code',
    redirect_uri: CALLBACK,
    code_challenge_method: 'S256',
    state: 'a-state',
    resource: RESOURCE,
    ...query,
  };
  return `/oauth/authorize?${new URLSearchParams(all).toString()}`;
}

/** Opens the page that a program leads to, and presses one of its buttons. */
export async function decide(
  browser: Browser,
  path: string,
  decision: 'allow' | 'deny',
): Promise<Answer> {
  return browser.submit('/oauth/authorize', {
    ...fieldsOf((await browser.open(path)).text),
    decision,
  });
}

/** The hidden fields of a page. */
export function fieldsOf(page: string): Record<string, string> {
  const found = page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  return Object.fromEntries([...found].map(([, name = '', value = '']) => [name, plain(value)]));
}

function plain(html: string): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** What a client of the SDK keeps between two calls. */
export class SdkProgram implements OAuthClientProvider {
  readonly redirectUrl = CALLBACK;
  readonly clientMetadata: OAuthClientMetadata = {
    client_name: 'A client of the SDK',
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
  /** Where a person was sent. */
  sentTo: URL | null = null;
  #client: StoredOAuthClientInformation | undefined;
  #tokens: StoredOAuthTokens | undefined;
  #verifier = '';
  #discovered: OAuthDiscoveryState | undefined;

  clientInformation() {
    return this.#client;
  }

  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.#client = client;
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    this.#tokens = tokens;
  }

  redirectToAuthorization(url: URL): void {
    this.sentTo = url;
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovered = state;
  }

  discoveryState() {
    return this.#discovered;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }
}
