import { describe, expect, it } from 'vitest';

import { memoryRows } from '../../../src/login/memory-rows.ts';
import { grantKey, openVault } from '../../../src/login/vault.ts';
import { authorizationServer, protectedServer } from '../../support/authorization-server.ts';
import { callServer, logIn, NEVER, targetOf, testLogins, VAULT_KEY } from '../../support/logins.ts';

describe('disconnecting', () => {
  it('revokes the refresh token, then the access token, and forgets the login', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as);
    const rows = memoryRows();
    const logins = testLogins({ rows });
    const { id } = await logIn(logins, as, targetOf(server.url));
    const token = await logins.token(targetOf(server.url), NEVER);
    expect(await logins.disconnect(id, NEVER)).toBe(true);
    const asked = as.requests('/revoke').map(({ form }) => form);
    expect(asked.map((form) => form.get('token_type_hint'))).toEqual([
      'refresh_token',
      'access_token',
    ]);
    expect(asked[1]?.get('token')).toBe(token);
    expect(asked[0]?.get('client_id')).toMatch(/^client-/);
    expect(as.check(token ?? '')).toBeNull();
    expect(await logins.list()).toEqual([]);
    expect(await rows.list('grant')).toEqual([]);
    expect(await callServer(logins, targetOf(server.url))).toBe(401);
  });

  it('works where nothing can be revoked', async () => {
    const metadata: Record<string, unknown> = { revocation_endpoint: undefined };
    await using as = await authorizationServer({ metadata });
    await using server = await protectedServer(as);
    const logins = testLogins();
    const { id } = await logIn(logins, as, targetOf(server.url));
    expect(await logins.disconnect(id, NEVER)).toBe(true);
    expect(await logins.list()).toEqual([]);
  });

  it('works while the authorization server is away', async () => {
    const as = await authorizationServer();
    await using server = await protectedServer(as);
    const rows = memoryRows();
    const { id } = await logIn(testLogins({ rows }), as, targetOf(server.url));
    await as[Symbol.asyncDispose]();
    const logins = testLogins({ rows });
    expect(await logins.disconnect(id, NEVER)).toBe(true);
    expect(await logins.list()).toEqual([]);
  });

  it('of an unknown login is false, and a login has a new id each time', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as);
    const logins = testLogins();
    const first = await logIn(logins, as, targetOf(server.url));
    const second = await logIn(logins, as, targetOf(server.url));
    expect(second.id).not.toBe(first.id);
    expect(await logins.disconnect(first.id, NEVER)).toBe(false);
    expect(await logins.disconnect('', NEVER)).toBe(false);
    expect(await logins.list()).toEqual([second]);
    expect(as.count('/revoke')).toBe(0);
  });

  it('ends one login and leaves the others', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as);
    const logins = testLogins();
    const home = await logIn(logins, as, targetOf(server.url, 'home'));
    const work = await logIn(logins, as, targetOf(server.url, 'work'));
    await logins.disconnect(home.id, NEVER);
    expect(await logins.list()).toEqual([work]);
    expect(await callServer(logins, targetOf(server.url, 'work'))).toBe(200);
  });
});

describe('the number of logins', () => {
  it('is bounded; the sentence says what to do', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as);
    const rows = memoryRows();
    const logins = testLogins({ rows });
    const profile = (each: number) => targetOf(server.url, `profile-${each}`);
    await logIn(logins, as, profile(0));
    const vault = openVault(rows, 'key:alice', [VAULT_KEY]);
    const [first] = await vault.list('grant');
    if (first === undefined) throw new Error('no login');
    for (let each = 1; each < 200; each += 1) {
      const row = { ...first.row, target: profile(each), id: `id-${each}` };
      await vault.put('grant', await grantKey(profile(each), as.issuer), row);
    }
    await expect(logins.begin(profile(200), 'b', NEVER)).rejects.toThrow(/Disconnect one/);
    await logins.begin(profile(7), 'b', NEVER);
    await logins.disconnect('id-7', NEVER);
    await logins.begin(profile(200), 'b', NEVER);
  });

  it('does not count rows that nobody can open any more', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as);
    const rows = memoryRows();
    for (let each = 0; each < 200; each += 1) await rows.put('grant', `gone-${each}`, 'sealed');
    await logIn(testLogins({ rows }), as, targetOf(server.url));
  });
});
