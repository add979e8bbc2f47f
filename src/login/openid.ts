import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet, JWTPayload } from 'jose';
import { Fault } from '../fault/fault.ts';
import { isObject } from '../protocol/json.ts';
import type { Json, JsonObject } from '../protocol/json.ts';
import { getJson } from './exchange.ts';
import type { Asking } from './exchange.ts';
import { digest } from './random.ts';
import { strangerUrl } from './stranger-url.ts';
import { postAs } from './token-request.ts';
import { hostOf, unavailable } from './unavailable.ts';
import type { OAuthClient } from './vault-row.ts';

/**
 * Learning from an OpenID provider who somebody is. Its tokens are looked at once and kept nowhere.
 * @see OpenID Connect Core 1.0 section 3.1, OpenID Connect Discovery 1.0, RFC 7636, RFC 9207
 */

/** Who we are at an OpenID provider. */
export interface OpenIdClient {
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
  readonly redirectUri: string;
}

/** What one sign-in is checked against; all of it random and kept by one browser. */
export interface OpenIdFlow {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Somebody, as the provider says it. */
export interface OpenIdPerson {
  readonly subject: string;
  /** Their address, name or subject, for a person to read. */
  readonly person: string;
  /** Their address where the provider says that it is theirs. */
  readonly email: string | null;
}

interface OpenIdProvider {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly auth_methods: readonly string[];
  /** Whether it promises `iss` in its answers. */
  readonly is_iss_sent: boolean;
}

/** Signed with a key of the provider; `none` and keys that both sides share prove nothing here. */
const ALGORITHMS = ['RS256', 'ES256'];
/** Seconds by which the provider's clock may differ from ours. */
const CLOCK_S = 60;
const MAX_TOKEN = 16_384;

/**
 * The address to send the browser to.
 * @throws Fault `login_unavailable`, and those of the fetch
 */
export async function openIdAddress(
  client: OpenIdClient,
  { state, nonce, verifier }: OpenIdFlow,
  asking: Asking,
): Promise<string> {
  const { authorization_endpoint } = await providerOf(client.issuer, asking);
  const url = new URL(authorization_endpoint);
  const parameters = {
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope: 'openid profile email',
    state,
    nonce,
    code_challenge: await digest(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/**
 * Trades what the browser brought back for who it is. The state was compared before.
 * @throws Fault `login_denied` when the provider said no or its answer does not hold,
 *   `login_unavailable`, and those of the fetch
 */
export async function openIdPerson(
  client: OpenIdClient,
  returned: URLSearchParams,
  flow: OpenIdFlow,
  asking: Asking,
): Promise<OpenIdPerson> {
  const provider = await providerOf(client.issuer, asking);
  const issuers = returned.getAll('iss');
  // Mix-up: a code of another server must not be sent to this one.
  const isMissing = issuers.length === 0 && provider.is_iss_sent;
  if (isMissing || issuers.some((issuer) => issuer !== client.issuer)) throw denied(client);
  const [code, ...more] = returned.getAll('code');
  if (code === undefined || more.length > 0 || returned.has('error')) throw denied(client);
  const token = await idToken(client, provider, { code, verifier: flow.verifier }, asking);
  const { body } = await getJson(provider.jwks_uri, asking);
  return personIn(await claimsIn(token, body, client), client, flow);
}

async function idToken(
  client: OpenIdClient,
  { token_endpoint, auth_methods }: OpenIdProvider,
  { code, verifier }: { readonly code: string; readonly verifier: string },
  asking: Asking,
): Promise<string> {
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: client.redirectUri,
  };
  const { status, body } = await postAs(
    token_endpoint,
    form,
    oauthClient(client, auth_methods),
    asking,
  );
  if (status >= 500 || status === 429) {
    throw unavailable(`${hostOf(client.issuer)} signs nobody in now. Try again later.`, true);
  }
  const token = status === 200 ? body?.['id_token'] : undefined;
  if (typeof token !== 'string' || token.length > MAX_TOKEN) throw denied(client);
  return token;
}

function oauthClient(
  { clientId, clientSecret }: OpenIdClient,
  methods: readonly string[],
): OAuthClient {
  const common = { client_id: clientId, source: 'registered' } as const;
  if (clientSecret === null) return { ...common, method: 'none' };
  const isPosted =
    !methods.includes('client_secret_basic') && methods.includes('client_secret_post');
  const method = isPosted ? 'client_secret_post' : 'client_secret_basic';
  return { ...common, client_secret: clientSecret, method };
}

/** @throws Fault `login_denied` for a token of anybody else, for anybody else, or that is over */
async function claimsIn(
  token: string,
  keys: JsonObject | null,
  client: OpenIdClient,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keySet(keys)), {
      issuer: client.issuer,
      audience: client.clientId,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_S,
      requiredClaims: ['sub', 'exp', 'iat', 'nonce'],
    });
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JOSEError || cause instanceof TypeError)
      throw denied(client, cause);
    throw cause;
  }
}

function personIn(claims: JWTPayload, client: OpenIdClient, flow: OpenIdFlow): OpenIdPerson {
  const { sub, nonce, aud, azp } = claims;
  // Replay: a token that was made for another sign-in has another nonce.
  if (nonce !== flow.nonce || typeof sub !== 'string' || sub === '' || sub.length > 255) {
    throw denied(client);
  }
  const isShared = Array.isArray(aud) && aud.length > 1;
  if (isShared ? azp !== client.clientId : azp !== undefined && azp !== client.clientId) {
    throw denied(client);
  }
  const names = [claims['email'], claims['preferred_username'], claims['name']];
  const person = names.filter((name) => typeof name === 'string').find((name) => name !== '');
  const { email, email_verified: isVerified } = claims;
  const isTheirs = isVerified === true && typeof email === 'string';
  return { subject: sub, person: person ?? sub, email: isTheirs ? email : null };
}

/** Each key is checked when it is imported. */
function keySet(body: JsonObject | null): JSONWebKeySet {
  const keys: unknown = body?.['keys'];
  if (!Array.isArray(keys)) throw new TypeError('No key set.');
  return { keys: keys.slice(0, 32).filter(isKey) };
}

function isKey(value: unknown): value is JSONWebKeySet['keys'][number] {
  return isObject(value) && typeof value['kty'] === 'string';
}

/** @throws Fault `login_unavailable` */
async function providerOf(issuer: string, asking: Asking): Promise<OpenIdProvider> {
  const place = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { status, body } = await getJson(place, asking);
  const host = hostOf(issuer);
  // Exactly: a server that speaks for another one could sign in as anybody of it.
  if (status !== 200 || body?.['issuer'] !== issuer) {
    throw unavailable(`${host} does not publish OpenID metadata of this issuer.`);
  }
  const endpoint = (name: string): string => {
    const url = strangerUrl(body[name], issuer);
    if (url !== null) return url;
    throw unavailable(`The ${name} of ${host} is not an address that can be used.`);
  };
  const methods = body['token_endpoint_auth_methods_supported'];
  return {
    authorization_endpoint: endpoint('authorization_endpoint'),
    token_endpoint: endpoint('token_endpoint'),
    jwks_uri: endpoint('jwks_uri'),
    auth_methods: methods === undefined ? ['client_secret_basic'] : stringsOf(methods),
    is_iss_sent: body['authorization_response_iss_parameter_supported'] === true,
  };
}

function stringsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item: unknown) => typeof item === 'string') : [];
}

function denied({ issuer }: OpenIdClient, cause?: unknown): Fault {
  return new Fault('login_denied', `${hostOf(issuer)} did not sign you in.`, { cause });
}
