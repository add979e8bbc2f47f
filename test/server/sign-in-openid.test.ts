/** Signing in with an OpenID provider on the running product, with tokens that do not hold too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { Browser } from '../support/login-product.ts';
import { authorizePath, CALLBACK, decide, pkce } from '../support/oauth-program.ts';
import { CLIENT_ID, CLIENT_SECRET, openIdServer } from '../support/openid-server.ts';
import type { OpenIdBehaviour } from '../support/openid-server.ts';
import { startProduct, startUntilEnd } from '../support/product.ts';
import { SignInWorld } from '../support/sign-in-world.ts';

let world: SignInWorld;
beforeAll(async () => {
  world = await SignInWorld.start({ SECRET_TOKEN: 'of-the-house' });
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  Object.assign(world.openId.behaviour, RIGHT);
});

const RIGHT: OpenIdBehaviour = {
  claims: {},
  signs: 'RS256',
  iss: null,
  denies: null,
  metadata: {},
};
const OIDC = { SIGN_IN: 'oidc', OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'x' };
type Wish = Partial<OpenIdBehaviour> & { readonly issued?: boolean };
const seconds = (offset: number) => Math.floor(Date.now() / 1000) + offset;

describe('signing in with an OpenID provider', () => {
  it('uses the code flow with a challenge, a state and a nonce, and the secret as a form field', async () => {
    const browser = await world.signedIn('oidc');
    const query = Object.fromEntries(world.openId.queries.at(-1) ?? []);
    expect(query).toMatchObject({
      response_type: 'code',
      client_id: CLIENT_ID,
      redirect_uri: 'http://prompts.example/sign-in/oidc/callback',
      scope: 'openid profile email',
      code_challenge_method: 'S256',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(query[name]).toMatch(/^[\w-]{43}$/);
    }
    expect(world.openId.forms.at(-1)?.get('code_verifier')).toMatch(/^[\w-]{43}$/);
    const account = await browser.open('/account');
    expect(account.text).toContain('ann@people.example');
    expect(account.text).not.toContain('OpenRouter');
  });

  it('is the same person each time, and another one for another subject', async () => {
    const principal = async () => {
      const browser = await world.signedIn('oidc');
      const { text } = await browser.send('/account', { headers: { accept: 'application/json' } });
      return (JSON.parse(text) as { principal: string }).principal;
    };
    const first = await principal();
    expect(first).toMatch(/^user:i[0-9A-Za-z]{26}$/);
    expect(await principal()).toBe(first);
    world.openId.behaviour.claims = { sub: 'bob-at-the-provider' };
    expect(await principal()).not.toBe(first);
  });

  it('uses the models of the server', async () => {
    const browser = await world.signedIn('oidc');
    const run = await world.run(browser, 'What is 17 * 23?');
    expect(run.status).toBe('completed');
    expect(world.openRouter.paid).toHaveLength(0);
  });

  it('keeps nothing of what the provider gave, and no secret of the client', async () => {
    await world.signedIn('oidc');
    const written = world.written();
    expect(world.openId.secrets.length).toBeGreaterThan(2);
    for (const secret of [...world.openId.secrets, CLIENT_SECRET]) {
      expect(written.some((text) => text.includes(secret))).toBe(false);
    }
  });

  it.each([
    ['a token of ES256', { signs: 'ES256' }],
    ['an answer that names the issuer', { issued: true }],
    [
      'a token for several that was made for us',
      { claims: { aud: [CLIENT_ID, 'b'], azp: CLIENT_ID } },
    ],
  ] satisfies [string, Wish][])('takes %s', async (_what, { issued, ...behaviour }: Wish) => {
    Object.assign(world.openId.behaviour, behaviour);
    if (issued === true) world.openId.behaviour.iss = world.openId.issuer;
    await world.signedIn('oidc');
  });

  it('takes a token that ended a moment ago', async () => {
    world.openId.behaviour.claims = { exp: seconds(-5) };
    await world.signedIn('oidc');
  });

  it.each([
    ['a nonce of another sign-in', { claims: { nonce: 'another' } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['another issuer', { claims: { iss: 'https://evil.example' } }],
    ['another audience', { claims: { aud: 'somebody-else' } }],
    ['several audiences and none it was made for', { claims: { aud: [CLIENT_ID, 'b'] } }],
    ['another party it was made for', { claims: { azp: 'somebody-else' } }],
    ['an end that is over', { claims: { exp: seconds(-120) } }],
    ['no end', { claims: { exp: undefined } }],
    ['no subject', { claims: { sub: undefined } }],
    ['no signature', { signs: 'none' }],
    ['a signature with the secret of the client', { signs: 'secret' }],
    ['a signature of a stranger', { signs: 'stranger' }],
    ['an answer in the name of another issuer', { iss: 'https://evil.example' }],
    ['a no', { denies: 'access_denied' }],
    [
      'no issuer where one was promised',
      { metadata: { authorization_response_iss_parameter_supported: true } },
    ],
  ] satisfies [string, Partial<OpenIdBehaviour>][])('refuses %s', async (_what, behaviour) => {
    Object.assign(world.openId.behaviour, behaviour);
    const browser = world.browser();
    const back = await world.signIn(browser, 'oidc');
    expect(back.headers.location).toBe('/sign-in?failed=login_denied&return=%2Faccount');
    expect((await browser.open('/account')).status).toBe(401);
  });

  it.each([
    ['metadata of another issuer', { issuer: 'https://evil.example' }],
    ['an endpoint inside the network', { token_endpoint: 'http://10.0.0.1/token' }],
    ['no keys', { jwks_uri: undefined }],
  ])('does not begin with %s', async (_what, metadata) => {
    world.openId.behaviour.metadata = metadata;
    const sent = await world.browser().submit('/sign-in/oidc', { return: '/account' });
    expect(sent.headers.location).toBe('/sign-in?failed=login_unavailable&return=%2Faccount');
  });
});

describe('a provider of whose people some may come', () => {
  it('lets in by the address that it verified, and by nothing else', async () => {
    await using other = await SignInWorld.start({
      SIGN_IN: 'oidc',
      OIDC_ALLOW: 'ann@people.example, @House.example',
    });
    for (const [claims, place] of [
      [{ email_verified: true }, '/account'],
      [{ email: 'BOB@house.example', email_verified: true }, '/account'],
      [{}, '/sign-in'],
      [{ email_verified: 'true' }, '/sign-in'],
      [{ email: 'bob@people.example', email_verified: true }, '/sign-in'],
      [{ email: 'eve@house.example.evil.example', email_verified: true }, '/sign-in'],
      [{ email: undefined, email_verified: true }, '/sign-in'],
    ] as const) {
      other.openId.behaviour.claims = claims;
      const back = await other.signIn(other.browser(), 'oidc');
      expect([claims, String(back.headers.location).split('?')[0]]).toEqual([claims, place]);
    }
  });
});

describe('somebody whom the operator lets in no more', () => {
  it('has no session, no key and no program, and has them again when let in again', async () => {
    await using openId = await openIdServer();
    openId.behaviour.claims = { email_verified: true };
    const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
    const settings = {
      STATE_DIR: stateDir,
      SIGN_IN: 'oidc',
      OIDC_ISSUER: openId.issuer,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
    };
    const first = await startProduct({ ...settings, OIDC_ALLOW: '@people.example' });
    const { origin } = first;
    const { port } = new URL(origin);
    const browser = new Browser(origin);
    const sent = await browser.submit('/sign-in/oidc', { return: '/account' });
    await browser.open(await openId.visit(String(sent.headers.location)));
    const json = { accept: 'application/json', 'content-type': 'application/json' };
    const made = await browser.send('/account/keys', { body: '{"name": "k"}', headers: json });
    const { key } = JSON.parse(made.text) as { key: string };
    const token = await tokenFor(browser, origin);
    await first.stop();

    /** What session, key and program of then are worth under other settings. */
    const worth = async (more: Readonly<Record<string, string>>) => {
      const product = await startProduct({ ...settings, PORT: port, ...more });
      const session = await browser.send('/account', { headers: json });
      const authorization = `Bearer ${key}`;
      const byKey = await ask(`${origin}/runs`, { headers: { ...json, authorization } });
      const byProgram = await ask(`${origin}/mcp`, {
        headers: { ...json, authorization: `Bearer ${token}` },
        body: '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}',
      });
      await product.stop();
      const { principal } = JSON.parse(session.text) as { principal: string };
      return [principal.startsWith('user:'), byKey.status, byProgram.status !== 401];
    };
    expect(await worth({ OIDC_ALLOW: 'bob@people.example' })).toEqual([false, 401, false]);
    expect(await worth({ OIDC_ALLOW: 'Ann@people.example' })).toEqual([true, 200, true]);
    expect(await worth({ OIDC_ISSUER: 'https://id.example' })).toEqual([false, 401, false]);
    rmSync(stateDir, { recursive: true, force: true });
  });
});

/** The access token of a program that whoever signed in lets in. */
async function tokenFor(browser: Browser, origin: string): Promise<string> {
  const { text } = await ask(`${origin}/oauth/register`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }),
  });
  const { client_id } = JSON.parse(text) as { client_id: string };
  const { verifier, challenge } = pkce();
  const wish = { client_id, code_challenge: challenge, resource: `${origin}/mcp` };
  const { headers } = await decide(browser, authorizePath(wish), 'allow');
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id,
    code: new URL(String(headers.location)).searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: CALLBACK,
  });
  const given = await ask(`${origin}/oauth/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  return (JSON.parse(given.text) as { access_token: string }).access_token;
}

describe('the settings of signing in', () => {
  it.each([
    [{ SIGN_IN: 'facebook' }, 'SIGN_IN must be openrouter, oidc'],
    [{ SIGN_IN: 'oidc' }, 'OIDC_ISSUER must be'],
    [{ SIGN_IN: 'oidc', OIDC_ISSUER: 'https://id.example' }, 'OIDC_CLIENT_ID must be'],
    [{ ...OIDC, OIDC_ALLOW: 'people.example' }, 'OIDC_ALLOW must be'],
    [
      { SIGN_IN: 'openrouter', OPENROUTER_ORIGIN: 'https://a.example/b' },
      'OPENROUTER_ORIGIN must be',
    ],
  ])('are refused when wrong: %j', async (env, problem) => {
    const { code, stderr } = await startUntilEnd(env);
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });

  it('offer only what is switched on', async () => {
    await using other = await SignInWorld.start({ SIGN_IN: 'openrouter' });
    expect((await other.browser().submit('/sign-in/oidc')).status).toBe(404);
    expect((await other.browser().open('/sign-in')).text).not.toContain('/sign-in/oidc');
  });
});
