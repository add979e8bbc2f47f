/** Who cannot get at a login: other people, other browsers, other sites. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask } from '../support/ask.ts';
import { ALICE, BOB, LoginWorld, linkOf } from '../support/login-product.ts';

let world: LoginWorld;
beforeAll(async () => {
  world = await LoginWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());

const UNKNOWN = '/connect/000000000000000000000000';

describe('a login link', () => {
  it('is one and the same 403 for everybody it is not for, and no login begins', async () => {
    const path = await world.linkFor(world.tools.url, ALICE);
    const before = world.auth.seen.length;
    const { origin } = world.product;
    for (const method of ['GET', 'POST']) {
      for (const headers of [BOB, {}, { ...BOB, accept: 'text/html' }]) {
        const [foreign, unknown] = await Promise.all(
          [path, UNKNOWN].map((each) => ask(origin + each, { method, headers })),
        );
        expect(foreign?.status).toBe(403);
        const comparable = (answer: typeof foreign, own: string) =>
          JSON.stringify([
            answer?.status,
            answer?.text,
            { ...answer?.headers, date: '' },
          ]).replaceAll(encodeURIComponent(own), '');
        expect(comparable(foreign, path)).toBe(comparable(unknown, UNKNOWN));
      }
    }
    expect(world.auth.seen.length).toBe(before);
  });

  it('uses up nothing when it is looked at, however often', async () => {
    const path = await world.linkFor(world.tools.url);
    const browser = world.browser();
    for (let time = 0; time < 3; time += 1) expect((await browser.open(path)).status).toBe(200);
    expect((await world.logIn(browser, path)).headers.location).toBe(path);
    await world.forget();
  });

  it(
    'is not looked at or used without end: each time other servers are asked',
    { timeout: 120_000 },
    async () => {
      const limited = await LoginWorld.start();
      const path = await limited.linkFor(limited.tools.url, ALICE);
      const headers = { ...ALICE, accept: 'application/json' };
      const refusal = await vi.waitFor(
        async () => {
          const looks = Array.from({ length: 50 }, (_, count) =>
            ask(limited.product.origin + path, {
              method: count % 2 === 0 ? 'GET' : 'POST',
              headers,
            }),
          );
          const refused = (await Promise.all(looks)).find(({ status }) => status === 429);
          expect(refused).toBeDefined();
          return refused;
        },
        { timeout: 60_000, interval: 0 },
      );
      expect(Number(refusal?.headers['retry-after'])).toBeGreaterThan(0);
      expect(refusal?.text).toContain('rate_limited');
      // Somebody else's links are not counted with them.
      const bobs = await limited.linkFor(limited.tools.url, BOB);
      expect((await ask(limited.product.origin + bobs, { headers: BOB })).status).toBe(200);
      await limited[Symbol.asyncDispose]();
    },
  );

  it('cannot be framed, found or followed back', async () => {
    const browser = world.browser();
    const path = await world.linkFor(world.tools.url);
    for (const each of [path, UNKNOWN, '/connections', '/sign-in']) {
      const { headers } = await browser.open(each);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['x-robots-tag']).toContain('noindex');
      expect(headers['cache-control']).toBe('private, no-store');
    }
    expect((await browser.open(path)).headers['referrer-policy']).toBe('same-origin');
  });

  it('is not shown to who only has the address of the run', async () => {
    const run = await world.post(world.tools.url);
    const path = linkOf(await world.until(run, 'requires_action'));
    const id = path.slice('/connect/'.length);
    for (const suffix of ['', '.json', '.md', '.html', '.txt']) {
      const { text } = await ask(`${world.product.origin}/${run.id}${suffix}`);
      expect(text).not.toContain(id);
      expect(text).not.toContain('/connect/');
    }
  });
});

describe('the way back from an authorization server', () => {
  const failed = { status: 303, location: '/connect/failed' };
  const outcome = ({ status, headers }: Awaited<ReturnType<typeof ask>>) => ({
    status,
    location: headers.location,
  });

  it('works once: what was used is worth nothing, in any browser', async () => {
    await world.forget();
    const browser = world.browser();
    const path = await world.linkFor(world.tools.url);
    const { headers } = await browser.submit(path);
    const stolen = browser.cookies.join('; ');
    const callback = await world.callbackOf(String(headers.location));
    expect(outcome(await browser.open(callback)).location).toBe(path);
    const asked = world.auth.count('/token');
    expect(outcome(await browser.open(callback))).toEqual(failed);
    // Even with the cookie kept, the state is gone.
    await world.browser({ cookie: stolen }).open(callback);
    expect(world.auth.count('/token')).toBe(asked);
    expect((await browser.open('/connect/failed')).text).toContain('<code>login_invalid</code>');
  });

  it('is closed to a browser that did not begin it: no code is sent anywhere', async () => {
    await world.forget();
    const path = await world.linkFor(world.tools.url);
    const { headers } = await world.browser().submit(path);
    const callback = await world.callbackOf(String(headers.location));
    const asked = world.auth.count('/token');
    expect(outcome(await world.browser().open(callback))).toEqual(failed);
    const other = world.browser();
    await other.submit(path);
    expect(outcome(await other.open(callback))).toEqual(failed);
    expect(world.auth.count('/token')).toBe(asked);
  });

  it('is closed to a browser in which somebody else signed in meanwhile', async () => {
    const path = await world.linkFor(world.others.url, ALICE);
    const browser = world.browser();
    await browser.submit('/sign-in', { key: 'alice-key-0123456789' });
    const { headers } = await browser.submit(path);
    await browser.submit('/sign-in', { key: 'bob-key-0123456789' });
    const callback = await world.callbackOf(String(headers.location));
    expect(outcome(await browser.open(callback))).toEqual(failed);
  });

  it('is not used up by who looks at it with HEAD', async () => {
    await world.forget();
    const browser = world.browser();
    const path = await world.linkFor(world.tools.url);
    const { headers } = await browser.submit(path);
    const callback = await world.callbackOf(String(headers.location));
    expect((await browser.send(callback, { method: 'HEAD' })).status).toBe(405);
    await browser.open(callback);
    expect((await browser.open(path)).text).toContain('You are logged in');
  });

  it.each(['', '?state=x&code=y', '?error=%3Cscript%3Ealert(1)%3C/script%3E&state=%22%3E%3Cb%3E'])(
    'says nothing of what came with it: %s',
    async (query) => {
      const answer = await world.browser().open(`/connect/callback${query}`);
      expect(outcome(answer)).toEqual(failed);
      expect(answer.text).toBe('');
      const page = await world.browser().open('/connect/failed');
      expect(page.status).toBe(400);
    },
  );

  it('carries a cookie that no script reads and that goes nowhere else', async () => {
    const path = await world.linkFor(world.others.url);
    const { headers } = await world.browser().submit(path);
    expect(headers['set-cookie']?.[0]).toMatch(
      /^login_[\w-]{16}=[\w.-]+; Path=\/connect\/callback; HttpOnly; SameSite=Lax; Max-Age=600$/,
    );
  });

  it('under https takes no cookie that a neighbour’s subdomain could have set', async () => {
    const host = 'prompts.example';
    const path = await world.linkFor(world.others.url, ALICE);
    const { headers } = await ask(world.product.origin + path, {
      method: 'POST',
      headers: { ...ALICE, host },
    });
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-login_[\w-]{16}=[\w.-]+; Path=\/; .*SameSite=Lax; .*Secure$/);
    const back = await world.callbackOf(String(headers.location));
    const open = async (given: string) => {
      const answer = await ask(world.product.origin + back, { headers: { host, cookie: given } });
      return answer.headers.location;
    };
    const [pair = ''] = cookie.split(';', 1);
    expect(await open(pair.replace('__Host-', ''))).toBe('/connect/failed');
    expect(await open(pair)).toBe(path);
  });
});

describe('a page of another site', () => {
  it.each(['/connections', '/connections/x', '/sign-in', '/sign-out', UNKNOWN])(
    'cannot post to %s',
    async (path) => {
      for (const site of ['cross-site', 'same-site']) {
        const headers = {
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': site,
        };
        const body = 'url=https%3A%2F%2Fevil.example%2Fmcp&key=bob-key-0123456789';
        const { status, text } = await ask(world.product.origin + path, { body, headers });
        expect(status).toBe(403);
        expect((JSON.parse(text) as { error: { code: string } }).error.code).toBe('cross_site');
      }
    },
  );

  it.each(['cross-site', 'same-site', undefined])(
    'cannot read the logins of who sits at the machine with a script (%s)',
    async (site) => {
      const path = await world.linkFor(world.others.url);
      const headers = {
        origin: 'https://evil.example',
        ...(site === undefined ? {} : { 'sec-fetch-site': site, 'sec-fetch-mode': 'cors' }),
      };
      for (const [each, status] of [
        ['/connections', 401],
        [path, 403],
      ] as const) {
        expect((await ask(world.product.origin + each, { headers })).status).toBe(status);
      }
      const followed = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
      expect((await ask(world.product.origin + path, { headers: followed })).status).toBe(200);
    },
  );

  it('cannot start a login of a link that it knows', async () => {
    const path = await world.linkFor(world.others.url);
    const before = world.auth.seen.length;
    const headers = { origin: 'https://evil.example' };
    const { status } = await ask(world.product.origin + path, { method: 'POST', headers });
    expect([status, world.auth.seen.length]).toEqual([403, before]);
  });
});

describe('signing in', () => {
  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '/connect/../../evil',
    '/sign-out',
    'javascript:alert(1)',
    '/connections?x=https://evil.example',
    '/connections\r\nset-cookie: a=b',
  ])('leads to no place but our own pages: %j', async (back) => {
    const browser = world.browser();
    const { status, headers } = await browser.submit('/sign-in', {
      key: 'bob-key-0123456789',
      return: back,
    });
    expect([status, headers.location]).toEqual([303, '/']);
    const page = await browser.open(`/sign-in?return=${encodeURIComponent(back)}`);
    expect(page.text).toContain('name="return" value="/"');
  });

  it('with a wrong key is one answer, and no session', async () => {
    const browser = world.browser();
    const answers = [];
    for (const key of [
      '',
      'x',
      'alice',
      'alice-key-012345678',
      'alice-key-01234567890',
      'alice:x',
    ]) {
      const { status, text, headers } = await browser.submit('/sign-in', { key });
      answers.push(JSON.stringify([status, text]));
      expect(headers['set-cookie']).toBeUndefined();
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('401');
  });

  it('lasts until signing out', async () => {
    const browser = world.browser();
    await browser.submit('/sign-in', { key: 'bob-key-0123456789' });
    expect((await browser.open('/connections')).text).toContain('For bob');
    await browser.submit('/sign-out');
    expect((await browser.open('/connections')).text).toContain('at this machine');
  });

  it('makes the runs of the browser those of the key', async () => {
    const browser = world.browser();
    await browser.submit('/sign-in', { key: 'bob-key-0123456789' });
    const { headers } = await browser.submit('/', { prompt: 'Say hello.' });
    const path = `${world.product.origin}${String(headers.location)}/cancel`;
    expect((await ask(path, { method: 'POST', headers: ALICE })).status).toBe(401);
    expect((await ask(path, { method: 'POST', headers: BOB })).status).toBe(200);
  });

  it('under https keeps the session to this very host', async () => {
    const { port } = new URL(world.product.origin);
    const answer = await ask(`http://127.0.0.1:${port}/sign-in`, {
      body: 'key=bob-key-0123456789',
      headers: {
        host: 'prompts.example',
        'content-type': 'application/x-www-form-urlencoded',
        origin: 'https://prompts.example',
      },
    });
    expect(answer.headers['set-cookie']?.[0]).toMatch(
      /^__Host-session=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure$/,
    );
  });

  it('is not shown by a cookie that was changed', async () => {
    const browser = world.browser();
    await browser.submit('/sign-in', { key: 'bob-key-0123456789' });
    const [cookie = ''] = browser.cookies;
    const [body = '', mac = ''] = cookie.slice('session='.length).split('.');
    const fields = Buffer.from(body, 'base64url').toString().replace('bob', 'alice');
    const forged = `${Buffer.from(fields).toString('base64url')}.${mac}`;
    const { text } = await world.browser({ cookie: `session=${forged}` }).open('/connections');
    expect(text).toContain('at this machine');
  });
});

describe('the run page of a form', () => {
  it('is its owner’s in every form of it', async () => {
    const browser = world.browser();
    const sent = await browser.submit('/', { prompt: 'Say hello.' });
    const path = String(sent.headers.location);
    const cookies = sent.headers['set-cookie'] ?? [];
    expect(cookies.map((line) => /Path=([^;]+)/.exec(line)?.[1])).toEqual(
      ['', '.html', '.json', '.md', '.txt'].map((suffix) => path + suffix),
    );
    const cancelled = await browser.submit(`${path}/cancel`);
    expect(cancelled.status).toBe(303);
  });
});

describe('the address of the client document', () => {
  it('says who we are and where logins come back to', async () => {
    const { status, text } = await ask(`${world.product.origin}/oauth/client.json`);
    expect(status).toBe(200);
    const document = JSON.parse(text) as Record<string, unknown>;
    expect(document).toMatchObject({
      client_id: 'https://prompts.example/oauth/client.json',
      client_name: 'MarkdownOps',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    });
    expect(document['redirect_uris']).toContain('https://prompts.example/connect/callback');
    expect(document['redirect_uris']).toContain(`${world.product.origin}/connect/callback`);
  });
});
