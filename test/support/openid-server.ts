/** An OpenID provider of our own on loopback, whose tokens a test can spoil in every way. */
import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import type { JWTPayload } from 'jose';

import { httpPeer } from './peers.ts';

/** How it behaves; everything may be changed while it runs. */
export interface OpenIdBehaviour {
  /** Claims that replace the right ones; `undefined` leaves one out. */
  claims: Readonly<Record<string, unknown>>;
  /** How the token is signed: with its key, one of a stranger, the client's secret, or not at all. */
  signs: 'RS256' | 'ES256' | 'stranger' | 'secret' | 'none';
  /** The `iss` of the answer in the address; null leaves it out. */
  iss: string | null;
  /** Answers of the authorization endpoint instead of a code. */
  denies: string | null;
  /** Members of the metadata that replace the usual ones. */
  metadata: Readonly<Record<string, unknown>>;
}

/** An OpenID provider that approves everybody at once. */
export interface OpenIdServer extends AsyncDisposable {
  readonly issuer: string;
  readonly behaviour: OpenIdBehaviour;
  /** What the token endpoint was asked, in order. */
  readonly forms: readonly URLSearchParams[];
  /** What the authorization endpoint was asked, in order. */
  readonly queries: readonly URLSearchParams[];
  /** Every code and token it ever gave out. */
  readonly secrets: readonly string[];
  /** Plays the browser: opens the address and gives back the path and query it is sent to. */
  visit(url: string): Promise<string>;
}

export const CLIENT_ID = 'markdownops-tests';
export const CLIENT_SECRET = 'a-client-secret-of-tests-0123456789';

/** Starts an OpenID provider. */
export async function openIdServer(): Promise<OpenIdServer> {
  const behaviour: OpenIdBehaviour = {
    claims: {},
    signs: 'RS256',
    iss: null,
    denies: null,
    metadata: {},
  };
  const pairs = {
    RS256: await generateKeyPair('RS256'),
    ES256: await generateKeyPair('ES256'),
    stranger: await generateKeyPair('RS256'),
  };
  const keys = await Promise.all(
    (['RS256', 'ES256'] as const).map(async (alg) => ({
      ...(await exportJWK(pairs[alg].publicKey)),
      kid: alg,
      alg,
      use: 'sig',
    })),
  );
  const codes = new Map<string, URLSearchParams>();
  const [forms, queries]: URLSearchParams[][] = [[], []];
  const secrets: string[] = [];

  const peer = await httpPeer(async (request, response, body) => {
    const url = new URL(request.url ?? '/', peer.origin);
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return json(response, 200, metadata());
      case '/authorize':
        queries?.push(url.searchParams);
        return authorize(response, url.searchParams);
      case '/token':
        forms?.push(new URLSearchParams(body));
        return token(response, new URLSearchParams(body));
      case '/jwks':
        return json(response, 200, { keys });
      default:
        return json(response, 404, {});
    }
  });

  function metadata(): object {
    return {
      issuer: peer.origin,
      authorization_endpoint: `${peer.origin}/authorize`,
      token_endpoint: `${peer.origin}/token`,
      jwks_uri: `${peer.origin}/jwks`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'none'],
      ...behaviour.metadata,
    };
  }

  function authorize(response: ServerResponse, query: URLSearchParams): void {
    const back = new URL(query.get('redirect_uri') ?? '');
    back.searchParams.set('state', query.get('state') ?? '');
    if (behaviour.iss !== null) back.searchParams.set('iss', behaviour.iss);
    if (behaviour.denies === null) {
      const code = `code-${randomBytes(12).toString('hex')}`;
      secrets.push(code);
      codes.set(code, query);
      back.searchParams.set('code', code);
    } else {
      back.searchParams.set('error', behaviour.denies);
    }
    response.writeHead(302, { location: back.href }).end();
  }

  async function token(response: ServerResponse, form: URLSearchParams): Promise<void> {
    const asked = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isRight =
      asked?.get('code_challenge') === proof &&
      asked.get('redirect_uri') === form.get('redirect_uri') &&
      form.get('client_secret') === CLIENT_SECRET;
    if (!isRight) return json(response, 400, { error: 'invalid_grant' });
    const id_token = await signed(asked.get('nonce') ?? '');
    secrets.push(id_token);
    return json(response, 200, { access_token: 'unused', token_type: 'Bearer', id_token });
  }

  function signed(nonce: string): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims: JWTPayload = {
      iss: peer.origin,
      aud: CLIENT_ID,
      sub: 'ann-at-the-provider',
      email: 'ann@people.example',
      iat: now,
      exp: now + 300,
      nonce,
      ...behaviour.claims,
    };
    const { signs } = behaviour;
    if (signs === 'none') return Promise.resolve(new UnsecuredJWT(claims).encode());
    if (signs === 'secret') {
      const key = new TextEncoder().encode(CLIENT_SECRET);
      return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key);
    }
    const alg = signs === 'stranger' ? 'RS256' : signs;
    return new SignJWT(claims).setProtectedHeader({ alg, kid: alg }).sign(pairs[signs].privateKey);
  }

  return {
    issuer: peer.origin,
    behaviour,
    forms: forms ?? [],
    queries: queries ?? [],
    secrets,
    visit: async (url) => {
      const sent = await fetch(url, { redirect: 'manual' });
      const { pathname, search } = new URL(sent.headers.get('location') ?? '');
      return pathname + search;
    },
    [Symbol.asyncDispose]: () => peer.stop(),
  };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
