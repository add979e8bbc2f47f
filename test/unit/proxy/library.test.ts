/** The library on Node, as a program of others uses it: with OpenAI's client and real servers. */
import OpenAI, { APIUserAbortError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  chatCompletionsProxy,
  mcp,
  MCPProviders,
  memoryRows,
  type ChatCompletionsProxy,
  type ChatCompletionsProxyOptions,
} from '../../../src/proxy.ts';
import { hangsAfter, chatServer, refuses } from '../../support/chat-server.ts';
import { libraryWorld, type LibraryWorld } from '../../support/library-world.ts';

const APP = 'http://127.0.0.1:8787';
const VAULT_KEY = 'a-vault-key-of-tests-that-is-long-enough';

let world: LibraryWorld;

beforeEach(async () => {
  world = await libraryWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

function proxyOf(options: Partial<ChatCompletionsProxyOptions> = {}): ChatCompletionsProxy {
  const clientInfo = { name: 'app', title: 'The App', version: '1.0.0' };
  const { allowLocal } = world;
  return chatCompletionsProxy(
    {},
    { baseUrl: APP, userId: 'alice', clientInfo, allowLocal, ...options },
  );
}

function clientOf({ fetchProxy }: ChatCompletionsProxy, baseURL = world.chat.baseUrl): OpenAI {
  return new OpenAI({ apiKey: 'alice-model-key', baseURL, fetch: fetchProxy, maxRetries: 0 });
}

const question = () => ({
  model: 'scripted',
  messages: [{ role: 'user' as const, content: 'What is 17 * 23?' }],
  tools: [mcp({ server_url: world.tools.url, server_label: 'maths' })],
});

/** A browser that keeps the cookies of one login. */
function browserOf(proxy: ChatCompletionsProxy, headers: Readonly<Record<string, string>> = {}) {
  let cookie = '';
  return async (url: string, method = 'GET'): Promise<Response> => {
    const site = method === 'POST' ? { 'sec-fetch-site': 'same-origin' } : {};
    const own = { accept: 'text/html', cookie, ...site, ...headers };
    const response = await proxy.idpMiddleware(
      new Request(new URL(url, APP), { method, headers: own }),
    );
    if (response === null) throw new Error(`${url} is no page`);
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return response;
  };
}

/** Presses the button of a login page, approves, and comes back. */
async function logIn(proxy: ChatCompletionsProxy, link: string): Promise<Response> {
  const browser = browserOf(proxy);
  const begun = await browser(link, 'POST');
  expect(begun.status).toBe(303);
  const back = await world.auth.visit(begun.headers.get('location') ?? '');
  const returned = await browser(`${APP}/connect/callback?${back.toString()}`);
  return browser(returned.headers.get('location') ?? '');
}

/** The link that an answer holds. */
async function linkOf(proxy: ChatCompletionsProxy): Promise<string> {
  const { choices } = await clientOf(proxy).chat.completions.create(question());
  const link = /\((http[^)]+)\)/.exec(choices[0]?.message.content ?? '')?.[1];
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:8787\/connect\/[0-9A-Za-z]{24}$/);
  return link ?? '';
}

describe('fetchProxy', () => {
  it('gives what names no tool server to the real fetch as it came', async () => {
    const seen: unknown[][] = [];
    const fetch: typeof globalThis.fetch = async (...parameters) => {
      seen.push(parameters);
      return new Response('theirs');
    };
    const { fetchProxy } = proxyOf({ fetch });
    const init = { method: 'POST', body: '{"messages":[]}' };
    const stream = new ReadableStream();
    await fetchProxy('https://api.example/v1/chat/completions', init);
    await fetchProxy('https://api.example/v1/models');
    await fetchProxy(new URL('https://api.example/v1/chat/completions'), {
      method: 'POST',
      body: stream,
    });
    expect(seen[0]?.[1]).toBe(init);
    expect(seen).toHaveLength(3);
  });

  it('answers with a login link, and with the tools once somebody has logged in', async () => {
    const proxy = proxyOf();
    const link = await linkOf(proxy);
    const page = await browserOf(proxy)(link);
    const text = await page.text();
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(text).toContain('The App');
    expect(text).not.toContain('MarkdownOps');
    expect(text).not.toContain('href="/connections"');
    expect(await (await logIn(proxy, link)).text()).toContain('You are logged in');
    const { choices, usage } = await clientOf(proxy).chat.completions.create(question());
    expect(choices[0]).toMatchObject({ finish_reason: 'stop' });
    expect(choices[0]?.message.content).toContain('It is 391.');
    expect(usage, 'of both rounds').toMatchObject({ total_tokens: 30 });
    expect(world.chat.asked.at(-1)?.authorization).toBe('Bearer alice-model-key');
  });

  it('under https keeps what only this very host can have given the browser', async () => {
    const proxy = proxyOf({ baseUrl: 'https://app.example' });
    const { choices } = await clientOf(proxy).chat.completions.create(question());
    const link = /\((https:[^)]+)\)/.exec(choices[0]?.message.content ?? '')?.[1] ?? '';
    const browser = browserOf(proxy);
    const begun = await browser(link, 'POST');
    const cookie = begun.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-login_[\w-]{16}=[\w.-]+; Path=\/; .*SameSite=Lax; .*Secure$/);
    const back = await world.auth.visit(begun.headers.get('location') ?? '');
    const callback = `https://app.example/connect/callback?${back.toString()}`;
    const [pair = ''] = cookie.replace('__Host-', '').split(';');
    const planted = await browserOf(proxy, { cookie: pair })(callback);
    expect(planted.headers.get('location')).toBe('/connect/failed');
    const returned = await browser(callback);
    expect(returned.headers.get('location')).toBe(new URL(link).pathname);
  });

  it('streams, and sums the usage of all rounds in the last chunk', async () => {
    const proxy = proxyOf({ view: 'text' });
    await logIn(proxy, await linkOf(proxy));
    const stream = await clientOf(proxy).chat.completions.create({
      ...question(),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let tokens = 0;
    for await (const { choices, usage } of stream) {
      text += choices[0]?.delta.content ?? '';
      expect(choices[0]?.delta.tool_calls ?? []).toEqual([]);
      tokens += usage?.total_tokens ?? 0;
    }
    expect([text, tokens]).toEqual(['It is 391.', 30]);
  });

  it('tells onUserMessage of the link, holds the request and goes on by itself', async () => {
    const told = Promise.withResolvers<string>();
    const proxy = proxyOf({ onUserMessage: (url) => told.resolve(url) });
    const answer = clientOf(proxy).chat.completions.create(question());
    await logIn(proxy, await told.promise);
    expect((await answer).choices[0]?.message.content).toContain('It is 391.');
  });

  it('goes on when what the app does with a message fails', async () => {
    const proxy = proxyOf({
      onAuth: 'link',
      onUserMessage: () => {
        throw new Error('the mail is down');
      },
    });
    await linkOf(proxy);
  });

  it('is a 401 where the app wants no answer without a login', async () => {
    const answer = clientOf(proxyOf({ onAuth: 'fail' })).chat.completions.create(question());
    await expect(answer).rejects.toMatchObject({ status: 401, code: 'login_required' });
  });

  it('keeps what the provider refuses with', async () => {
    await using busy = await chatServer(refuses(429, 'slow down'));
    const proxy = proxyOf();
    await logIn(proxy, await linkOf(proxy));
    const answer = clientOf(proxy, busy.baseUrl).chat.completions.create(question());
    await expect(answer).rejects.toMatchObject({ status: 429 });
  });

  it('fails as fetch does when the caller aborts, and the provider is let go', async () => {
    await using slow = await chatServer(hangsAfter('It'));
    const proxy = proxyOf();
    await logIn(proxy, await linkOf(proxy));
    const abort = new AbortController();
    const client = clientOf(proxy, slow.baseUrl);
    const answer = client.chat.completions.create(question(), { signal: abort.signal });
    await expect.poll(() => slow.asked.length).toBe(1);
    abort.abort();
    await expect(answer).rejects.toBeInstanceOf(APIUserAbortError);
  });

  it('reaches no local tool server that the app did not open', async () => {
    const answer = clientOf(proxyOf({ allowLocal: [] })).chat.completions.create(question());
    await expect(answer).rejects.toMatchObject({ code: 'address_refused' });
    expect(world.tools.seen).toEqual([]);
  });
});

describe('the logins of two users', () => {
  const shared = () => ({ store: memoryRows(), vaultKey: VAULT_KEY });

  it('are never shared, in whatever store they are kept', async () => {
    const kept = shared();
    const alice = proxyOf(kept);
    const bob = proxyOf({ ...kept, userId: 'bob' });
    await logIn(alice, await linkOf(alice));
    const before = world.tools.seen.length;
    await linkOf(bob);
    const asked = world.tools.seen.slice(before).map(({ authorization }) => authorization);
    expect(new Set(asked)).toEqual(new Set([undefined]));
    expect(await bob.getProviders()).toEqual([]);
    expect(await alice.getProviders()).toHaveLength(1);
  });

  it('are never shared by two profiles of one user either', async () => {
    const kept = shared();
    const home = proxyOf(kept);
    const work = proxyOf({ ...kept, userId: 'alice#work' });
    await logIn(work, await linkOf(work));
    await linkOf(home);
    expect(await home.getProviders()).toEqual([]);
    expect(await home.getProviders('alice#work')).toMatchObject([{ target: { profile: 'work' } }]);
  });

  it('stay when the proxy is made anew, sealed', async () => {
    const kept = shared();
    await logIn(proxyOf(kept), await linkOf(proxyOf(kept)));
    const { choices } = await clientOf(proxyOf(kept)).chat.completions.create(question());
    expect(choices[0]?.message.content).toContain('It is 391.');
    const kinds = ['grant', 'client', 'challenge', 'flow', 'link'] as const;
    const rows = (await Promise.all(kinds.map((kind) => kept.store.list(kind)))).flat();
    expect(rows.length).toBeGreaterThan(1);
    for (const secret of world.auth.secrets) expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('end with removeMcp, and the authorization server is told', async () => {
    const proxy = proxyOf();
    await logIn(proxy, await linkOf(proxy));
    expect(JSON.stringify(await proxy.getProviders())).not.toContain('access-');
    expect(await proxy.removeMcp(world.tools.url)).toBe(true);
    expect(await proxy.removeMcp(world.tools.url)).toBe(false);
    expect(await proxy.getProviders()).toEqual([]);
    expect(world.auth.count('/revoke')).toBeGreaterThan(0);
  });
});

describe('idpMiddleware', () => {
  const verifyUser = (request: Request) => request.headers.get('x-user');

  it('answers nothing but the login pages', async () => {
    const { idpMiddleware } = proxyOf();
    for (const path of ['/', '/connect', '/connected', '/connect/a/b']) {
      expect(await idpMiddleware(new Request(APP + path))).toBeNull();
    }
  });

  it.each(['bob', null])('is a 403 for %s, and no login starts', async (user) => {
    const proxy = proxyOf({ verifyUser });
    const link = await linkOf(proxy);
    const browser = browserOf(proxy, user === null ? {} : { 'x-user': user });
    expect((await browser(link)).status).toBe(403);
    expect((await browser(link, 'POST')).status).toBe(403);
    expect(world.auth.count('/register')).toBe(0);
    expect((await browserOf(proxy, { 'x-user': 'alice#work' })(link)).status).toBe(200);
  });

  it('refuses a form of another site', async () => {
    const proxy = proxyOf();
    const browser = browserOf(proxy, { 'sec-fetch-site': 'cross-site' });
    expect((await browser(await linkOf(proxy), 'POST')).status).toBe(403);
  });

  it('takes no login that another browser began', async () => {
    const proxy = proxyOf();
    const begun = await browserOf(proxy)(await linkOf(proxy), 'POST');
    const back = await world.auth.visit(begun.headers.get('location') ?? '');
    const answer = await browserOf(proxy)(`/connect/callback?${back.toString()}`);
    expect(answer.headers.get('location')).toBe('/connect/failed');
    expect(await proxy.getProviders()).toEqual([]);
  });

  it('says who the app is to authorization servers', async () => {
    const { idpMiddleware } = proxyOf({ baseUrl: 'https://app.example' });
    const request = new Request('https://app.example/connect/client.json');
    expect(await (await idpMiddleware(request))?.json()).toMatchObject({
      client_id: 'https://app.example/connect/client.json',
      client_name: 'The App',
      redirect_uris: ['https://app.example/connect/callback'],
    });
  });

  it('may be below another path, with its style', async () => {
    const { idpMiddleware } = proxyOf({ path: '/account/logins' });
    const page = await idpMiddleware(new Request(`${APP}/account/logins/style.css`));
    expect(page?.headers.get('content-type')).toContain('text/css');
  });
});

describe('options that cannot work', () => {
  it.each<[string, Partial<ChatCompletionsProxyOptions>]>([
    ['vaultKey', { store: memoryRows() }],
    ['vaultKey', { vaultKey: 'short' }],
    ['userId', { userId: '' }],
    ['profile', { userId: 'alice#a b' }],
    ['path', { path: 'connect' }],
    ['host:port', { allowLocal: ['127.0.0.1'] }],
  ])('are a TypeError that names %s', (name, options) => {
    expect(() => proxyOf(options)).toThrow(TypeError);
    expect(() => proxyOf(options)).toThrow(name);
  });

  it('are the Durable Object outside of a Worker', () => {
    expect(() => new MCPProviders(null, null)).toThrow('store');
  });
});
