/** Logging in to tool servers on the running product: a run waits, a person logs in, it goes on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { keptFiles } from '../support/kept-files.ts';
import { ALICE, LoginWorld, linkOf, promptFor } from '../support/login-product.ts';

let world: LoginWorld;
beforeAll(async () => {
  world = await LoginWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());

describe('a run of the local owner whose tool server wants a login', () => {
  it('waits, and completes by itself after its owner logged in', async () => {
    const { tools, auth } = world;
    const run = await world.post(tools.url);
    const path = linkOf(await world.until(run, 'requires_action'));
    const browser = world.browser();
    const page = await browser.open(path);
    expect(page.status).toBe(200);
    for (const said of [tools.host, tools.url, auth.host, 'What is 17 * 23?', 'default']) {
      expect(page.text).toContain(said);
    }
    expect(auth.count('/authorize')).toBe(0);

    const back = await world.logIn(browser, path);
    expect([back.status, back.headers.location]).toEqual([303, path]);
    expect((await world.until(run, 'completed')).output).toBe('It is 391.');
    const after = await browser.open(path);
    expect(after.text).toContain('You are logged in');
    expect(after.text).toContain(`href="/${run.id}"`);
  });

  it('needs no second login for the same server', async () => {
    const asked = world.auth.count('/authorize');
    await world.until(await world.post(world.tools.url), 'completed');
    expect(world.auth.count('/authorize')).toBe(asked);
  });

  it('goes on after the server was killed while it waited', async () => {
    await world.forget();
    const run = await world.post(world.tools.url);
    const path = linkOf(await world.until(run, 'requires_action'));
    await world.crash();
    expect((await world.read(run)).status).toBe('requires_action');
    await world.logIn(world.browser(), path);
    await world.until(run, 'completed');
  });

  it('resumes together with every other run that waits for the same server, and no other', async () => {
    await world.forget();
    const { tools, others } = world;
    const runs = await Promise.all([world.post(tools.url), world.post(tools.url)]);
    const [first] = await Promise.all(runs.map((run) => world.until(run, 'requires_action')));
    const other = await world.post(others.url);
    await world.until(other, 'requires_action');
    if (first !== undefined) await world.logIn(world.browser(), linkOf(first));
    await Promise.all(runs.map((run) => world.until(run, 'completed')));
    expect((await world.read(other)).status).toBe('requires_action');
  });

  it('shows how a login failed in red, and the next try works', async () => {
    await world.forget();
    const run = await world.post(world.tools.url);
    const path = linkOf(await world.until(run, 'requires_action'));
    const browser = world.browser();
    world.auth.behaviour.denies = 'access_denied';
    await world.logIn(browser, path);
    world.auth.behaviour.denies = null;
    const page = await browser.open(path);
    expect(page.status).toBe(403);
    expect(page.text).toContain('<code>login_denied</code>');
    expect(page.text).toContain('Try again');
    await world.logIn(browser, path);
    await world.until(run, 'completed');
  });

  it('goes on for two servers whose logins are under way at the same time in one browser', async () => {
    await world.forget();
    const { tools, others } = world;
    const browser = world.browser();
    const links = [await world.linkFor(tools.url), await world.linkFor(others.url)];
    const sent = [];
    for (const link of links) sent.push(String((await browser.submit(link)).headers.location));
    for (const location of sent) await browser.open(await world.callbackOf(location));
    for (const link of links)
      expect((await browser.open(link)).text).toContain('You are logged in');
  });
});

describe('a run that was started from the page of a browser', () => {
  it('leads its owner to the login and back, and nobody else', async () => {
    await world.forget();
    const browser = world.browser();
    const sent = await browser.submit('/', { prompt: promptFor(world.tools.url) });
    const path = String(sent.headers.location);
    const shown = async () => (await browser.open(path)).text;
    await expect.poll(shown).toContain('/connect/');
    const link = /\/connect\/[0-9A-Za-z]{22,64}/.exec(await shown())?.[0];
    expect((await browser.open(`${path}.html`)).text).toContain(link);
    expect((await ask(world.product.origin + path)).text).not.toContain('/connect/');
    await world.logIn(browser, String(link));
    await expect.poll(async () => (await browser.open(`${path}.txt`)).text).toContain('It is 391.');
  });
});

describe('a run that does not wait (on_auth: link)', () => {
  it('ends, and its link makes the login that the next run uses', async () => {
    await world.forget();
    const body = promptFor(world.tools.url).replace('tools:', 'on_auth: link\ntools:');
    const { text } = await ask(`${world.product.origin}/`, { body });
    const run = JSON.parse(text) as Awaited<ReturnType<LoginWorld['post']>>;
    const failed = await world.until(run, 'failed');
    expect(failed.error?.code).toBe('login_required');
    const { text: markdown } = await ask(`${world.product.origin}/${run.id}.md`, {
      headers: { authorization: `Bearer ${run.owner_token}` },
    });
    const path = /\/connect\/[0-9A-Za-z]{22,64}/.exec(markdown)?.[0] ?? '';
    const browser = world.browser();
    expect((await browser.open(path)).text).toContain('run it again after the login');
    await world.logIn(browser, path);
    expect((await world.read(run)).status).toBe('failed');
    await world.until(await world.post(world.tools.url), 'completed');
  });
});

describe('a login that nobody makes', () => {
  it('ends with its run, and so does its link', async () => {
    await world.forget();
    const body = promptFor(world.tools.url).replace('tools:', 'ttl: 6\ntools:');
    const { text } = await ask(`${world.product.origin}/`, { body });
    const run = JSON.parse(text) as Awaited<ReturnType<LoginWorld['post']>>;
    const path = linkOf(await world.until(run, 'requires_action'));
    const browser = world.browser();
    await expect.poll(async () => (await browser.open(path)).status).toBe(410);
    const page = await browser.open(path);
    expect(page.text).toContain('<code>login_expired</code>');
    const asked = world.auth.count('/authorize');
    expect((await world.browser().submit(path)).headers.location).toBe(path);
    expect(world.auth.count('/authorize')).toBe(asked);
    const { status } = await ask(`${world.product.origin}/${run.id}`);
    expect(status).toBe(410);
  });
});

describe('a run of an API key', () => {
  it('has a login of its own, made in a browser that signed in with that key', async () => {
    await world.forget();
    const run = await world.post(world.tools.url, ALICE);
    const path = linkOf(await world.until(run, 'requires_action'));
    const browser = world.browser();
    const refused = await browser.open(path);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain(`/sign-in?return=${encodeURIComponent(path)}`);

    const signedIn = await browser.submit('/sign-in', {
      key: 'alice-key-0123456789',
      return: path,
    });
    expect([signedIn.status, signedIn.headers.location]).toEqual([303, path]);
    expect((await browser.open(path)).text).toContain('alice');
    await world.logIn(browser, path);
    await world.until(run, 'completed');
    // The login is alice's: the person at the machine has none.
    await world.until(await world.post(world.tools.url), 'requires_action');
    // The session owns the runs of the key.
    const cancelled = await browser.submit(`/${run.id}/cancel`);
    expect(cancelled.status).toBe(303);
  });

  it('keeps the logins of the people it names by "user" apart', async () => {
    const post = async (user: string) => {
      const url = `${world.product.origin}/?user=${user}`;
      const { text } = await ask(url, { body: promptFor(world.others.url), headers: ALICE });
      return JSON.parse(text) as Awaited<ReturnType<LoginWorld['post']>>;
    };
    const first = await post('ann');
    const browser = world.browser(ALICE);
    await world.logIn(browser, linkOf(await world.until(first, 'requires_action')));
    await world.until(first, 'completed');
    await world.until(await post('ann'), 'completed');
    await world.until(await post('ben'), 'requires_action');
  });
});

describe('a local server that the operator added to every run', () => {
  let own: LoginWorld;
  beforeAll(async () => {
    // Prompts may reach the authorization server only; the tool server is reached as the operator's.
    own = await LoginWorld.start(({ tools, auth }) => ({
      MCP_SERVER_ENDPOINTS: tools.url,
      EGRESS_ALLOW: auth.host,
    }));
  });
  afterAll(() => own[Symbol.asyncDispose]());

  it('can be logged in to, and its whole address is shown to nobody', async () => {
    const run = JSON.parse(
      (await ask(`${own.product.origin}/`, { body: 'What is 17 * 23?' })).text,
    ) as Awaited<ReturnType<LoginWorld['post']>>;
    const browser = own.browser();
    const path = linkOf(await own.until(run, 'requires_action'));
    const page = await browser.open(path);
    expect(page.text).toContain(own.tools.origin);
    expect(page.text).not.toContain(own.tools.url);
    await own.logIn(browser, path);
    expect((await own.until(run, 'completed')).output).toBe('It is 391.');
    const list = await browser.open('/connections');
    expect(list.text).toContain(own.tools.origin);
    expect(list.text).not.toContain(own.tools.url);
  });

  it.each([
    ['query', '?key=canary-of-the-operator', 'canary-of-the-operator'],
    ['path', '/canary0Of1The2Operator3Of4It', 'canary0Of1The2Operator3Of4It'],
  ])(
    'is not logged in to when that would show the key in the %s of its address',
    async (_what, end, key) => {
      const tools = own.tools;
      await using other = await LoginWorld.start(({ auth }) => ({
        MCP_SERVER_ENDPOINTS: tools.url + end,
        EGRESS_ALLOW: `${auth.host},${own.auth.host}`,
      }));
      const { pathname } = new URL(tools.url + end);
      Object.assign(tools.guard, { path: pathname, metadata: { resource: tools.url + end } });
      const { text } = await ask(`${other.product.origin}/?wait=20`, { body: 'What is 17 * 23?' });
      Object.assign(tools.guard, { path: '/mcp', metadata: {} });
      const run = JSON.parse(text) as Awaited<ReturnType<LoginWorld['post']>>;
      expect([run.status, run.error?.code]).toEqual(['failed', 'login_unavailable']);
      expect(text).toContain('repeats a part of its address');
      expect(text).not.toContain(key);
    },
  );

  it('helps no prompt that names the same address', async () => {
    const run = await own.post(own.tools.url.replace('/mcp', '/mcp/other'));
    await expect(own.until(run, 'completed')).rejects.toThrow('address_refused');
  });
});

describe('connections', () => {
  it('are made, listed and ended by a program, with revocation', async () => {
    await world.forget(ALICE);
    const { origin } = world.product;
    const body = JSON.stringify({ url: world.tools.url, profile: 'work' });
    const json = { ...ALICE, 'content-type': 'application/json' };
    const made = await ask(`${origin}/connections`, { body, headers: json });
    expect(made.status).toBe(201);
    const { id, connect_url, expires_at } = JSON.parse(made.text) as Record<string, string>;
    expect(connect_url).toBe(`${origin}/connect/${id}`);
    expect(Date.parse(expires_at ?? '')).toBeGreaterThan(Date.now());
    await world.logIn(world.browser(ALICE), `/connect/${id}`);

    const list = await ask(`${origin}/connections`, { headers: ALICE });
    const { data } = JSON.parse(list.text) as { data: Record<string, unknown>[] };
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({
      object: 'connection',
      server_url: world.tools.url,
      profile: 'work',
      issuer: world.auth.issuer,
      can_refresh: true,
    });
    const revoked = world.auth.count('/revoke');
    const path = `/connections/${String(data[0]?.['id'])}`;
    const ended = await ask(origin + path, { method: 'DELETE', headers: ALICE });
    expect(ended.status).toBe(204);
    expect(world.auth.count('/revoke')).toBeGreaterThan(revoked);
    expect((await ask(origin + path, { method: 'DELETE', headers: ALICE })).status).toBe(404);
  });

  it('are a page with forms for a person', async () => {
    await world.forget();
    const browser = world.browser();
    const sent = await browser.submit('/connections', { url: world.tools.url });
    expect(sent.status).toBe(303);
    await world.logIn(browser, String(sent.headers.location));
    const page = await browser.open('/connections');
    expect(page.text).toContain(world.tools.url);
    const [, path = ''] = /action="(\/connections\/[^"]+)"/.exec(page.text) ?? [];
    await browser.submit(path, { action: 'disconnect' });
    expect((await browser.open('/connections')).text).toContain('There are none yet.');
  });

  it.each([
    [{ url: 'ftp://tools.example/mcp' }, 'bad_request'],
    [{ url: 'https://name:word@tools.example/mcp' }, 'bad_request'],
    [{ url: 'http://127.0.0.1:1/mcp' }, 'address_refused'],
    [{ url: '' }, 'bad_request'],
  ])('are not made for %s', async (fields, code) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(fields);
    const { text } = await ask(`${world.product.origin}/connections`, { body, headers });
    expect((JSON.parse(text) as { error: { code: string } }).error.code).toBe(code);
  });
});

describe('what an authorization server gave', () => {
  it('is in no file of the server, no page and no output', async () => {
    const { stateDir, origin } = world.product;
    const { secrets } = world.auth;
    expect(secrets.length).toBeGreaterThan(10);
    const files = keptFiles(stateDir);
    // What is not secret is found, so the search looks in the right places.
    expect(files.some((text) => text.includes(world.tools.url))).toBe(true);
    const pages = await Promise.all(
      ['/connections', '/'].map(async (path) => (await ask(origin + path)).text),
    );
    for (const secret of secrets) {
      const spellings = [secret, Buffer.from(secret).toString('base64').slice(0, -4)];
      for (const spelling of spellings) {
        for (const text of [...files, ...pages, world.product.printed()]) {
          expect(text.includes(spelling)).toBe(false);
        }
      }
    }
  });
});
