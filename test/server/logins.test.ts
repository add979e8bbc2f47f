/** Logging in to tool servers on the running product: a run waits, a person logs in, it goes on. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { authorizationServer, protectedServer } from '../support/authorization-server.ts';
import type { AuthorizationServer, ProtectedServer } from '../support/authorization-server.ts';
import { calls, chatServer, says } from '../support/chat-server.ts';
import type { ChatServer } from '../support/chat-server.ts';
import { Browser, demoTools } from '../support/login-product.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

let auth: AuthorizationServer;
let tools: ProtectedServer;
let others: ProtectedServer;
let chat: ChatServer;
let product: Product;

const KEYS = 'alice:alice-key-0123456789,bob:bob-key-0123456789';
const ALICE = { authorization: 'Bearer alice-key-0123456789' };
const BOB = { authorization: 'Bearer bob-key-0123456789' };

const settings = () => ({
  EGRESS_ALLOW: [auth.host, tools.host, others.host].join(','),
  OPENAI_BASE_URL: chat.baseUrl,
  OPENAI_API_KEY: 'model-key',
  DEFAULT_MODEL: 'scripted',
  PUBLIC_URL: 'https://prompts.example',
  API_KEYS: KEYS,
});

beforeAll(async () => {
  auth = await authorizationServer();
  [tools, others] = await Promise.all([
    protectedServer(auth, {}, demoTools),
    protectedServer(auth, {}, demoTools),
  ]);
  chat = await chatServer((response, asked) => {
    const hasResult = asked.body.messages.some(({ role }) => role === 'tool');
    const turn = hasResult ? says('It is 391.') : calls('calculate', { expression: '17 * 23' });
    turn(response, asked);
  });
  product = await startProduct(settings());
});
afterAll(async () => {
  await product.stop();
  await Promise.all([chat, tools, others, auth].map((each) => each[Symbol.asyncDispose]()));
});

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly owner_token: string;
  readonly output: string;
  readonly error: { readonly code: string } | null;
  readonly required_action: { readonly connect_url?: string } | null;
}

const prompt = (url: string, rest = '') => `---\ntools: ${url}\n${rest}---\n\nWhat is 17 * 23?`;

async function post(body: string, headers: Record<string, string> = {}): Promise<Shown> {
  const { text } = await ask(`${product.origin}/`, { body, headers });
  return JSON.parse(text) as Shown;
}

async function read({ id, owner_token }: Shown): Promise<Shown> {
  const headers = { authorization: `Bearer ${owner_token}` };
  return JSON.parse((await ask(`${product.origin}/${id}.json`, { headers })).text) as Shown;
}

async function until(run: Shown, status: string): Promise<Shown> {
  for (let tried = 0; tried < 400; tried += 1) {
    const shown = await read(run).catch(() => null);
    if (shown?.status === status) return shown;
    if (shown !== null && ['completed', 'failed', 'cancelled', 'expired'].includes(shown.status)) {
      throw new Error(`${shown.status}: ${JSON.stringify(shown.error)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never ${status}`);
}

function pathOf(shown: Shown): string {
  const url = new URL(shown.required_action?.connect_url ?? '');
  return url.pathname;
}

/** Presses the button, approves at the authorization server and comes back. */
async function logIn(browser: Browser, path: string) {
  const sent = await browser.submit(path);
  expect(sent.status).toBe(303);
  return browser.open(await callbackOf(String(sent.headers.location)));
}

async function callbackOf(location: string): Promise<string> {
  return `/connect/callback?${(await auth.visit(location)).toString()}`;
}

/** Forgets the logins that earlier tests made. */
async function forget(headers: Record<string, string> = {}): Promise<void> {
  const { text } = await ask(`${product.origin}/connections`, { headers });
  const { data } = JSON.parse(text) as { data: { id: string }[] };
  for (const { id } of data) {
    await ask(`${product.origin}/connections/${id}`, { method: 'DELETE', headers });
  }
}

describe('a run of the local owner whose tool server wants a login', () => {
  it('waits, and completes by itself after its owner logged in', async () => {
    await forget();
    const run = await post(prompt(tools.url));
    const waiting = await until(run, 'requires_action');
    const browser = new Browser(product.origin);
    const path = pathOf(waiting);
    const page = await browser.open(path);
    expect(page.status).toBe(200);
    expect(page.text).toContain(tools.host);
    expect(page.text).toContain(tools.url);
    expect(page.text).toContain(auth.host);
    expect(page.text).toContain('What is 17 * 23?');
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(page.headers['x-robots-tag']).toContain('noindex');
    expect(page.headers['referrer-policy']).toBe('same-origin');
    expect(auth.count('/authorize')).toBe(0);

    const back = await logIn(browser, path);
    expect([back.status, back.headers.location]).toEqual([303, path]);
    const done = await until(run, 'completed');
    expect(done.output).toBe('It is 391.');
    expect((await browser.open(path)).text).toContain('You are logged in');
  });

  it('goes on after the server was killed while it waited', async () => {
    await forget();
    const run = await post(prompt(tools.url));
    const path = pathOf(await until(run, 'requires_action'));
    const { stateDir, origin } = product;
    process.kill(product.workerdPid(), 'SIGKILL');
    await product.ended;
    const PORT = new URL(origin).port;
    product = await startProduct({ ...settings(), STATE_DIR: stateDir, PORT });
    expect((await read(run)).status).toBe('requires_action');
    await logIn(new Browser(product.origin), path);
    await until(run, 'completed');
  });

  it('resumes together with every other run that waits for the same server', async () => {
    await forget();
    const runs = await Promise.all([post(prompt(tools.url)), post(prompt(tools.url))]);
    const [first] = await Promise.all(runs.map((run) => until(run, 'requires_action')));
    const other = await post(prompt(others.url));
    await until(other, 'requires_action');
    await logIn(new Browser(product.origin), pathOf(first as Shown));
    await Promise.all(runs.map((run) => until(run, 'completed')));
    expect((await read(other)).status).toBe('requires_action');
  });
});
