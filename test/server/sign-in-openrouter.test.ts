/** Signing in with OpenRouter on the running product: who one is then, and who pays. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../support/login-product.ts';
import { httpPeer } from '../support/peers.ts';
import { SignInWorld } from '../support/sign-in-world.ts';

let world: SignInWorld;
beforeAll(async () => {
  world = await SignInWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());

describe('signing in with OpenRouter', () => {
  it('sends a challenge and our state along, and comes back as somebody with an own key', async () => {
    const browser = world.browser();
    const page = await browser.open('/sign-in');
    expect(page.text).toContain('Sign in with OpenRouter');
    expect(page.text).not.toContain('API key</label>');
    const sent = await browser.submit('/sign-in/openrouter', { return: '/account' });
    const address = new URL(String(sent.headers.location));
    expect([sent.status, address.origin, address.pathname]).toEqual([
      303,
      world.openRouter.origin,
      '/auth',
    ]);
    expect(address.searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    expect(address.searchParams.get('code_challenge_method')).toBe('S256');
    const callback = new URL(address.searchParams.get('callback_url') ?? '');
    expect(callback.origin + callback.pathname).toBe(
      'http://prompts.example/sign-in/openrouter/callback',
    );
    expect(callback.searchParams.get('state')).toMatch(/^[\w-]{43}$/);

    const back = await browser.open(await world.openRouter.visit(address.href));
    expect([back.status, back.headers.location]).toEqual([303, '/account']);
    const account = await browser.open('/account');
    expect(account.status).toBe(200);
    expect(account.text).toContain('OpenRouter user');
    expect(account.text).toContain('Forget the key');
  });

  it('pays for the runs of that user with that user’s key', async () => {
    const ann = await world.signedIn('openrouter', 'user_ann');
    const annsKey = world.openRouter.secrets.at(-1);
    const other = await world.signedIn('openrouter', 'user_bob');
    const bobsKey = world.openRouter.secrets.at(-1);
    const run = await world.run(ann);
    expect([run.status, run.output]).toEqual(['completed', 'It is 391.']);
    expect(world.openRouter.paid.at(-1)).toBe(annsKey);
    await world.run(other);
    expect(world.openRouter.paid.at(-1)).toBe(bobsKey);
  });

  it('pays at the completions doors and lists what the key can ask, asked for once', async () => {
    const browser = await world.signedIn();
    const { key } = await world.makeKey(browser);
    const before = world.openRouter.paid.length;
    const body = JSON.stringify({
      model: 'openrouter/openai/gpt-5-mini',
      messages: [{ role: 'user', content: 'What is 17 * 23?' }],
    });
    const headers = { 'content-type': 'application/json' };
    const said = await world.ask('/v1/chat/completions', key, { body, headers });
    expect([said.status, said.text]).toEqual([200, expect.stringContaining('It is 391.')]);
    expect(world.openRouter.paid).toHaveLength(before + 1);

    const kept = await world.ask('/v1/chat/completions', key, {
      body: body.replace('{', '{"store": true, '),
      headers,
    });
    const { pathname } = new URL(String(kept.headers['x-run-url']));
    expect((await world.ask(pathname, null, { method: 'DELETE' })).status).toBe(401);
    expect((await world.ask(pathname, key, { method: 'DELETE' })).status).toBe(204);

    const asked = () => world.openRouter.asked.filter((one) => one.endsWith('/models')).length;
    const listed = async () => {
      const { text } = await world.ask('/v1/models', key);
      return (JSON.parse(text) as { data: { id: string }[] }).data.map(({ id }) => id);
    };
    expect(await listed()).toContain('openrouter/anthropic/claude-sonnet-4.5');
    const times = asked();
    expect(await listed()).toContain('openrouter/openai/gpt-5-mini');
    expect(asked()).toBe(times);
  });

  it('asks OpenRouter whose the key is where that was not said', async () => {
    const said = await world.signedIn('openrouter', 'user_cleo');
    const { principal } = await accountOf(said);
    world.openRouter.behaviour.saysUser = false;
    const unsaid = await world.signedIn('openrouter', 'user_cleo');
    world.openRouter.behaviour.saysUser = true;
    expect((await accountOf(unsaid)).principal).toBe(principal);
  });

  it('tells who runs a prompt to sign in again when the key is refused or forgotten', async () => {
    const browser = await world.signedIn('openrouter', 'user_dora');
    const { status } = await browser.submit('/account/openrouter', { action: 'disconnect' });
    expect(status).toBe(303);
    expect((await browser.open('/account')).text).toContain('Sign in with OpenRouter again');
    const forgotten = await world.run(browser);
    expect(forgotten.error?.code).toBe('model_unauthorized');
    expect(forgotten.error?.message).toContain('Sign in again');

    await world.signIn(browser);
    expect((await world.run(browser)).status).toBe('completed');
    world.openRouter.revokeAll();
    const refused = await world.run(browser);
    expect(refused.error?.code).toBe('model_unauthorized');
    expect(refused.error?.message).toContain('OpenRouter no longer takes your key. Sign in again');
  });
});

describe('somebody who signed in with OpenRouter', () => {
  it('uses no key, secret or model of the operator', async () => {
    await using other = await SignInWorld.start({
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      OPENAI_API_KEY: 'sk-of-the-operator-0123456789',
      SECRET_TOKEN: 'canary-of-the-operator',
    });
    const browser = await other.signedIn();
    const run = await other.run(browser, '---\nmodel: openai/gpt-5-mini\n---\nHello');
    // It is a name of OpenRouter's then, and the user's key pays.
    expect(run.output).toBe('It is 391.');
    expect(other.openRouter.paid).toHaveLength(1);
    const { key } = await other.makeKey(browser);
    const body = '{"model": "openai/text-embedding-3-small", "input": "Hello"}';
    const headers = { 'content-type': 'application/json' };
    await other.ask('/v1/embeddings', key, { body, headers });
    expect(other.openRouter.asked).toContain('POST /api/v1/embeddings');
    const secret = await other.run(
      browser,
      '---\ntools:\n  - url: https://tools.example/mcp\n    headers:\n      Authorization: ${env:TOKEN}\n---\nHello',
    );
    expect(secret.error?.code).toBe('secret_missing');
  });

  it('uses no tool server of the operator, whose address may hold a key', async () => {
    const asked: string[] = [];
    const operators = await httpPeer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(404).end();
    });
    await using other = await SignInWorld.start({
      MCP_SERVER_ENDPOINTS: `${operators.origin}/mcp?key=canary`,
    });
    const guest = await other.signedIn();
    expect((await other.run(guest, '---\nmodel: demo\n---\nHello')).status).toBe('completed');
    const { key } = await other.makeKey(guest);
    const body = '{"model": "demo", "messages": [{"role": "user", "content": "Hello"}]}';
    const headers = { 'content-type': 'application/json' };
    const answer = await other.ask('/v1/chat/completions', key, { body, headers });
    expect(answer.status).toBe(200);
    expect(asked).toEqual([]);
    // Whoever the operator's issuer lets in is one of their people.
    await other.run(await other.signedIn('oidc'), '---\nmodel: demo\n---\nHello');
    expect(asked).not.toEqual([]);
    await operators.stop();
  });

  it('is not the person at the machine, also where no key is needed', async () => {
    await using other = await SignInWorld.start({ OPENAI_API_KEY: 'canary-of-the-operator' });
    const browser = new Browser(other.product.origin);
    const models = async () => (await browser.open('/v1/models')).text;
    expect(await models()).toMatch(/"owned_by": ?"openai"/);
    await other.signIn(browser);
    expect(await models()).not.toMatch(/"owned_by": ?"openai"/);
    await browser.submit('/sign-out');
    expect(await models()).toMatch(/"owned_by": ?"openai"/);
  });

  it('sees no runs, keys or connections of another one', async () => {
    const ann = await world.signedIn('openrouter', 'user_ann');
    const eve = await world.signedIn('openrouter', 'user_eve');
    const run = await world.run(ann, 'A thing of Ann');
    const { id } = await world.makeKey(ann);
    for (const path of ['/runs', '/account/keys', '/connections']) {
      const { status, text } = await eve.send(path, { headers: { accept: 'application/json' } });
      expect([status, (JSON.parse(text) as { data: unknown[] }).data]).toEqual([200, []]);
    }
    expect((await eve.send(`/account/keys/${id}`, { method: 'DELETE', headers: OWN })).status).toBe(
      404,
    );
    expect((await eve.send(`/${run.id}`, { method: 'DELETE', headers: OWN })).status).toBe(401);
    expect((await eve.send(`/${run.id}/cancel`, { method: 'POST', headers: OWN })).status).toBe(
      401,
    );
    expect((await ann.open('/runs')).text).toContain(run.id);
  });

  it('may start as many runs in a minute as any known caller, and no more', async () => {
    await using other = await SignInWorld.start({ RUN_RATE: '2' });
    const [ann, bob] = [
      await other.signedIn('openrouter', 'user_ann'),
      await other.signedIn('openrouter', 'user_bob'),
    ];
    for (let n = 0; n < 2; n += 1) expect((await other.run(ann)).status).toBe('completed');
    expect((await other.run(ann)).error?.code).toBe('rate_limited');
    expect((await other.run(bob)).status).toBe('completed');
  });
});

describe('a way back that does not hold', () => {
  const asked = () => world.openRouter.asked.filter((one) => one.includes('/auth/keys')).length;
  const signsNobodyIn = async (browser: Browser, path: string) => {
    const before = asked();
    const back = await browser.open(path);
    expect([back.status, back.headers.location]).toEqual([
      303,
      expect.stringMatching(/^\/sign-in\?failed=login_invalid&return=/),
    ]);
    const page = await browser.open(String(back.headers.location));
    expect([page.status, page.text]).toEqual([400, expect.stringContaining('in another browser')]);
    expect((await browser.open('/account')).status).toBe(401);
    return asked() - before;
  };

  it('is one that another browser began: no code is sent anywhere', async () => {
    const path = await world.callbackOf(world.browser());
    expect(await signsNobodyIn(world.browser(), path)).toBe(0);
  });

  it('is one with another state, without one, or with two', async () => {
    const browser = world.browser();
    const path = await world.callbackOf(browser);
    const other = await world.callbackOf(world.browser());
    const state = /state=([\w-]+)/.exec(other)?.[1] ?? '';
    for (const changed of [
      path.replace(/state=[\w-]+/, `state=${state}`),
      path.replace(/state=[\w-]+&?/, ''),
      `${path}&state=${state}`,
    ]) {
      expect(await signsNobodyIn(browser, changed)).toBe(0);
    }
  });

  it('is one with the cookie of the other way', async () => {
    const browser = world.browser();
    const path = await world.callbackOf(browser, 'oidc');
    expect(await signsNobodyIn(browser, path.replace('oidc', 'openrouter'))).toBe(0);
  });

  it('is one that was used, also with the cookie of then', async () => {
    const browser = world.browser();
    const path = await world.callbackOf(browser);
    const stolen = browser.cookies.join('; ');
    expect((await browser.open(path)).headers.location).toBe('/account');
    const again = await world.browser().send(path, { headers: { cookie: stolen } });
    expect(again.headers.location).toContain('/sign-in?failed=');
    expect(again.headers['set-cookie']?.join()).not.toContain('session=ey');
  });

  it('is one without a code, or with one that is refused', async () => {
    const browser = world.browser();
    const path = (await world.callbackOf(browser)).replace(/code=[^&]+/, 'code=another');
    const back = await browser.open(path);
    expect(back.headers.location).toContain('failed=login_denied');
    expect((await browser.open(String(back.headers.location))).status).toBe(403);
  });

  it('leads nowhere else than to pages of ours', async () => {
    for (const [wish, place] of [
      ['https://evil.example/', '/'],
      ['//evil.example/', '/'],
      ['/\\evil.example', '/'],
      ['/account/cli?x=1\r\nSet-Cookie: a=b', '/'],
      ['/runs', '/runs'],
      ['/oauth/authorize?client_id=abc&state=x', '/oauth/authorize?client_id=abc&state=x'],
    ]) {
      const back = await world.signIn(world.browser(), 'openrouter', wish);
      expect([wish, back.headers.location]).toEqual([wish, place]);
    }
  });

  it('is not begun by a page of another site', async () => {
    const sent = await world.browser().send('/sign-in/openrouter', {
      body: 'return=/account',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'cross-site',
      },
    });
    expect(sent.status).toBe(403);
  });
});

describe('secrets of signing in', () => {
  it('stand in no page, file or line of the log', async () => {
    const browser = await world.signedIn('openrouter', 'user_ann');
    const run = await world.run(browser);
    const made = await world.makeKey(browser);
    const seen: string[] = [];
    for (const path of ['/account', '/account/keys', '/runs', `/${run.id}`, `/${run.id}/events`]) {
      seen.push((await browser.send(path, { headers: { accept: 'text/html' } })).text);
      seen.push((await browser.send(path, { headers: { accept: 'application/json' } })).text);
    }
    seen.push(...world.written());
    const secrets = [...world.openRouter.secrets, made.key];
    expect(secrets.length).toBeGreaterThan(10);
    for (const secret of secrets) {
      for (const form of [secret, btoa(secret), Buffer.from(secret).toString('hex')]) {
        expect(seen.some((text) => text.includes(form))).toBe(false);
      }
    }
  });
});

const OWN = { accept: 'application/json', 'sec-fetch-site': 'same-origin' };

async function accountOf(browser: Browser): Promise<{ readonly principal: string }> {
  const { text } = await browser.send('/account', { headers: { accept: 'application/json' } });
  return JSON.parse(text) as { principal: string };
}
