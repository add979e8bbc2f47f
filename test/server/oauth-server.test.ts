/** Programs log in at the running product: real clients, a real browser's cookies, two people. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { auth } from '@modelcontextprotocol/client';
import { auth as auth1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask } from '../support/ask.ts';
import { keptFiles } from '../support/kept-files.ts';
import type { Browser } from '../support/login-product.ts';
import {
  authorizePath,
  CALLBACK,
  decide,
  fieldsOf,
  OauthWorld,
  pkce,
  RESOURCE,
  SdkProgram,
  SITE,
} from '../support/oauth-program.ts';
import { httpPeer } from '../support/peers.ts';

let world: OauthWorld;
let alice: Browser;
let bob: Browser;
let client: string;
beforeAll(async () => {
  world = await OauthWorld.start();
  [alice, bob] = await Promise.all([world.browser('alice'), world.browser('bob')]);
  client = await world.newClient();
});
afterAll(() => world[Symbol.asyncDispose]());

const HOST = { host: new URL(SITE).host };
const get = (path: string, headers: Record<string, string> = {}) =>
  ask(world.product.origin + path, { headers: { ...HOST, ...headers } });
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- says what a test looks at
const jsonOf = <Value>(text: string) => JSON.parse(text) as Value;
const errorOf = (location: unknown) => new URL(String(location)).searchParams.get('error');
const linkOf = (page: string) =>
  (/<a href="(http[^"]*)"/.exec(page)?.[1] ?? '').replaceAll('&amp;', '&');
const programsOf = async (browser: Browser) => {
  const { text } = await browser.send('/connections/programs', {
    headers: { accept: 'application/json' },
  });
  return jsonOf<{ data: { id: string; name: string; scope: string }[] }>(text).data;
};

describe('what a program is told before it logs in', () => {
  it('is where to get a token, in the refusal itself', async () => {
    const { status, headers } = await world.atResource(null);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toContain(
      `resource_metadata="${SITE}/.well-known/oauth-protected-resource/mcp"`,
    );
  });

  it('is which server gives tokens for the resource and for each part of it', async () => {
    const root = '/.well-known/oauth-protected-resource';
    for (const [path, resource] of [
      ['', RESOURCE],
      ['/mcp', RESOURCE],
      [`/mcp/${'a'.repeat(32)}`, `${RESOURCE}/${'a'.repeat(32)}`],
    ]) {
      const { text, headers } = await get(`${root}${path}`);
      expect(jsonOf(text)).toMatchObject({ resource, authorization_servers: [SITE] });
      expect(headers['access-control-allow-origin']).toBe('*');
    }
  });

  it('is what the server can do: S256 alone, issuers in answers, documents as ids', async () => {
    const { text } = await get('/.well-known/oauth-authorization-server');
    expect(jsonOf(text)).toMatchObject({
      issuer: SITE,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
    });
  });

  it('has another issuer under another name of the server', async () => {
    const { text } = await ask(`${world.product.origin}/.well-known/oauth-authorization-server`);
    expect(jsonOf<{ issuer: string }>(text).issuer).toBe(world.product.origin);
  });
});

describe('a client of the SDK', () => {
  it.each([
    ['version 2', (program: SdkProgram, options: object) => auth(program, options as never)],
    [
      'version 1',
      (program: SdkProgram, options: object) => auth1(program as never, options as never),
    ],
  ])(
    'of %s logs in, is let in by a person, and gets new tokens by itself',
    async (_name, login) => {
      const program = new SdkProgram();
      const options = { serverUrl: RESOURCE, fetchFn: world.fetch };
      expect(await login(program, options)).toBe('REDIRECT');
      const { pathname, search } = program.sentTo ?? new URL(SITE);
      const { status, headers } = await decide(alice, pathname + search, 'allow');
      const back = new URL(String(headers.location));
      expect([status, back.origin + back.pathname]).toEqual([303, CALLBACK]);
      expect(back.searchParams.get('iss')).toBe(SITE);
      const authorizationCode = back.searchParams.get('code') ?? '';
      const iss = back.searchParams.get('iss') ?? '';
      expect(await login(program, { ...options, authorizationCode, iss })).toBe('AUTHORIZED');
      const first = program.tokens()?.access_token ?? '';
      expect((await world.atResource(first)).status).not.toBe(401);
      expect(await login(program, options)).toBe('AUTHORIZED');
      const second = program.tokens()?.access_token ?? '';
      expect(second).not.toBe(first);
      expect((await world.atResource(second)).status).not.toBe(401);
    },
  );
});

describe('the page that asks', () => {
  it('names the program, the place, the person and what it may; cannot be framed; nothing is given', async () => {
    const before = await programsOf(alice);
    const path = authorizePath({
      client_id: client,
      code_challenge: pkce().challenge,
      scope: 'runs',
    });
    const { status, text, headers } = await alice.open(path);
    expect(status).toBe(200);
    for (const said of [
      'Notes',
      '127.0.0.1:5555',
      'alice',
      'Run prompts for you',
      'it says so itself',
    ]) {
      expect(text).toContain(said);
    }
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(await programsOf(alice)).toEqual(before);
  });

  it('leads who is not signed in to signing in, and back to the same question', async () => {
    const browser = await world.browser();
    const path = authorizePath({ client_id: client, code_challenge: pkce().challenge });
    const asked = await browser.open(path);
    expect(asked.status).toBe(303);
    const signIn = await browser.open(String(asked.headers.location));
    const signedIn = await browser.submit('/sign-in', {
      ...fieldsOf(signIn.text),
      key: 'bob-key-0123456789',
    });
    expect(signedIn.headers.location).toBe(path);
    expect((await browser.open(String(signedIn.headers.location))).text).toContain('bob');
  });

  it('takes no for an answer', async () => {
    const path = authorizePath({ client_id: client, code_challenge: pkce().challenge });
    const { headers } = await decide(alice, path, 'deny');
    const back = new URL(String(headers.location));
    expect(Object.fromEntries(back.searchParams)).toMatchObject({
      error: 'access_denied',
      state: 'a-state',
      iss: SITE,
    });
  });

  it('decides only for the browser, the person and the question that it was shown to and about', async () => {
    const path = authorizePath({
      client_id: client,
      code_challenge: pkce().challenge,
      scope: 'runs',
    });
    const shown = fieldsOf((await alice.open(path)).text);
    const fields: Record<string, string> = { ...shown, decision: 'allow' };
    await bob.open(path);
    const otherAlice = await world.browser('alice');
    const more = { ...fields, query: `${fields['query']}&scope=connections` };
    const changed = {
      ...fields,
      query: (fields['query'] ?? '').replace('scope=runs', 'scope=connections'),
    };
    const refused = await Promise.all([
      bob.submit('/oauth/authorize', fields),
      otherAlice.submit('/oauth/authorize', fields),
      alice.submit('/oauth/authorize', more),
      alice.submit('/oauth/authorize', changed),
      alice.submit('/oauth/authorize', { ...fields, proof: '' }),
      (await world.browser()).submit('/oauth/authorize', fields),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 401]);
    expect((await alice.submit('/oauth/authorize', fields)).status).toBe(303);
  });

  it('decides nothing for a form of another site', async () => {
    const path = authorizePath({ client_id: client, code_challenge: pkce().challenge });
    const fields = { ...fieldsOf((await alice.open(path)).text), decision: 'allow' };
    const { status, text } = await alice.send('/oauth/authorize', {
      body: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'cross-site',
        accept: 'application/json',
      },
    });
    expect([status, jsonOf<{ error: { code: string } }>(text).error.code]).toEqual([
      403,
      'cross_site',
    ]);
  });

  it('asks again each time', async () => {
    await world.tokens(alice, client);
    const path = authorizePath({ client_id: client, code_challenge: pkce().challenge });
    expect((await alice.open(path)).status).toBe(200);
  });

  it('shows what a name hides', async () => {
    const evil = await world.newClient({ client_name: 'Good\u202E</h1><script>alert(1)</script>' });
    const path = authorizePath({ client_id: evil, code_challenge: pkce().challenge });
    const { text } = await alice.open(path);
    expect(text).toContain('Good⟨U+202E⟩&lt;/h1&gt;&lt;script&gt;');
  });
});

describe('what a program may not ask', () => {
  let stranger: string;
  let known: string;
  beforeAll(async () => {
    stranger = await world.newClient({ client_name: 'Stranger<b>' });
    known = await world.newClient();
    await world.tokens(alice, known);
  });
  const asked = (query: Record<string, string>) =>
    alice.open(authorizePath({ client_id: client, code_challenge: pkce().challenge, ...query }));

  it.each([
    'https://evil.example/callback',
    'http://127.0.0.1:5555/other',
    'http://127.0.0.1.evil.example:5555/callback',
    'http://evil.example/callback',
    'myapp:/callback',
    '',
  ])('to be sent to %s: nobody is', async (redirect) => {
    const { status, headers } = await asked({ redirect_uri: redirect });
    expect([status, headers.location]).toEqual([400, undefined]);
  });

  it('may have another port on loopback, which an app cannot choose before', async () => {
    expect((await asked({ redirect_uri: 'http://127.0.0.1:6001/callback' })).status).toBe(200);
  });

  it.each([
    ['plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['no method, which means plain', { code_challenge_method: '' }, 'invalid_request'],
    ['no challenge', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['another resource', { resource: 'https://other.example/mcp' }, 'invalid_target'],
    ['our other pages', { resource: `${SITE}/runs` }, 'invalid_target'],
    ['a token at once', { response_type: 'token' }, 'unsupported_response_type'],
    ['scopes of somebody else', { scope: 'admin' }, 'invalid_scope'],
  ])(
    'for %s: it is told so once it was let in, before that its person is',
    async (_what, query, error) => {
      // Anybody may register: a link of ours must not lead to where they like.
      const shown = await asked({ ...query, client_id: stranger });
      expect([shown.status, shown.headers.location]).toEqual([400, undefined]);
      expect(shown.text).toContain('Stranger&lt;b&gt;');
      expect(shown.text).toContain('Back to 127.0.0.1:5555');
      expect(errorOf(linkOf(shown.text))).toBe(error);
      const { status, headers } = await asked({ ...query, client_id: known });
      expect([status, errorOf(headers.location)]).toEqual([303, error]);
      const bobs = await bob.open(
        authorizePath({ client_id: known, code_challenge: pkce().challenge, ...query }),
      );
      expect([bobs.status, bobs.headers.location]).toEqual([400, undefined]);
    },
  );

  it('is not sent to another of its places than the one that its person saw', async () => {
    const other = 'https://other.example/callback';
    const id = await world.newClient({ redirect_uris: [CALLBACK, other] });
    await world.tokens(alice, id);
    const { status, headers } = await asked({ client_id: id, scope: 'admin', redirect_uri: other });
    expect([status, headers.location]).toEqual([400, undefined]);
  });

  it('without a challenge also with a password', async () => {
    const id = await world.newClient({ token_endpoint_auth_method: 'client_secret_post' });
    const { text } = await asked({ client_id: id, code_challenge: '', code_challenge_method: '' });
    expect(errorOf(linkOf(text))).toBe('invalid_request');
  });

  it('twice at once, or under a name that nobody registered', async () => {
    const twice = `${authorizePath({ client_id: client, code_challenge: 'x' })}&client_id=other`;
    expect((await alice.open(twice)).status).toBe(400);
    expect((await asked({ client_id: 'aaaaaaaaaaaaaaaa' })).status).toBe(400);
  });
});

describe('a code', () => {
  it('works once; a second time ends what it gave', async () => {
    const { verifier, challenge } = pkce();
    const code = await world.code(alice, { client_id: client, code_challenge: challenge });
    const fields = { client_id: client, code, code_verifier: verifier };
    const { access_token } = await world.exchange(fields);
    expect((await world.atResource(access_token)).status).not.toBe(401);
    expect((await world.exchange(fields)).error).toBe('invalid_grant');
    expect((await world.atResource(access_token)).status).toBe(401);
  });

  it('gives tokens to one of many who bring it at the same moment, and then to none', async () => {
    const { verifier, challenge } = pkce();
    const code = await world.code(alice, { client_id: client, code_challenge: challenge });
    const fields = { client_id: client, code, code_verifier: verifier };
    const all = await Promise.all(Array.from({ length: 6 }, () => world.exchange(fields)));
    const given = all.filter(({ error }) => error === undefined);
    expect(given).toHaveLength(1);
    expect((await world.atResource(given[0]?.access_token ?? '')).status).toBe(401);
  });

  it.each([
    ['another verifier', { code_verifier: pkce().verifier }, 'invalid_grant'],
    ['another place', { redirect_uri: 'http://127.0.0.1:7000/callback' }, 'invalid_grant'],
    ['another resource', { resource: 'https://other.example/mcp' }, 'invalid_target'],
  ])('gives nothing with %s', async (_what, changed, error) => {
    const { verifier, challenge } = pkce();
    const code = await world.code(alice, { client_id: client, code_challenge: challenge });
    const fields = { client_id: client, code, code_verifier: verifier, ...changed };
    expect((await world.exchange(fields)).error).toBe(error);
  });

  it('gives nothing to another program', async () => {
    const { verifier, challenge } = pkce();
    const code = await world.code(alice, { client_id: client, code_challenge: challenge });
    const other = await world.newClient();
    const { error } = await world.exchange({ client_id: other, code, code_verifier: verifier });
    expect(error).toMatch(/^invalid_(?:client|grant)$/);
  });
});

describe('a refresh token', () => {
  it('is given only where staying was asked for, by scope or by registering for it', async () => {
    const once = await world.newClient({ grant_types: ['authorization_code'] });
    expect((await world.tokens(alice, once, 'runs')).refresh_token).toBeUndefined();
    expect((await world.tokens(alice, once)).refresh_token).toBeDefined();
    expect((await world.tokens(alice, client, 'runs')).scope).toBe('runs offline_access');
  });

  it('is another one each time; the one before works once more when the answer was lost', async () => {
    const first = await world.tokens(alice, client);
    const lost = await world.refresh(client, first.refresh_token ?? '');
    const second = await world.refresh(client, first.refresh_token ?? '');
    expect([lost.error, second.error]).toEqual([undefined, undefined]);
    expect(new Set([first.refresh_token, lost.refresh_token, second.refresh_token]).size).toBe(3);
    expect((await world.atResource(second.access_token)).status).not.toBe(401);
  });

  it('that two used ends all of it: nobody knows which of them stole it', async () => {
    const first = await world.tokens(alice, client);
    const second = await world.refresh(client, first.refresh_token ?? '');
    const third = await world.refresh(client, second.refresh_token ?? '');
    expect((await world.atResource(third.access_token)).status).not.toBe(401);
    expect((await world.refresh(client, first.refresh_token ?? '')).error).toBe('invalid_grant');
    expect((await world.atResource(third.access_token)).status).toBe(401);
    expect((await world.refresh(client, third.refresh_token ?? '')).error).toBe('invalid_grant');
  });

  it('that was never given ends nothing', async () => {
    const { access_token, refresh_token = '' } = await world.tokens(alice, client);
    const made = refresh_token.replace(/[^:]+$/, 'x'.repeat(32));
    expect((await world.refresh(client, made)).error).toBe('invalid_grant');
    expect((await world.atResource(access_token)).status).not.toBe(401);
  });
});

describe('an access token', () => {
  it('is nothing in the address, or anywhere but at the resource', async () => {
    const { access_token } = await world.tokens(alice, client);
    expect((await world.atResource(null, `/mcp?access_token=${access_token}`)).status).toBe(401);
    const authorization = `Bearer ${access_token}`;
    const elsewhere = await Promise.all([
      ask(`${world.product.origin}/runs`, { headers: { ...HOST, authorization } }),
      ask(`${world.product.origin}/connections`, { headers: { ...HOST, authorization } }),
      ask(`${world.product.origin}/`, { headers: { ...HOST, authorization }, body: 'Say hello.' }),
    ]);
    expect(elsewhere.map(({ status }) => status)).toEqual([401, 401, 401]);
  });

  it('is taken back by the program, alone or with everything', async () => {
    const { access_token, refresh_token = '' } = await world.tokens(alice, client);
    const asked = { client_id: client };
    expect((await world.send('/oauth/revoke', { ...asked, token: access_token })).status).toBe(200);
    expect((await world.atResource(access_token)).status).toBe(401);
    const next = await world.refresh(client, refresh_token);
    const token = next.refresh_token ?? '';
    expect((await world.send('/oauth/revoke', { ...asked, token })).status).toBe(200);
    expect((await world.atResource(next.access_token)).status).toBe(401);
    expect((await world.refresh(client, token)).error).toBe('invalid_grant');
  });

  it('is not taken back by another program', async () => {
    const { access_token } = await world.tokens(alice, client);
    const other = await world.newClient();
    await world.tokens(alice, other);
    await world.send('/oauth/revoke', { client_id: other, token: access_token });
    expect((await world.atResource(access_token)).status).not.toBe(401);
  });
});

describe('the person who let programs in', () => {
  it('sees their own, and ends one with all its tokens; nobody else can', async () => {
    const [mine, theirs] = await Promise.all([
      world.newClient({ client_name: 'Mine' }),
      world.newClient(),
    ]);
    const tokens = await world.tokens(alice, mine);
    const others = await world.tokens(bob, theirs);
    const program = (await programsOf(alice)).find(({ name }) => name === 'Mine');
    expect(program).toMatchObject({
      object: 'program',
      client_id: mine,
      scope: 'runs offline_access',
    });
    expect((await programsOf(bob)).map(({ name }) => name)).not.toContain('Mine');
    expect((await alice.open('/connections')).text).toContain('Programs that may act for you');
    const path = `/connections/programs/${program?.id}`;
    expect((await bob.submit(path, { action: 'end' })).status).toBe(404);
    expect((await world.atResource(tokens.access_token)).status).not.toBe(401);
    expect((await alice.submit(path, { action: 'end' })).status).toBe(303);
    expect((await world.atResource(tokens.access_token)).status).toBe(401);
    expect((await world.refresh(mine, tokens.refresh_token ?? '')).error).toBe('invalid_grant');
    expect((await world.atResource(others.access_token)).status).not.toBe(401);
  });

  it('replaces what a program had by letting it in again', async () => {
    const first = await world.tokens(alice, client);
    await world.tokens(alice, client);
    expect((await world.atResource(first.access_token)).status).toBe(401);
  });
});

describe('a program whose id is the address of a document', () => {
  // What strangers may have a server read is counted.
  let other: OauthWorld;
  let carol: Browser;
  beforeAll(async () => {
    other = await OauthWorld.start();
    carol = await other.browser('alice');
  });
  afterAll(() => other[Symbol.asyncDispose]());

  const documentAt = async (change: (document: Record<string, unknown>) => unknown) => {
    let reads = 0;
    const peer = await httpPeer((_request, response) => {
      reads += 1;
      const document = {
        client_id: url,
        client_name: 'Documented',
        redirect_uris: [CALLBACK],
      };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(change(document)));
    });
    const url = `http://${peer.host}/client.json`;
    return { url, reads: () => reads, [Symbol.asyncDispose]: () => peer.stop() };
  };

  it('is let in under the name of the host; the document is read once', async () => {
    await using place = await documentAt((document) => document);
    const { url, reads } = place;
    const page = await carol.open(
      authorizePath({ client_id: url, code_challenge: pkce().challenge }),
    );
    expect(page.text).toContain('Documented');
    expect(page.text).toContain(new URL(url).host);
    const { access_token } = await other.tokens(carol, url);
    expect((await other.atResource(access_token)).status).not.toBe(401);
    expect(reads()).toBe(1);
  });

  it.each([
    ['is about another id', (it: object) => ({ ...it, client_id: 'https://other.example/' })],
    ['has no name', (it: object) => ({ ...it, client_name: ' ' })],
    ['has a name of ten kilobytes', (it: object) => ({ ...it, client_name: 'x'.repeat(10_000) })],
    ['has a password', (it: object) => ({ ...it, client_secret: 'x' })],
    [
      'wants a password',
      (it: object) => ({ ...it, token_endpoint_auth_method: 'client_secret_post' }),
    ],
    ['names no place', (it: object) => ({ ...it, redirect_uris: [] })],
    ['is no object', () => []],
    ['is too long', (it: object) => ({ ...it, more: 'x'.repeat(20_000) })],
  ])('is refused when the document %s', async (_what, change) => {
    await using place = await documentAt(change);
    const { url } = place;
    const path = authorizePath({ client_id: url, code_challenge: pkce().challenge });
    expect((await carol.open(path)).status).toBe(400);
  });

  it.each([
    'https://10.0.0.1/client.json',
    'http://public.example/client.json',
    'https://localhost/c',
  ])('is refused at %s, where nothing is fetched', async (url) => {
    const path = authorizePath({ client_id: url, code_challenge: pkce().challenge });
    const { status, headers } = await carol.open(path);
    expect([status, headers.location]).toEqual([422, undefined]);
  });

  it('is not read for somebody who is not signed in', async () => {
    await using place = await documentAt((document) => document);
    const { url, reads } = place;
    const browser = await other.browser();
    await browser.open(authorizePath({ client_id: url, code_challenge: pkce().challenge }));
    await other.exchange({ client_id: url, code: 'a:b:c', code_verifier: 'x' });
    expect(reads()).toBe(0);
  });
});

describe('a server that is killed', () => {
  it('knows all tokens when it is there again, and still no code a second time', async () => {
    const STATE_DIR = mkdtempSync(join(tmpdir(), 'markdownops-'));
    const first = await OauthWorld.start({ STATE_DIR });
    const person = await first.browser('alice');
    const id = await first.newClient();
    const { verifier, challenge } = pkce();
    const code = await first.code(person, { client_id: id, code_challenge: challenge });
    const fields = { client_id: id, code, code_verifier: verifier };
    const tokens = await first.exchange(fields);
    process.kill(first.product.workerdPid(), 'SIGKILL');
    await first.product.ended;

    await using again = await OauthWorld.start({ STATE_DIR });
    expect((await again.atResource(tokens.access_token)).status).not.toBe(401);
    const next = await again.refresh(id, tokens.refresh_token ?? '');
    expect((await again.atResource(next.access_token)).status).not.toBe(401);
    expect((await again.exchange(fields)).error).toBe('invalid_grant');
    expect((await again.atResource(next.access_token)).status).toBe(401);
    rmSync(STATE_DIR, { recursive: true, force: true });
  });
});

describe('what is left behind', () => {
  it('is no token, no code and no verifier, in files or in what was printed', async () => {
    const { verifier, challenge } = pkce();
    const code = await world.code(alice, {
      client_id: client,
      code_challenge: challenge,
      scope: 'runs offline_access',
    });
    const tokens = await world.exchange({ client_id: client, code, code_verifier: verifier });
    const next = await world.refresh(client, tokens.refresh_token ?? '');
    const secrets = [
      code,
      tokens.access_token,
      tokens.refresh_token,
      next.access_token,
      next.refresh_token,
    ];
    const canaries = [verifier, ...secrets.map((each) => (each ?? '').split(':')[2] ?? '')];
    expect(canaries.every((each) => each.length > 30)).toBe(true);
    const files = keptFiles(join(world.product.stateDir, 'runs'));
    expect(files.some((text) => text.includes('grant:'))).toBe(true);
    for (const canary of canaries) {
      expect(files.filter((text) => text.includes(canary))).toEqual([]);
      expect(world.product.printed()).not.toContain(canary);
    }
  });
});

describe('registering', () => {
  let other: OauthWorld;
  beforeAll(async () => {
    other = await OauthWorld.start();
  });
  afterAll(() => other[Symbol.asyncDispose]());

  it.each([
    ['no place', { redirect_uris: [] }, 400],
    ['a script for a place', { redirect_uris: ['javascript:alert(1)'] }, 400],
    ['a place without https', { redirect_uris: ['http://evil.example/'] }, 400],
    ['eleven places', { redirect_uris: Array.from({ length: 11 }, () => CALLBACK) }, 400],
    ['a long name', { client_name: 'x'.repeat(201) }, 400],
    ['ten kilobytes', { contacts: ['x'.repeat(10_240)] }, 413],
  ])('is refused with %s', async (_what, more, status) => {
    expect((await other.register(more)).status).toBe(status);
  });

  it.each([
    ['/oauth/token', 'refresh_token'],
    ['/oauth/revoke', 'token'],
  ])(
    'leaves whoever tries out tokens at %s waiting, and nobody else',
    { timeout: 120_000 },
    async (path, name) => {
      const grant = path === '/oauth/token' ? { grant_type: 'refresh_token' } : {};
      const guess = () =>
        other.send(path, { ...grant, client_id: 'x', [name]: `a:b:${Math.random()}` });
      const refusal = await vi.waitFor(
        async () => {
          const answers = await Promise.all(Array.from({ length: 50 }, guess));
          const refused = answers.find(({ status }) => status === 429);
          expect(refused).toBeDefined();
          return refused;
        },
        { timeout: 60_000, interval: 0 },
      );
      expect(Number(refusal?.headers['retry-after'])).toBeGreaterThan(0);
      expect(jsonOf(refusal?.text ?? '')).toMatchObject({ error: 'temporarily_unavailable' });
      // Who has a code that this server gave is counted for themselves.
      const browser = await other.browser('alice');
      expect((await other.tokens(browser, await other.newClient())).access_token).toBeDefined();
    },
  );

  it('is possible for pages of other sites, and so often from one address', async () => {
    const page = { origin: 'https://page.example', 'sec-fetch-site': 'cross-site' };
    const preflight = await ask(`${other.product.origin}/oauth/register`, {
      method: 'OPTIONS',
      headers: { ...HOST, ...page },
    });
    expect(preflight.headers['access-control-allow-origin']).toBe('*');
    const all = new Set<number>();
    for (let count = 0; count < 25; count += 1) all.add((await other.register()).status);
    expect([...all]).toEqual([201, 429]);
    const refused = await other.register();
    expect(jsonOf(refused.text)).toMatchObject({ error: 'temporarily_unavailable' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });
});
