import { describe, expect, it } from 'vitest';

import { guardedFetch } from '../../../src/egress/guarded-fetch.ts';
import { authorizationServer, protectedServer } from '../../support/authorization-server.ts';
import type { AuthorizationServer, Guard } from '../../support/authorization-server.ts';
import { callServer, logIn, NEVER, targetOf, testLogins } from '../../support/logins.ts';
import { httpPeer } from '../../support/peers.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const plan = async (url: string) => testLogins().plan(targetOf(url), NEVER);
const UNAVAILABLE = { code: 'login_unavailable' };

describe('the metadata of a tool server', () => {
  it('is read where the challenge says, and nowhere else', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as, { metadataPath: '/custom/place.json' });
    await plan(server.url);
    expect(server.seen.map(({ path }) => path)).toEqual(['/mcp', '/custom/place.json']);
  });

  it.each([
    [`${WELL_KNOWN}/mcp`, [`${WELL_KNOWN}/mcp`]],
    [WELL_KNOWN, [`${WELL_KNOWN}/mcp`, WELL_KNOWN]],
  ])('is else found at %s', async (metadataPath, expected) => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as, { metadataPath, saysWhere: false });
    await plan(server.url);
    expect(server.seen.slice(1).map(({ path }) => path)).toEqual(expected);
  });

  it('is not read at another origin, whatever the challenge says', async () => {
    await using as = await authorizationServer();
    let visits = 0;
    const other = await httpPeer((_request, response) => {
      visits += 1;
      response.end('{}');
    });
    const challenge = `Bearer resource_metadata="${other.origin}/metadata"`;
    await using server = await protectedServer(as, { challenge });
    expect((await plan(server.url)).issuer).toBe(as.issuer);
    await other.stop();
    expect(visits).toBe(0);
  });

  it('may name the origin at the well-known place, as servers at the root do', async () => {
    await using as = await authorizationServer();
    const guard: Partial<Guard> = { metadataPath: WELL_KNOWN, saysWhere: false };
    await using server = await protectedServer(as, guard);
    server.guard.metadata = { resource: server.origin };
    const logins = testLogins();
    await logIn(logins, as, targetOf(server.url));
    // Exactly as it was written, without a slash that a URL parser would add.
    expect(as.requests('/authorize')[0]?.query.get('resource')).toBe(server.origin);
    expect(as.requests('/token')[0]?.form.get('resource')).toBe(server.origin);
    expect(await callServer(logins, targetOf(server.url))).toBe(200);
  });

  it('may not name the origin elsewhere: a tenant cannot ask for tokens of the whole host', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as, { metadataPath: '/mcp/metadata.json' });
    server.guard.metadata = { resource: server.origin };
    await expect(plan(server.url)).rejects.toMatchObject(UNAVAILABLE);
  });

  it.each([
    'https://evil.example/mcp',
    '/mcp',
    'ORIGIN/other',
    'ORIGIN/mc',
    'ORIGIN/mcp/deeper',
    'ORIGIN/mcp#fragment',
    'ORIGIN/mcp?tenant=2',
    7,
    null,
  ])('is refused when it says it is of %j', async (resource) => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as);
    const own = typeof resource === 'string' ? resource.replace('ORIGIN', server.origin) : resource;
    server.guard.metadata = { resource: own };
    await expect(plan(server.url)).rejects.toMatchObject(UNAVAILABLE);
    expect(as.seen).toEqual([]);
  });

  it.each([
    [undefined],
    [[]],
    [['not a url']],
    [[7]],
    ['https://as.example'],
    [['https://a.example?x=1']],
  ])('is refused when its authorization servers are %j', async (authorization_servers) => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as, { metadata: { authorization_servers } });
    await expect(plan(server.url)).rejects.toMatchObject(UNAVAILABLE);
  });

  it('may be missing: then the sentence says what can be done', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as, { metadataPath: '/nowhere' });
    server.guard.challenge = 'Bearer';
    await expect(plan(server.url)).rejects.toThrow(/protected resource metadata.*authorization:/);
  });
});

describe('the metadata of an authorization server', () => {
  it.each([
    ['', '/.well-known/oauth-authorization-server'],
    ['', '/.well-known/openid-configuration'],
    ['/tenant1', '/.well-known/oauth-authorization-server/tenant1'],
    ['/tenant1', '/.well-known/openid-configuration/tenant1'],
    ['/tenant1', '/tenant1/.well-known/openid-configuration'],
  ])('of an issuer with the path "%s" is found at %s', async (prefix, metadataPath) => {
    await using as = await authorizationServer({ prefix, metadataPath });
    await using server = await protectedServer(as);
    const logins = testLogins();
    await logIn(logins, as, targetOf(server.url));
    expect(await callServer(logins, targetOf(server.url))).toBe(200);
    const asked = as.seen.map(({ path }) => path).filter((path) => path.includes('.well-known'));
    // Never at the root, where it would be that of another tenant.
    if (prefix !== '') expect(asked).not.toContain('/.well-known/oauth-authorization-server');
  });

  it.each([
    ['of another issuer', { issuer: 'https://attacker.example' }],
    ['of an issuer with a slash more', { issuer: 'SLASH' }],
    ['without PKCE', { code_challenge_methods_supported: undefined }],
    ['with plain PKCE only', { code_challenge_methods_supported: ['plain'] }],
    ['without a token endpoint', { token_endpoint: undefined }],
    ['with an authorization endpoint of script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['with a revocation endpoint inside a network', { revocation_endpoint: 'https://10.0.0.1/' }],
  ])('is refused when it is %s', async (_what, metadata: Record<string, unknown>) => {
    await using as = await authorizationServer();
    const issuer = metadata['issuer'] === 'SLASH' ? { issuer: `${as.issuer}/` } : {};
    Object.assign(as.behaviour.metadata, metadata, issuer);
    await using server = await protectedServer(as);
    await expect(plan(server.url)).rejects.toMatchObject(UNAVAILABLE);
    expect(as.count('/register') + as.count('/authorize') + as.count('/token')).toBe(0);
  });

  it('is refused when it is larger than 64 KB, or nests too deep', async () => {
    for (const more of [
      'x'.repeat(70_000),
      JSON.parse('['.repeat(40) + ']'.repeat(40)) as object,
    ]) {
      await using as = await authorizationServer({ metadata: { more } });
      await using server = await protectedServer(as);
      await expect(plan(server.url)).rejects.toMatchObject(UNAVAILABLE);
    }
  });

  it('is not asked for twice by a page and the login that follows', async () => {
    await using as = await authorizationServer();
    await using server = await protectedServer(as);
    const logins = testLogins();
    await logins.plan(targetOf(server.url), NEVER);
    await logins.begin(targetOf(server.url), 'browser', NEVER);
    expect(as.count('/.well-known/oauth-authorization-server')).toBe(1);
  });
});

describe('an address that a document names', () => {
  /** Every field of discovery that holds an address, set to one. */
  const fields: readonly [string, (as: AuthorizationServer, guard: Guard, url: string) => void][] =
    [
      [
        'resource_metadata',
        (_as, guard, url) => void (guard.challenge = `Bearer resource_metadata="${url}"`),
      ],
      ['authorization_servers', (_as, guard, url) => void (guard.issuer = url)],
      ...['authorization', 'token', 'registration', 'revocation'].map(
        (name): [string, (as: AuthorizationServer, guard: Guard, url: string) => void] => [
          `${name}_endpoint`,
          (as, _guard, url) => void (as.behaviour.metadata[`${name}_endpoint`] = url),
        ],
      ),
    ];
  const bad = [
    'http://as.example/x',
    'http://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/x',
    'https://[::ffff:127.0.0.1]/x',
    'https://router.local/x',
    'file:///etc/passwd',
  ];

  it.each(fields)('in %s is never fetched when it is inside or not https', async (_name, set) => {
    for (const url of bad) {
      await using as = await authorizationServer();
      await using server = await protectedServer(as);
      set(as, server.guard, url);
      const asked: string[] = [];
      const logins = testLogins({
        fetch: (address, init) => {
          asked.push(address);
          return fetch(address, init);
        },
      });
      const target = targetOf(server.url);
      await logIn(logins, as, target)
        .then(({ id }) => logins.disconnect(id, NEVER))
        .catch((error: unknown) => expect(error).toMatchObject(UNAVAILABLE));
      expect(asked.filter((each) => !each.startsWith('http://127.0.0.1:'))).toEqual([]);
    }
  });

  it('on loopback is not reached through the guarded fetch', async () => {
    let visits = 0;
    const canary = await httpPeer((_request, response) => {
      visits += 1;
      response.end('{}');
    });
    const path = `${canary.origin}/mcp`;
    for (const url of [path, path.replace('127.0.0.1', 'localhost')]) {
      const guarded = guardedFetch({
        allow: [],
        transport: { internet: (address, init) => fetch(address, init) },
        maxBytes: 1_000_000,
        headTimeoutMs: 5_000,
        idleTimeoutMs: 5_000,
        totalTimeoutMs: 5_000,
        hops: { get: 3, post: 0 },
      });
      const logins = testLogins({ fetch: guarded });
      await expect(logins.plan(targetOf(url), NEVER)).rejects.toMatchObject({
        code: 'address_refused',
      });
    }
    await canary.stop();
    expect(visits).toBe(0);
  });

  it('on loopback is not reached from a server on the internet, in any field', async () => {
    let visits = 0;
    const canary = await httpPeer((_request, response) => {
      visits += 1;
      response.end('{}');
    });
    const issuer = 'https://as.example';
    const good: Record<string, Record<string, unknown>> = {
      'https://tools.example/.well-known/oauth-protected-resource/mcp': {
        resource: 'https://tools.example/mcp',
        authorization_servers: [issuer],
      },
      [`${issuer}/.well-known/oauth-authorization-server`]: {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        registration_endpoint: `${issuer}/register`,
        code_challenge_methods_supported: ['S256'],
      },
    };
    const changes = [
      { authorization_servers: [canary.origin] },
      { authorization_endpoint: `${canary.origin}/a` },
      { token_endpoint: `${canary.origin}/t` },
      { registration_endpoint: `${canary.origin}/r` },
      { revocation_endpoint: `${canary.origin}/v` },
    ];
    for (const change of changes) {
      const [name = ''] = Object.keys(change);
      // What the internet would answer; everything else goes through the guarded fetch.
      const internet = async (url: string): Promise<Response> => {
        const document = good[url];
        if (document === undefined) return new Response(null, { status: 404 });
        const isPlace =
          name in document || (name === 'revocation_endpoint' && 'issuer' in document);
        return Response.json(isPlace ? { ...document, ...change } : document);
      };
      const guarded = guardedFetch({
        allow: [],
        transport: { internet, local: (url, init) => fetch(url, init) },
        maxBytes: 1_000_000,
        headTimeoutMs: 5_000,
        idleTimeoutMs: 5_000,
        totalTimeoutMs: 5_000,
        hops: { get: 3, post: 0 },
      });
      const logins = testLogins({ fetch: guarded });
      const beginning = logins.begin(targetOf('https://tools.example/mcp'), 'browser', NEVER);
      await expect(beginning).rejects.toMatchObject(UNAVAILABLE);
    }
    await canary.stop();
    expect(visits).toBe(0);
  });
});
