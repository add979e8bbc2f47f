/** API keys that people make for themselves, their end, and the key that mdops gets for them. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask } from '../support/ask.ts';
import { Browser } from '../support/login-product.ts';
import { authorizePath, CALLBACK, decide, pkce } from '../support/oauth-program.ts';
import { SignInWorld } from '../support/sign-in-world.ts';

let world: SignInWorld;
let browser: Browser;
beforeAll(async () => {
  world = await SignInWorld.start();
  browser = await world.signedIn();
});
afterAll(() => world[Symbol.asyncDispose]());

const ALICE = 'alice-key-0123456789';

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly last_used_at: string | null;
  readonly expires_at: string | null;
}

async function keysOf(key: string): Promise<readonly Listed[]> {
  const { status, text } = await world.ask('/account/keys', key);
  if (status !== 200) throw new Error(text);
  return (JSON.parse(text) as { data: Listed[] }).data;
}

describe('a key that a user makes', () => {
  it('is shown once, runs prompts as that user, and is listed with its use', async () => {
    const page = await browser.submit('/account/keys', { name: 'laptop', expires_in_days: '30' });
    expect(page.status).toBe(201);
    const key = /mdo_[0-9A-Za-z]{70}/.exec(page.text)?.[0] ?? '';
    expect(key).not.toBe('');
    const account = await browser.open('/account');
    expect(account.text).toContain('laptop');
    expect(account.text).toContain('Never');
    expect(account.text).not.toContain(key);

    const made = await world.ask('/?wait=30', key, { body: 'What is 17 * 23?' });
    expect(JSON.parse(made.text)).toMatchObject({ status: 'completed' });
    const { id } = JSON.parse(made.text) as { id: string };
    expect((await browser.open('/runs')).text).toContain(id);
    const mine = (await keysOf(key)).find(({ name }) => name === 'laptop');
    expect(Date.parse(mine?.expires_at ?? '') - Date.now()).toBeGreaterThan(29 * 86_400_000);
    expect(Date.now() - Date.parse(mine?.last_used_at ?? '')).toBeLessThan(60_000);
  });

  it('is that user’s also where SDKs may send any key, at the machine itself', async () => {
    const { key } = await world.makeKey(browser);
    const { text } = await world.ask('/v1/models', key, { headers: { host: world.product.host } });
    expect(text).toContain('openrouter/anthropic/claude-sonnet-4.5');
  });

  it('is refused at once when it is revoked, by the page or by a program', async () => {
    const [one, two] = [await world.makeKey(browser), await world.makeKey(browser)];
    expect((await world.ask('/runs', one.key)).status).toBe(200);
    const form = await browser.submit(`/account/keys/${one.id}`, { action: 'revoke' });
    expect([form.status, form.headers.location]).toEqual([303, '/account']);
    expect((await world.ask('/runs', one.key)).status).toBe(401);

    const ended = await world.ask(`/account/keys/${two.id}`, two.key, { method: 'DELETE' });
    expect(ended.status).toBe(204);
    expect((await world.ask('/runs', two.key)).status).toBe(401);
    expect((await world.ask(`/account/keys/${two.id}`, two.key, { method: 'DELETE' })).status).toBe(
      401,
    );
  });

  it('makes no other keys, and ends none but itself', async () => {
    const [one, two] = [await world.makeKey(browser), await world.makeKey(browser)];
    const headers = { 'content-type': 'application/json' };
    const tries = [
      await world.ask('/account/keys', one.key, { body: '{"name": "x"}', headers }),
      await world.ask(`/account/keys/${two.id}`, one.key, { method: 'DELETE' }),
      await world.ask('/account/openrouter', one.key, { method: 'DELETE' }),
      await world.ask('/account/sign-out', one.key, { method: 'POST' }),
      await world.ask('/account/cli', one.key, { body: JSON.stringify(wish()), headers }),
    ];
    expect(tries.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect((await world.ask('/runs', two.key)).status).toBe(200);
  });

  it('lets in no program, which would go on when the key is revoked', async () => {
    const { key } = await world.makeKey(browser);
    const { origin } = world.product;
    const { text } = await ask(`${origin}/oauth/register`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }),
    });
    const { client_id } = JSON.parse(text) as { client_id: string };
    const asked = { client_id, code_challenge: pkce().challenge, resource: `${origin}/mcp` };
    const thief = new Browser(origin, { authorization: `Bearer ${key}` });
    expect((await thief.open(authorizePath(asked))).status).toBe(401);
    expect((await decide(thief, authorizePath(asked), 'allow')).status).toBe(401);
    const here = new Browser(origin);
    const path = authorizePath(asked);
    expect(String((await decide(here, path, 'allow')).headers.location)).toContain('?code=');
  });

  it('is worth nothing changed in any part, or signed by nobody', async () => {
    const { key } = await world.makeKey(browser);
    const changed = [5, 40, 70].map(
      (at) => key.slice(0, at) + (key[at] === 'a' ? 'b' : 'a') + key.slice(at + 1),
    );
    for (const wrong of [
      ...changed,
      `mdo_o${'a'.repeat(69)}`,
      key.replace('mdo_', 'mdc_'),
      `${key}a`,
    ]) {
      const { status, text } = await world.ask('/runs', wrong);
      expect([status, text]).toEqual([401, expect.stringContaining('This API key is not known')]);
    }
  });

  it('wants a name and a number of days that can be', async () => {
    for (const fields of [
      { name: '' },
      { name: 'x'.repeat(65) },
      { name: 'x', expires_in_days: '0' },
      { name: 'x', expires_in_days: 'soon' },
    ]) {
      await expect(world.makeKey(browser, fields)).rejects.toThrow('bad_request');
    }
    await world.makeKey(browser, { name: 'as-json', expires_in_days: '1' });
  });

  it('is one of fifty at most', async () => {
    const other = await world.signedIn('openrouter', 'user_many');
    for (let n = 0; n < 50; n += 1) await world.makeKey(other);
    await expect(world.makeKey(other)).rejects.toThrow('There are 50 keys already');
  });

  it('is not made by a page of another site', async () => {
    const { status } = await browser.send('/account/keys', {
      body: 'name=x',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'cross-site',
      },
    });
    expect(status).toBe(403);
  });
});

describe('signing out everywhere', () => {
  it('ends every session and no key', async () => {
    const [here, there] = [
      await world.signedIn('openrouter', 'user_two'),
      await world.signedIn('openrouter', 'user_two'),
    ];
    const { key } = await world.makeKey(here);
    const left = await here.submit('/account/sign-out');
    expect([left.status, left.headers.location]).toEqual([303, '/sign-in']);
    for (const each of [here, there]) expect((await each.open('/account')).status).toBe(401);
    expect((await world.ask('/runs', key)).status).toBe(200);
    await world.signIn(here);
    expect((await here.open('/account')).status).toBe(200);
  });

  it('is more than signing out, which ends this session alone', async () => {
    const [here, there] = [
      await world.signedIn('openrouter', 'user_three'),
      await world.signedIn('openrouter', 'user_three'),
    ];
    await here.submit('/sign-out');
    expect((await here.open('/account')).status).toBe(401);
    expect((await there.open('/account')).status).toBe(200);
  });
});

describe('the account of somebody with an API key of the operator', () => {
  it('says who they are and makes no keys', async () => {
    await using other = await SignInWorld.start({ API_KEYS: `alice:${ALICE}` });
    const { status, text } = await other.ask('/account', ALICE);
    expect([status, JSON.parse(text)]).toEqual([
      200,
      { object: 'account', principal: 'key:alice', person: 'alice', openrouter: null },
    ]);
    expect((await other.ask('/account/keys', ALICE)).status).toBe(401);
    const signed = other.browser();
    await signed.submit('/sign-in', { key: ALICE, return: '/account' });
    expect((await signed.open('/account')).text).toContain('API keys are made in the settings');
  });
});

const verifier = randomBytes(32).toString('base64url');
const challengeOf = (text: string) => createHash('sha256').update(text).digest('base64url');

function wish(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const code_challenge = challengeOf(verifier);
  return { port: '40123', state: 's'.repeat(43), code_challenge, name: 'mdops on host', ...more };
}

const query = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString();

function exchange(code: string, code_verifier: string, at = world) {
  const body = JSON.stringify({ code, code_verifier });
  const headers = { 'content-type': 'application/json' };
  return at.ask('/account/cli/token', null, { body, headers });
}

describe('a key for a program on one’s machine', () => {
  it('is asked for on a page and handed over by a code that works once', async () => {
    const page = await browser.open(`/account/cli?${query(wish())}`);
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('mdops on host')]);
    expect(page.headers['content-security-policy']).toContain(
      "form-action 'self' http://127.0.0.1:40123;",
    );
    const sent = await browser.submit('/account/cli', wish());
    const back = new URL(String(sent.headers.location));
    expect([sent.status, back.origin, back.searchParams.get('state')]).toEqual([
      303,
      'http://127.0.0.1:40123',
      's'.repeat(43),
    ]);
    const code = back.searchParams.get('code') ?? '';
    const made = await exchange(code, verifier);
    expect(made.status).toBe(201);
    const { key, id } = JSON.parse(made.text) as { key: string; id: string };
    expect((await keysOf(key)).find((each) => each.id === id)?.name).toBe('mdops on host');
    expect((await exchange(code, verifier)).status).toBe(400);
  });

  it('is not given for the secret of another program, which uses the code up', async () => {
    const sent = await browser.submit('/account/cli', wish());
    const code = new URL(String(sent.headers.location)).searchParams.get('code') ?? '';
    expect((await exchange(code, 'guessed')).status).toBe(400);
    expect((await exchange(code, verifier)).status).toBe(400);
    expect((await exchange(`mdc_o${'a'.repeat(69)}`, verifier)).status).toBe(400);
  });

  it('is given by a code to type where no browser can come back', async () => {
    const { port, ...typed } = wish();
    expect(port).toBe('40123');
    const page = await browser.submit('/account/cli', typed);
    const code = /mdc_[0-9A-Za-z]{70}/.exec(page.text)?.[0] ?? '';
    expect((await exchange(code, verifier)).status).toBe(201);
  });

  it(
    'is still given when strangers from the same address tried out codes without end',
    { timeout: 120_000 },
    async () => {
      await using limited = await SignInWorld.start();
      const person = await limited.signedIn();
      await vi.waitFor(
        async () => {
          const tries = Array.from({ length: 50 }, () => exchange('mdc_guessed', 'x', limited));
          expect((await Promise.all(tries)).map(({ status }) => status)).toContain(429);
        },
        { timeout: 60_000, interval: 0 },
      );
      const sent = await person.submit('/account/cli', wish());
      const code = new URL(String(sent.headers.location)).searchParams.get('code') ?? '';
      expect((await exchange(code, verifier, limited)).status).toBe(201);
    },
  );

  it('is no more to be had after signing out everywhere', async () => {
    const other = await world.signedIn('openrouter', 'user_four');
    const sent = await other.submit('/account/cli', wish());
    const code = new URL(String(sent.headers.location)).searchParams.get('code') ?? '';
    await other.submit('/account/sign-out');
    expect((await exchange(code, verifier)).status).toBe(400);
  });

  it('leads who is not signed in to sign in and back', async () => {
    const asked = `/account/cli?${query(wish())}`;
    const stranger = world.browser();
    const { status, headers } = await stranger.open(asked);
    expect([status, headers.location]).toEqual([
      303,
      `/sign-in?return=${encodeURIComponent(asked)}`,
    ]);
    const back = await world.signIn(stranger, 'openrouter', asked);
    expect(back.headers.location).toBe(asked);
  });

  it.each([
    ['another machine', { port: '40123@evil.example' }],
    ['a port of the system', { port: '80' }],
    ['a challenge that is none', { code_challenge: 'plain' }],
    ['no state', { state: '' }],
    ['a name of many lines', { name: 'a\nb' }],
  ])('is not sent to, or made with, %s', async (_what, more) => {
    expect((await browser.open(`/account/cli?${query(wish(more))}`)).status).toBe(400);
    expect((await browser.submit('/account/cli', wish(more))).status).toBe(400);
  });
});
