import { describe, expect, it } from 'vitest';

import { memoryRows } from '../../../src/login/memory-rows.ts';
import { authorizationServer, protectedServer } from '../../support/authorization-server.ts';
import { callServer, handClock, logIn, NEVER, targetOf, testLogins } from '../../support/logins.ts';

const DOCUMENT = 'https://prompts.example/oauth/client.json';
const documents = { client_id_metadata_document_supported: true };
const clientOf = (url: string): string | null => new URL(url).searchParams.get('client_id');

describe('a client', () => {
  it('that was registered by hand comes first', async () => {
    await using as = await authorizationServer({ metadata: documents });
    await using server = await protectedServer(as);
    const registered = [
      { issuer: `${as.issuer}/`, client_id: 'of-another-issuer' },
      { issuer: as.issuer, client_id: 'by-hand', client_secret: 'canary' },
    ];
    const logins = testLogins({ registered, clientMetadataUrl: DOCUMENT });
    const { url } = await logins.begin(targetOf(server.url), 'b', NEVER);
    expect(clientOf(url)).toBe('by-hand');
    expect(as.count('/register')).toBe(0);
  });

  it('is else the document of this server, where that is taken', async () => {
    await using as = await authorizationServer({ metadata: documents });
    await using server = await protectedServer(as);
    const logins = testLogins({ clientMetadataUrl: DOCUMENT });
    await logIn(logins, as, targetOf(server.url));
    expect(as.requests('/token')[0]?.form.get('client_id')).toBe(DOCUMENT);
    expect(as.count('/register')).toBe(0);
  });

  it.each([
    ['the authorization server does not take documents', {}, DOCUMENT],
    ['no document can be reached', documents, null],
  ])('registers itself where %s', async (_why, metadata, clientMetadataUrl) => {
    await using as = await authorizationServer({ metadata });
    await using server = await protectedServer(as);
    const logins = testLogins({ clientMetadataUrl });
    await logIn(logins, as, targetOf(server.url));
    expect(as.requests('/register')[0]?.json).toEqual({
      client_name: 'MarkdownOps',
      redirect_uris: ['http://127.0.0.1:8787/connect/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    });
  });

  it('of a server on the web says that it is one', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as);
    const logins = testLogins({ redirectUri: 'https://prompts.example/connect/callback' });
    await logins.begin(targetOf(server.url), 'b', NEVER);
    expect(as.requests('/register')[0]?.json['application_type']).toBe('web');
  });

  it('that cannot be had is said to the operator, before a login starts', async () => {
    await using as = await authorizationServer({ metadata: { registration_endpoint: undefined } });
    await using server = await protectedServer(as);
    const planning = testLogins().plan(targetOf(server.url), NEVER);
    await expect(planning).rejects.toMatchObject({ code: 'login_unavailable' });
    await expect(planning).rejects.toThrow(/registered by hand.*operator/);
  });

  it.each([
    ['a refusal', { registrationStatus: 400 }],
    ['a failure', { registrationStatus: 500 }],
    ['no id', { registration: { client_id: undefined } }],
  ])('that the authorization server answers with %s is no client', async (_what, behaviour) => {
    await using as = await authorizationServer(behaviour);
    await using server = await protectedServer(as);
    await expect(testLogins().begin(targetOf(server.url), 'b', NEVER)).rejects.toMatchObject({
      code: 'login_unavailable',
    });
  });
});

describe('a client that registered itself', () => {
  it('is one for all servers of an authorization server, also when they begin at once', async () => {
    await using as = await authorizationServer();
    await using one = await protectedServer(as);
    await using two = await protectedServer(as);
    const logins = testLogins();
    const begun = await Promise.all(
      [one, two].map(({ url }) => logins.begin(targetOf(url), 'b', NEVER)),
    );
    expect(new Set(begun.map(({ url }) => clientOf(url))).size).toBe(1);
    expect(as.count('/register')).toBe(1);
  });

  it('is another for another place to come back to', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as);
    const rows = memoryRows();
    for (const redirectUri of ['http://127.0.0.1:1/a', 'http://127.0.0.1:2/a']) {
      await testLogins({ rows, redirectUri }).begin(targetOf(server.url), 'b', NEVER);
    }
    expect(as.count('/register')).toBe(2);
  });

  it('is made again when the token endpoint does not know it', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as);
    const logins = testLogins();
    as.behaviour.tokenError = { status: 401, body: { error: 'invalid_client' } };
    await expect(logIn(logins, as, targetOf(server.url))).rejects.toMatchObject({
      code: 'login_unavailable',
    });
    as.behaviour.tokenError = null;
    await logIn(logins, as, targetOf(server.url));
    expect(as.count('/register')).toBe(2);
  });

  it('is made again when the authorization endpoint does not know it', async () => {
    await using as = await authorizationServer({ denies: 'unauthorized_client' });
    await using server = await protectedServer(as);
    const logins = testLogins();
    await expect(logIn(logins, as, targetOf(server.url))).rejects.toMatchObject({
      code: 'login_denied',
    });
    await logins.begin(targetOf(server.url), 'b', NEVER);
    expect(as.count('/register')).toBe(2);
  });

  it('is made again after three logins in vain: an error page is shown to the person only', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as);
    const logins = testLogins();
    await logIn(logins, as, targetOf(server.url));
    for (let each = 0; each < 3; each += 1) await logins.begin(targetOf(server.url), 'b', NEVER);
    expect(as.count('/register')).toBe(1);
    await logins.begin(targetOf(server.url), 'b', NEVER);
    expect(as.count('/register')).toBe(2);
  });

  it('is made again when its secret ended', async () => {
    const clock = handClock();
    const end = clock.now() / 1000 + 3600;
    const registration = { client_secret: 'canary', client_secret_expires_at: end };
    await using as = await authorizationServer({ registration });
    await using server = await protectedServer(as);
    const logins = testLogins({ now: clock.now });
    await logins.begin(targetOf(server.url), 'b', NEVER);
    clock.pass(3_600_000);
    await logins.begin(targetOf(server.url), 'b', NEVER);
    expect(as.count('/register')).toBe(2);
  });
});

describe('a client at the token endpoint', () => {
  it.each([
    ['client_secret_basic', { client_secret: 'a:b c' }, `Basic ${btoa('ID:a%3Ab+c')}`, null],
    ['client_secret_post', { client_secret: 'a:b c' }, undefined, 'a:b c'],
    ['none', {}, undefined, null],
  ])('shows who it is by %s', async (method, secret, header, posted) => {
    const registration = { ...secret, token_endpoint_auth_method: method, client_id: 'ID' };
    const metadata = { token_endpoint_auth_methods_supported: [method] };
    await using as = await authorizationServer({ registration, metadata });
    await using server = await protectedServer(as);
    const logins = testLogins();
    await logIn(logins, as, targetOf(server.url));
    expect(as.requests('/register')[0]?.json['token_endpoint_auth_method']).toBe(method);
    const [asked] = as.requests('/token');
    expect(asked?.authorization).toBe(header);
    expect(asked?.form.get('client_secret')).toBe(posted);
    expect(await callServer(logins, targetOf(server.url))).toBe(200);
  });

  it.each([
    [undefined, true],
    [['client_secret_basic'], true],
    [['client_secret_post'], false],
  ])('made by hand uses what is offered: %j', async (methods, isBasic) => {
    const metadata = { token_endpoint_auth_methods_supported: methods };
    await using as = await authorizationServer({ metadata });
    await using server = await protectedServer(as);
    const registered = [{ issuer: as.issuer, client_id: 'by-hand', client_secret: 'canary' }];
    await logIn(testLogins({ registered }), as, targetOf(server.url));
    const [asked] = as.requests('/token');
    expect(asked?.authorization?.startsWith('Basic ') ?? false).toBe(isBasic);
    expect(asked?.form.has('client_secret')).toBe(!isBasic);
  });

  it('made by hand uses the secret that is set now, also for a login that is old', async () => {
    const clock = handClock();
    const rows = memoryRows();
    await using as = await authorizationServer({ expiresIn: 3600 });
    await using server = await protectedServer(as);
    const own = { issuer: as.issuer, client_id: 'by-hand' };
    const set = (client_secret: string) =>
      testLogins({ rows, now: clock.now, registered: [{ ...own, client_secret }] });
    await logIn(set('first'), as, targetOf(server.url));
    clock.pass(3_600_000);
    expect(await set('second').token(targetOf(server.url), NEVER)).toMatch(/^access-/);
    const headers = as.requests('/token').map(({ authorization }) => authorization);
    expect(headers).toEqual([`Basic ${btoa('by-hand:first')}`, `Basic ${btoa('by-hand:second')}`]);
  });
});
