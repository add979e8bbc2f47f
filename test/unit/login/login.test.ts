import { describe, expect, it } from 'vitest';

import { authorizationServer, protectedServer } from '../../support/authorization-server.ts';
import { callServer, logIn, NEVER, targetOf, testLogins } from '../../support/logins.ts';

describe('a login to a tool server', () => {
  it('is asked for with a 401, and afterwards calls pass', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as, { asksFor: 'read', lists: ['other'] });
    const logins = testLogins();
    const target = targetOf(server.url);

    expect(await callServer(logins, target)).toBe(401);
    expect(await logins.plan(target, NEVER)).toEqual({
      target,
      issuer: as.issuer,
      sends_to: as.origin,
      scopes: ['read'],
      has_scopes: [],
    });
    const record = await logIn(logins, as, target);
    expect(record).toMatchObject({ target, issuer: as.issuer, scope: 'read', can_refresh: true });
    expect(await logins.list()).toEqual([record]);
    expect(await callServer(logins, target)).toBe(200);
  });

  it('needs no earlier call: the server is asked what it wants', async () => {
    await using as = await authorizationServer();
    const custom = { metadataPath: '/custom/place.json', asksFor: 'read' };
    await using server = await protectedServer(as, custom);
    const logins = testLogins();
    await logIn(logins, as, targetOf(server.url));
    expect(as.requests('/authorize')[0]?.query.get('scope')).toBe('read');
    expect(await callServer(logins, targetOf(server.url))).toBe(200);
  });
});
