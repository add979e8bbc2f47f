import { describe, expect, it } from 'vitest';

import { memoryRows } from '../../../src/login/memory-rows.ts';
import { authorizationServer, protectedServer } from '../../support/authorization-server.ts';
import type { Guard } from '../../support/authorization-server.ts';
import { callServer, handClock, logIn, NEVER, targetOf, testLogins } from '../../support/logins.ts';

const HOUR = 3_600_000;
const scopes = { '*': 'read', 'tools/call': 'write', 'tools/admin': 'admin' };

/** A login with the scope `read` at a server that wants more for more. */
async function world(guard: Partial<Guard> = {}) {
  const as = await authorizationServer();
  const server = await protectedServer(as, { asksFor: 'read', scopes, ...guard });
  const rows = memoryRows();
  const clock = handClock();
  const logins = testLogins({ rows, now: clock.now });
  const target = targetOf(server.url);
  const [dropServer, dropAs] = [server[Symbol.asyncDispose], as[Symbol.asyncDispose]];
  const close = async (): Promise<void> => {
    await dropServer();
    await dropAs();
  };
  const again = () => logIn(logins, as, target);
  const call = (method: string) => callServer(logins, target, method);
  return { as, server, rows, clock, logins, target, again, call, [Symbol.asyncDispose]: close };
}

describe('a server that wants more scopes', () => {
  it('gets a login with what there was and what it asks for', async () => {
    await using w = await world();
    await w.again();
    expect(await w.call('tools/list')).toBe(200);
    expect(await w.call('tools/call')).toBe(403);
    expect(await w.logins.plan(w.target, NEVER)).toMatchObject({
      scopes: ['read', 'write'],
      has_scopes: ['read'],
    });
    await w.again();
    expect(w.as.requests('/authorize')[1]?.query.get('scope')).toBe('read write');
    expect(await w.call('tools/call')).toBe(200);
    expect(await w.call('tools/list')).toBe(200);
    expect(await w.logins.list()).toHaveLength(1);
  });

  it('for two things before anybody logs in is answered with one login', async () => {
    await using w = await world();
    await w.again();
    await Promise.all([w.call('tools/call'), w.call('tools/admin')]);
    expect(new Set((await w.logins.plan(w.target, NEVER)).scopes)).toEqual(
      new Set(['read', 'write', 'admin']),
    );
  });

  it('is not asked again with a token that was refused, while the login is under way', async () => {
    await using w = await world();
    await w.again();
    for (let each = 0; each < 20; each += 1) expect(await w.call('tools/call')).toBe(403);
    expect(w.as.count('/token', 'refresh_token')).toBe(0);
    await w.again();
    expect(await w.call('tools/call')).toBe(200);
  });

  it('gets the wider token at once when somebody else just logged in', async () => {
    await using w = await world();
    await w.again();
    const old = await w.logins.token(w.target, NEVER);
    await w.call('tools/call');
    await w.again();
    const challenge = 'Bearer error="insufficient_scope", scope="write"';
    const refusal = { status: 403, challenge, token: old } as const;
    expect(await w.logins.refused(w.target, refusal, NEVER)).toBe(
      await w.logins.token(w.target, NEVER),
    );
  });

  it('that wants what was given again and again is refused after three logins', async () => {
    await using w = await world({ scopes: { '*': 'read' } });
    w.as.behaviour.gives = 'less';
    for (let each = 0; each < 2; each += 1) {
      await w.again();
      expect(await w.call('tools/list')).toBe(403);
    }
    await w.again();
    const calling = w.call('tools/list');
    await expect(calling).rejects.toMatchObject({ code: 'login_denied' });
    await expect(calling).rejects.toThrow('keeps asking for another login');
    expect(w.as.count('/authorize')).toBe(3);
    w.clock.pass(2 * HOUR);
    await w.again();
    expect(await w.call('tools/list')).toBe(403);
  });

  it('that always wants one more is refused in the end', async () => {
    await using w = await world();
    await w.again();
    let logins = 1;
    const climb = async (): Promise<void> => {
      for (let each = 0; each < 10; each += 1) {
        w.server.guard.scopes = { '*': `scope-${each}` };
        await w.call('tools/list');
        w.as.behaviour.gives = `scope-${each}`;
        await w.again();
        logins += 1;
      }
    };
    await expect(climb()).rejects.toMatchObject({ code: 'login_denied' });
    expect(logins).toBe(4);
  });

  it('that refuses every token of a new login with 401 is refused in the end', async () => {
    await using w = await world({ check: () => null });
    w.as.behaviour.refreshTokens = false;
    for (let each = 0; each < 2; each += 1) {
      await w.again();
      expect(await w.call('tools/list')).toBe(401);
    }
    await w.again();
    await expect(w.call('tools/list')).rejects.toMatchObject({ code: 'login_denied' });
  });

  it('that refuses tokens which were just renewed is not given another one', async () => {
    await using w = await world();
    await w.again();
    w.server.guard.check = () => null;
    const challenge = 'Bearer';
    const first = await w.logins.token(w.target, NEVER);
    const renewed = await w.logins.refused(
      w.target,
      { status: 401, challenge, token: first },
      NEVER,
    );
    expect(renewed).not.toBe(first);
    const again = { status: 401, challenge, token: renewed } as const;
    expect(await w.logins.refused(w.target, again, NEVER)).toBeNull();
    expect(w.as.count('/token', 'refresh_token')).toBe(1);
    // Later the same answer may have another reason.
    w.clock.pass(60_000);
    expect(await w.logins.refused(w.target, again, NEVER)).toMatch(/^access-/);
  });

  it('is not remembered without an end, nor for more than two hundred servers', async () => {
    const rows = memoryRows();
    const clock = handClock();
    const logins = testLogins({ rows, now: clock.now });
    const challenge = 'Bearer scope="read"';
    for (let each = 0; each < 203; each += 1) {
      clock.pass(1);
      const target = targetOf(`https://s${each}.example/mcp`);
      await logins.refused(target, { status: 401, challenge, token: null }, NEVER);
    }
    const kept = await rows.list('challenge');
    expect(kept).toHaveLength(200);
    expect(kept.some(({ key }) => key.startsWith('s202.example'))).toBe(true);
    expect(kept.some(({ key }) => key.startsWith('s0.example'))).toBe(false);
  });

  it('in another profile is not the same: what is asked there is remembered there', async () => {
    await using w = await world();
    const challenge = 'Bearer scope="extra"';
    const work = targetOf(w.server.url, 'work');
    await w.logins.refused(work, { status: 401, challenge, token: null }, NEVER);
    expect((await w.logins.plan(w.target, NEVER)).scopes).toEqual(['read']);
    expect((await w.logins.plan(work, NEVER)).scopes).toEqual(['extra']);
  });
});
