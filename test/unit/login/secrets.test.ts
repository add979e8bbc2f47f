import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { Fault } from '../../../src/fault/fault.ts';
import { memoryRows } from '../../../src/login/memory-rows.ts';
import { authorizationServer, protectedServer } from '../../support/authorization-server.ts';
import type { Behaviour } from '../../support/authorization-server.ts';
import { callServer, handClock, logIn, NEVER, targetOf, testLogins } from '../../support/logins.ts';

const CANARY = 'canary-client-secret';

/** Everything that can be seen of a fault, its causes included. */
function allOf(error: unknown): string {
  expect(error).toBeInstanceOf(Fault);
  return inspect(error, { depth: 10 }) + JSON.stringify(error);
}

describe('a fault of a login', () => {
  const broken: Partial<Behaviour>[] = [
    { tokenError: { status: 400, body: { error: 'invalid_grant', error_description: CANARY } } },
    { tokenError: { status: 401, body: { error: 'invalid_client', error_description: CANARY } } },
    { tokenError: { status: 400, body: { error: CANARY } } },
    { tokenError: { status: 500, body: CANARY } },
    { tokenError: { status: 200, body: { access_token: CANARY, token_type: 'mac' } } },
    { tokenError: { status: 200, body: { access_token: `${CANARY} x`, token_type: 'bearer' } } },
    { tokenError: { status: 200, body: `{"access_token":"${CANARY}"` } },
    { denies: CANARY },
    { iss: `https://${CANARY}.example` },
  ];

  it.each(broken)('holds no secret when the login ends with %j', async (behaviour) => {
    const registration = { client_secret: CANARY };
    await using as = await authorizationServer({ registration, ...behaviour });
    await using server = await protectedServer(as);
    const logins = testLogins();
    const { url, state } = await logins.begin(targetOf(server.url), 'canary-browser', NEVER);
    const back = await as.visit(url);
    const error: unknown = await logins
      .finish(back, 'canary-browser', NEVER)
      .catch((thrown: unknown) => thrown);
    const text = allOf(error);
    const verifier = as.requests('/token')[0]?.form.get('code_verifier') ?? 'none';
    for (const secret of [CANARY, 'canary-browser', state, verifier, ...as.secrets]) {
      expect(text).not.toContain(secret);
    }
  });

  it('holds no secret when a refresh fails', async () => {
    const clock = handClock();
    await using as = await authorizationServer({ registration: { client_secret: CANARY } });
    await using server = await protectedServer(as);
    const logins = testLogins({ now: clock.now });
    await logIn(logins, as, targetOf(server.url));
    clock.pass(3_600_000);
    as.behaviour.tokenError = { status: 500, body: { error: CANARY } };
    const error: unknown = await logins
      .token(targetOf(server.url), NEVER)
      .catch((thrown: unknown) => thrown);
    const text = allOf(error);
    for (const secret of [CANARY, ...as.secrets]) expect(text).not.toContain(secret);
  });
});

describe('what is kept', () => {
  it('shows no secret, neither in keys nor in values nor in the list', async () => {
    await using as = await authorizationServer({ registration: { client_secret: CANARY } });
    await using server = await protectedServer(as, { asksFor: 'read' });
    const rows = memoryRows();
    const logins = testLogins({ rows });
    await callServer(logins, targetOf(server.url));
    await logIn(logins, as, targetOf(server.url));
    const { state } = await logins.begin(targetOf(server.url), 'canary-browser', NEVER);
    const kinds = ['grant', 'client', 'challenge', 'flow'] as const;
    const all = await Promise.all(kinds.map((kind) => rows.list(kind)));
    expect(all.map((each) => each.length)).toEqual([1, 1, 1, 1]);
    const text = JSON.stringify(all) + JSON.stringify(await logins.list());
    for (const secret of [CANARY, 'canary-browser', state, ...as.secrets]) {
      expect(text).not.toContain(secret);
    }
  });
});
