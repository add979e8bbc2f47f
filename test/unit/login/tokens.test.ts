import { describe, expect, it } from 'vitest';

import type { LoginRows } from '../../../src/login/login.ts';
import { memoryRows } from '../../../src/login/memory-rows.ts';
import { authorizationServer, protectedServer } from '../../support/authorization-server.ts';
import type { Behaviour } from '../../support/authorization-server.ts';
import { callServer, handClock, logIn, NEVER, targetOf, testLogins } from '../../support/logins.ts';

const REFRESH = 'refresh_token';

/** A login that is there, with a clock. */
async function loggedIn(behaviour: Partial<Behaviour> = {}, rows: LoginRows = memoryRows()) {
  const as = await authorizationServer(behaviour);
  const server = await protectedServer(as);
  const clock = handClock();
  const open = (wishes = {}) => testLogins({ rows, now: clock.now, ...wishes });
  const logins = open();
  const target = targetOf(server.url);
  await logIn(logins, as, target);
  const [dropServer, dropAs] = [server[Symbol.asyncDispose], as[Symbol.asyncDispose]];
  const close = async (): Promise<void> => {
    await dropServer();
    await dropAs();
  };
  const refreshes = (): number => as.count('/token', REFRESH);
  return { as, server, rows, clock, open, logins, target, refreshes, [Symbol.asyncDispose]: close };
}

describe('a token', () => {
  it('is given as it is until a minute before its end, then refreshed', async () => {
    await using w = await loggedIn();
    const first = await w.logins.token(w.target, NEVER);
    w.clock.pass(3_539_000);
    expect(await w.logins.token(w.target, NEVER)).toBe(first);
    w.clock.pass(1_000);
    const second = await w.logins.token(w.target, NEVER);
    expect(second).not.toBe(first);
    expect(await w.logins.token(w.target, NEVER)).toBe(second);
    expect(w.refreshes()).toBe(1);
    expect(w.as.requests('/token')[1]?.form.get('resource')).toBe(w.server.url);
    expect(await callServer(w.logins, w.target)).toBe(200);
  });

  it('of short life is not refreshed by every call', async () => {
    await using w = await loggedIn({ expiresIn: 30 });
    for (let each = 0; each < 5; each += 1) await w.logins.token(w.target, NEVER);
    expect(w.refreshes()).toBe(0);
    w.clock.pass(16_000);
    for (let each = 0; each < 5; each += 1) await w.logins.token(w.target, NEVER);
    expect(w.refreshes()).toBe(1);
  });

  it('without a stated end is given until it is refused', async () => {
    await using w = await loggedIn({ expiresIn: null });
    w.clock.pass(86_400_000);
    expect(await w.logins.token(w.target, NEVER)).toMatch(/^access-/);
    expect(w.refreshes()).toBe(0);
  });

  it('that ended and cannot be refreshed is none', async () => {
    await using w = await loggedIn({ refreshTokens: false });
    w.clock.pass(3_599_000);
    expect(await w.logins.token(w.target, NEVER)).toMatch(/^access-/);
    w.clock.pass(1_000);
    expect(await w.logins.token(w.target, NEVER)).toBeNull();
  });

  it('is none without a login', async () => {
    expect(await testLogins().token(targetOf('https://tools.example/mcp'), NEVER)).toBeNull();
  });
});

describe('a refresh', () => {
  it('happens once for fifty calls at the same time', async () => {
    await using w = await loggedIn({ tokenDelay: 30 });
    w.clock.pass(3_600_000);
    const all = await Promise.all(
      Array.from({ length: 50 }, () => w.logins.token(w.target, NEVER)),
    );
    expect(new Set(all).size).toBe(1);
    expect(all[0]).toMatch(/^access-/);
    expect(w.refreshes()).toBe(1);
  });

  it('happens once for fifty runs that share nothing but the rows', async () => {
    await using w = await loggedIn({ tokenDelay: 30 });
    w.clock.pass(3_600_000);
    const all = await Promise.all(
      Array.from({ length: 50 }, () => w.open().token(w.target, NEVER)),
    );
    expect(new Set(all).size).toBe(1);
    expect(w.refreshes()).toBe(1);
    expect(await callServer(w.logins, w.target)).toBe(200);
  });

  it('happens once when fifty calls are refused with the same token', async () => {
    await using w = await loggedIn({ tokenDelay: 30 });
    w.as.expireAccess();
    const all = await Promise.all(Array.from({ length: 50 }, () => callServer(w.open(), w.target)));
    expect(new Set(all)).toEqual(new Set([200]));
    expect(w.refreshes()).toBe(1);
  });

  it('that fails is one for all who wait for it', async () => {
    const tokenError = { status: 503, body: {} };
    await using w = await loggedIn();
    Object.assign(w.as.behaviour, { tokenDelay: 30, tokenError });
    w.clock.pass(3_600_000);
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, () => w.logins.token(w.target, NEVER)),
    );
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(w.refreshes()).toBe(1);
  });

  it('keeps the new refresh token before the new access token is given', async () => {
    const kept: string[] = [];
    const memory = memoryRows();
    const rows: LoginRows = {
      ...memory,
      put: async (kind, key, value) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await memory.put(kind, key, value);
        if (kind === 'grant') kept.push(value);
      },
    };
    await using w = await loggedIn({}, rows);
    w.clock.pass(3_600_000);
    const before = kept.length;
    await w.logins.token(w.target, NEVER);
    expect(kept.length).toBe(before + 1);
    for (let each = 0; each < 3; each += 1) {
      w.clock.pass(3_600_000);
      expect(await w.open().token(w.target, NEVER)).toMatch(/^access-/);
    }
  });

  it('that could not be kept is not used, and ends in a new login and nothing worse', async () => {
    let isFull = false;
    const memory = memoryRows();
    const rows: LoginRows = {
      ...memory,
      put: async (kind, key, value) => {
        if (isFull && kind === 'grant') throw new Error('the disk is full');
        await memory.put(kind, key, value);
      },
    };
    await using w = await loggedIn({}, rows);
    w.clock.pass(3_600_000);
    isFull = true;
    await expect(w.logins.token(w.target, NEVER)).rejects.toThrow('the disk is full');
    isFull = false;
    // The server sees the old refresh token again and ends the whole login.
    expect(await w.open().token(w.target, NEVER)).toBeNull();
    expect(await w.logins.list()).toEqual([]);
    await logIn(w.logins, w.as, w.target);
    expect(await callServer(w.logins, w.target)).toBe(200);
  });

  it('goes on when the one who asked went away: the server may have answered already', async () => {
    await using w = await loggedIn({ tokenDelay: 50 });
    w.clock.pass(3_600_000);
    const gone = new AbortController();
    const asking = w.logins.token(w.target, gone.signal);
    setTimeout(() => gone.abort(), 10);
    await expect(asking).rejects.toMatchObject({ name: 'AbortError' });
    expect(await w.logins.token(w.target, NEVER)).toMatch(/^access-/);
    expect(w.refreshes()).toBe(1);
  });

  it.each([
    ['fails', { status: 503, body: {} }],
    ['is told to wait', { status: 429, body: { error: 'invalid_request' } }],
    ['is told that it passes', { status: 400, body: { error: 'temporarily_unavailable' } }],
    ['is answered by something else', { status: 403, body: '<html>' }],
    ['answers no JSON', { status: 200, body: 'hello' }],
  ])('that %s keeps the login, and the token while it lasts', async (_what, tokenError) => {
    await using w = await loggedIn();
    const first = await w.logins.token(w.target, NEVER);
    w.as.behaviour.tokenError = tokenError;
    w.clock.pass(3_550_000);
    expect(await w.logins.token(w.target, NEVER)).toBe(first);
    w.clock.pass(50_000);
    await expect(w.logins.token(w.target, NEVER)).rejects.toMatchObject({
      code: 'login_unavailable',
    });
    w.as.behaviour.tokenError = null;
    expect(await w.logins.token(w.target, NEVER)).toMatch(/^access-/);
  });

  it.each(['invalid_grant', 'invalid_client', 'unauthorized_client'])(
    'answered with %s ends the login',
    async (error) => {
      await using w = await loggedIn();
      w.as.behaviour.tokenError = { status: 400, body: { error } };
      w.clock.pass(3_600_000);
      expect(await w.logins.token(w.target, NEVER)).toBeNull();
      expect(await w.logins.list()).toEqual([]);
    },
  );

  it('refused for another reason is not tried again, and the token is used to its end', async () => {
    await using w = await loggedIn();
    w.as.behaviour.tokenError = { status: 400, body: { error: 'unsupported_grant_type' } };
    w.clock.pass(3_550_000);
    const last = await w.logins.token(w.target, NEVER);
    expect(last).toMatch(/^access-/);
    expect(await w.logins.token(w.target, NEVER)).toBe(last);
    expect(w.refreshes()).toBe(1);
    w.clock.pass(50_000);
    expect(await w.logins.token(w.target, NEVER)).toBeNull();
  });

  it('without a new refresh token keeps the one there is', async () => {
    await using w = await loggedIn({ rotates: false });
    w.as.behaviour.refreshTokens = false;
    for (let each = 0; each < 3; each += 1) {
      w.clock.pass(3_600_000);
      expect(await w.logins.token(w.target, NEVER)).toMatch(/^access-/);
    }
  });
});

describe('a refused token', () => {
  it('that is not the newest any more is answered with the newest', async () => {
    await using w = await loggedIn();
    const old = await w.logins.token(w.target, NEVER);
    w.clock.pass(3_600_000);
    const newest = await w.logins.token(w.target, NEVER);
    const refusal = { status: 401, challenge: 'Bearer', token: old } as const;
    expect(await w.logins.refused(w.target, refusal, NEVER)).toBe(newest);
    expect(w.refreshes()).toBe(1);
  });

  it('that is the newest is refreshed once', async () => {
    await using w = await loggedIn();
    w.as.expireAccess();
    expect(await callServer(w.logins, w.target)).toBe(200);
    expect(w.refreshes()).toBe(1);
  });

  it('that cannot be refreshed wants a person', async () => {
    await using w = await loggedIn({ refreshTokens: false });
    w.as.expireAccess();
    expect(await callServer(w.logins, w.target)).toBe(401);
    await logIn(w.logins, w.as, w.target);
    expect(await callServer(w.logins, w.target)).toBe(200);
  });

  it('makes everything be found out anew: the token endpoint may have moved', async () => {
    await using w = await loggedIn();
    w.as.behaviour.prefix = '/moved';
    w.as.behaviour.metadata['issuer'] = w.as.origin;
    w.as.expireAccess();
    expect(await callServer(w.logins, w.target)).toBe(200);
    expect(w.as.requests('/token').length).toBe(2);
  });

  it('while the authorization server is away is a fault, and no login is asked for', async () => {
    await using w = await loggedIn();
    w.as.expireAccess();
    w.as.behaviour.tokenError = { status: 502, body: {} };
    await expect(callServer(w.logins, w.target)).rejects.toMatchObject({
      code: 'login_unavailable',
    });
    expect(await w.logins.list()).toHaveLength(1);
  });

  it('of a server that moved to another authorization server goes to neither', async () => {
    await using w = await loggedIn();
    await using next = await authorizationServer();
    const [before] = w.as.requests('/authorize');
    w.server.guard.issuer = next.issuer;
    w.server.guard.check = (token) => next.check(token);
    expect(await callServer(w.logins, w.target)).toBe(401);
    expect(w.refreshes()).toBe(0);
    expect((await w.logins.plan(w.target, NEVER)).issuer).toBe(next.issuer);
    await logIn(w.logins, next, w.target);
    expect(await callServer(w.logins, w.target)).toBe(200);
    expect(next.count('/register')).toBe(1);
    const told = JSON.stringify(
      next.seen.map(({ query, form, json, authorization }) => {
        return [query.toString(), form.toString(), json, authorization];
      }),
    );
    for (const secret of [...w.as.secrets, before?.query.get('client_id') ?? 'none']) {
      expect(told).not.toContain(secret);
    }
    expect(await w.logins.list()).toHaveLength(1);
  });
});

describe('tokens', () => {
  it('are separate for two servers of one authorization server', async () => {
    await using as = await authorizationServer();
    await using one = await protectedServer(as);
    await using two = await protectedServer(as);
    const logins = testLogins();
    await logIn(logins, as, targetOf(one.url));
    expect(await logins.token(targetOf(two.url), NEVER)).toBeNull();
    await logIn(logins, as, targetOf(two.url));
    const tokens = [one, two].map(({ url }) => logins.token(targetOf(url), NEVER));
    const [first, second] = await Promise.all(tokens);
    expect(first).not.toBe(second);
    expect(as.check(first ?? '')?.resource).toBe(one.url);
    expect(as.check(second ?? '')?.resource).toBe(two.url);
  });

  it('are separate for profiles, users, and URLs that only begin alike', async () => {
    await using w = await loggedIn();
    for (const other of [
      targetOf(w.server.url, 'work'),
      targetOf(w.server.url, 'default', 'somebody'),
      targetOf(`${w.server.url}/deeper`),
      targetOf(w.server.origin),
      targetOf(w.server.url.slice(0, -1)),
    ]) {
      expect(await w.logins.token(other, NEVER)).toBeNull();
    }
  });

  it('are never those of another principal, even with all its rows', async () => {
    await using w = await loggedIn();
    const bob = memoryRows();
    for (const kind of ['grant', 'client', 'challenge', 'flow'] as const) {
      for (const { key, value } of await w.rows.list(kind)) await bob.put(kind, key, value);
    }
    const logins = testLogins({ principal: 'key:bob', rows: bob, now: w.clock.now });
    expect(await logins.token(w.target, NEVER)).toBeNull();
    expect(await logins.list()).toEqual([]);
    expect(await callServer(logins, w.target)).toBe(401);
  });

  it('open with an older vault key, and are gone without it', async () => {
    await using w = await loggedIn();
    const next = 'another-vault-key-that-is-long-enough';
    const both = [next, 'a-vault-key-of-tests-that-is-long-enough'];
    expect(await w.open({ vaultKeys: both }).token(w.target, NEVER)).toMatch(/^access-/);
    expect(await w.open({ vaultKeys: [next] }).token(w.target, NEVER)).toBeNull();
    w.clock.pass(3_600_000);
    await w.open({ vaultKeys: both }).token(w.target, NEVER);
    expect(await w.open({ vaultKeys: [next] }).token(w.target, NEVER)).toMatch(/^access-/);
  });
});
