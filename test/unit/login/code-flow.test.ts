import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { memoryRows } from '../../../src/login/memory-rows.ts';
import { authorizationServer, protectedServer } from '../../support/authorization-server.ts';
import type { Behaviour, Guard } from '../../support/authorization-server.ts';
import { httpPeer } from '../../support/peers.ts';
import { handClock, logIn, NEVER, REDIRECT, targetOf, testLogins } from '../../support/logins.ts';

/** A server, its authorization server, and a login client with a clock. */
async function world(behaviour: Partial<Behaviour> = {}, guard: Partial<Guard> = {}) {
  const as = await authorizationServer(behaviour);
  const server = await protectedServer(as, guard);
  const rows = memoryRows();
  const clock = handClock();
  const logins = testLogins({ rows, now: clock.now });
  const target = targetOf(server.url);
  const [dropServer, dropAs] = [server[Symbol.asyncDispose], as[Symbol.asyncDispose]];
  const close = async (): Promise<void> => {
    await dropServer();
    await dropAs();
  };
  return { as, server, rows, clock, logins, target, [Symbol.asyncDispose]: close };
}

describe('an authorization request', () => {
  it('has PKCE with S256, a random state, the resource and where to come back to', async () => {
    await using w = await world({}, { asksFor: 'read write' });
    const first = new URL((await w.logins.begin(w.target, 'b', NEVER)).url).searchParams;
    const second = new URL((await w.logins.begin(w.target, 'b', NEVER)).url).searchParams;
    const { client_id, state, code_challenge, ...rest } = Object.fromEntries(first);
    expect(client_id).toMatch(/^client-/);
    expect(state).toMatch(/^[\w-]{43}$/);
    expect(code_challenge).toMatch(/^[\w-]{43}$/);
    expect(rest).toEqual({
      response_type: 'code',
      redirect_uri: REDIRECT,
      code_challenge_method: 'S256',
      resource: w.server.url,
      scope: 'read write',
    });
    expect(second.get('state')).not.toBe(first.get('state'));
    expect(second.get('code_challenge')).not.toBe(first.get('code_challenge'));
  });

  it('keeps what the authorization endpoint already has in its query', async () => {
    await using w = await world();
    const endpoint = `${w.as.origin}/authorize?tenant=7&state=fixed`;
    w.as.behaviour.metadata['authorization_endpoint'] = endpoint;
    const { url, state } = await w.logins.begin(w.target, 'b', NEVER);
    expect(new URL(url).searchParams.get('tenant')).toBe('7');
    expect(new URL(url).searchParams.getAll('state')).toEqual([state]);
  });

  it.each([
    ['the challenge', { asksFor: 'a', lists: ['b', 'c'] }, undefined, 'a'],
    ['the list of the server', { lists: ['b', 'c'] }, undefined, 'b c'],
    ['nobody', {}, undefined, null],
    ['nobody, although offline access could be had', {}, ['offline_access'], null],
    [
      'the challenge, with offline access',
      { asksFor: 'a' },
      ['a', 'offline_access'],
      'a offline_access',
    ],
    ['the challenge, without what is not offered', { asksFor: 'a' }, ['a'], 'a'],
    ['an empty list', { lists: [] }, undefined, null],
    ['a list of other things', { lists: ['a', 'b"c', 'd e', ''] }, undefined, 'a'],
  ])('asks for the scopes of %s', async (_who, guard, scopes_supported, expected) => {
    await using w = await world({ metadata: { scopes_supported } }, guard);
    const { url } = await w.logins.begin(w.target, 'b', NEVER);
    expect(new URL(url).searchParams.get('scope')).toBe(expected);
  });
});

describe('a browser that comes back', () => {
  it('trades the code with the verifier that fits the challenge', async () => {
    await using w = await world();
    await logIn(w.logins, w.as, w.target);
    const [asked] = w.as.requests('/authorize');
    const [traded] = w.as.requests('/token');
    const proof = createHash('sha256')
      .update(traded?.form.get('code_verifier') ?? '')
      .digest('base64url');
    expect(proof).toBe(asked?.query.get('code_challenge'));
    expect(traded?.form.get('redirect_uri')).toBe(REDIRECT);
    expect(traded?.form.get('resource')).toBe(w.server.url);
  });

  it('is refused the second time, and no code is sent', async () => {
    await using w = await world();
    const { url } = await w.logins.begin(w.target, 'b', NEVER);
    const back = await w.as.visit(url);
    await w.logins.finish(back, 'b', NEVER);
    await expect(w.logins.finish(back, 'b', NEVER)).rejects.toMatchObject({
      code: 'login_invalid',
    });
    expect(w.as.count('/token')).toBe(1);
  });

  it('wins once when it comes twice at the same time', async () => {
    await using w = await world();
    const { url } = await w.logins.begin(w.target, 'b', NEVER);
    const back = await w.as.visit(url);
    const all = await Promise.allSettled([1, 2, 3].map(() => w.logins.finish(back, 'b', NEVER)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(w.as.count('/token')).toBe(1);
  });

  it('is refused when it is another browser, and the state is gone then', async () => {
    await using w = await world();
    const { url } = await w.logins.begin(w.target, 'mine', NEVER);
    const back = await w.as.visit(url);
    for (const browser of ['theirs', 'mine']) {
      await expect(w.logins.finish(back, browser, NEVER)).rejects.toMatchObject({
        code: 'login_invalid',
      });
    }
    expect(w.as.count('/token')).toBe(0);
  });

  it('is refused after ten minutes', async () => {
    await using w = await world();
    const { url } = await w.logins.begin(w.target, 'b', NEVER);
    const back = await w.as.visit(url);
    w.clock.pass(600_000);
    await expect(w.logins.finish(back, 'b', NEVER)).rejects.toMatchObject({
      code: 'login_invalid',
    });
  });

  it.each([
    ['no state', (back: URLSearchParams) => back.delete('state')],
    ['a foreign state', (back: URLSearchParams) => back.set('state', 'x'.repeat(43))],
    ['two states', (back: URLSearchParams) => back.append('state', back.get('state') ?? '')],
    ['no code', (back: URLSearchParams) => back.delete('code')],
    ['two codes', (back: URLSearchParams) => back.append('code', 'other')],
  ])('is refused with %s', async (_what, change) => {
    await using w = await world();
    const { url } = await w.logins.begin(w.target, 'b', NEVER);
    const back = await w.as.visit(url);
    change(back);
    await expect(w.logins.finish(back, 'b', NEVER)).rejects.toMatchObject({
      code: 'login_invalid',
    });
    expect(w.as.count('/token')).toBe(0);
  });

  const yes = { authorization_response_iss_parameter_supported: true };
  it.each([
    ['missing though promised', yes, 'none', false],
    ['of another, though promised', yes, 'https://evil.example', false],
    ['of another, not promised', {}, 'https://evil.example', false],
    ['the same with a slash', yes, 'SLASH', false],
    ['given twice', yes, 'TWICE', false],
    ['given twice, not promised', {}, 'TWICE', false],
    ['right', yes, 'RIGHT', true],
    ['right, not promised', {}, 'RIGHT', true],
    ['missing, not promised', {}, 'none', true],
  ])('has an issuer that is %s', async (_what, metadata, iss, passes) => {
    await using w = await world({ metadata });
    const known: Record<string, string | null> = {
      none: null,
      SLASH: `${w.as.issuer}/`,
      RIGHT: w.as.issuer,
      TWICE: w.as.issuer,
    };
    w.as.behaviour.iss = iss in known ? (known[iss] ?? null) : iss;
    const { url } = await w.logins.begin(w.target, 'b', NEVER);
    const back = await w.as.visit(url);
    if (iss === 'TWICE') back.append('iss', 'https://evil.example');
    const finishing = w.logins.finish(back, 'b', NEVER);
    if (passes) await finishing;
    else await expect(finishing).rejects.toMatchObject({ code: 'login_denied' });
    expect(w.as.count('/token')).toBe(passes ? 1 : 0);
  });

  it('says so when the person declined, without the words of the server', async () => {
    await using w = await world({ denies: 'access_denied' });
    await expect(logIn(w.logins, w.as, w.target)).rejects.toMatchObject({
      code: 'login_denied',
      message: `The login at ${w.as.host} was declined.`,
    });
    w.as.behaviour.denies = '<script>alert(1)</script>';
    await expect(logIn(w.logins, w.as, w.target)).rejects.toMatchObject({
      message: `${w.as.host} refused the login.`,
    });
    expect(await w.logins.list()).toEqual([]);
  });

  it.each([
    ['another kind of token', { tokenType: 'DPoP' }, 'login_unavailable'],
    ['an error that passes', { tokenError: { status: 503, body: {} } }, 'login_unavailable'],
    ['no JSON', { tokenError: { status: 200, body: '<html>' } }, 'login_unavailable'],
    [
      'a token that would write headers',
      { tokenError: { status: 200, body: { access_token: 'a\r\nb', token_type: 'bearer' } } },
      'login_unavailable',
    ],
    [
      'a refused code',
      { tokenError: { status: 400, body: { error: 'invalid_grant' } } },
      'login_denied',
    ],
  ])('gives no login when the answer is %s', async (_what, behaviour: Partial<Behaviour>, code) => {
    await using w = await world(behaviour);
    await expect(logIn(w.logins, w.as, w.target)).rejects.toMatchObject({ code });
    expect(await w.logins.list()).toEqual([]);
  });

  it('follows no redirect of the token endpoint: the code would go elsewhere', async () => {
    await using w = await world();
    const seen: string[] = [];
    const elsewhere = await httpPeer((_request, response, body) => {
      seen.push(body);
      response.end('{}');
    });
    const moving = await httpPeer((_request, response) => {
      response.writeHead(307, { location: `${elsewhere.origin}/token` }).end();
    });
    w.as.behaviour.metadata['token_endpoint'] = `${moving.origin}/token`;
    await expect(logIn(w.logins, w.as, w.target)).rejects.toMatchObject({
      code: 'login_unavailable',
    });
    await Promise.all([moving.stop(), elsewhere.stop()]);
    expect(seen).toEqual([]);
  });

  it('stops waiting when the caller does', async () => {
    await using w = await world();
    const silent = await httpPeer(() => undefined);
    w.as.behaviour.metadata['token_endpoint'] = `${silent.origin}/token`;
    const { url } = await w.logins.begin(w.target, 'b', NEVER);
    const back = await w.as.visit(url);
    const gone = new AbortController();
    const finishing = w.logins.finish(back, 'b', gone.signal);
    setTimeout(() => gone.abort(), 20);
    await expect(finishing).rejects.toMatchObject({ name: 'AbortError' });
    await silent.stop();
  });

  it('takes "bearer" in any case, and a life time as text', async () => {
    const body = { access_token: 'token', token_type: 'bEARER', expires_in: '120' };
    await using w = await world({ tokenError: { status: 200, body } });
    const record = await logIn(w.logins, w.as, w.target);
    expect(record).toMatchObject({ expires_at: w.clock.now() + 120_000, can_refresh: false });
  });
});

describe('logins under way', () => {
  it('are at most twenty; the oldest are dropped', async () => {
    await using w = await world();
    const urls: string[] = [];
    for (let each = 0; each < 22; each += 1) {
      urls.push((await w.logins.begin(w.target, 'b', NEVER)).url);
      w.clock.pass(1_000);
    }
    expect(await w.rows.list('flow')).toHaveLength(20);
    const [first = '', , third = ''] = urls;
    const old = await w.as.visit(first);
    await expect(w.logins.finish(old, 'b', NEVER)).rejects.toMatchObject({ code: 'login_invalid' });
    await w.logins.finish(await w.as.visit(third), 'b', NEVER);
  });

  it('are removed when they are over', async () => {
    await using w = await world();
    await w.logins.begin(w.target, 'b', NEVER);
    w.clock.pass(600_000);
    await w.logins.begin(w.target, 'b', NEVER);
    expect(await w.rows.list('flow')).toHaveLength(1);
  });
});
