import type { Json, JsonObject } from '../protocol/json.ts';
import { getJson } from './exchange.ts';
import type { Asking } from './exchange.ts';
import { scopesOf } from './scopes.ts';
import { strangerUrl } from './stranger-url.ts';
import { hostOf, unavailable } from './unavailable.ts';

/** What an authorization server says of itself, checked. @see RFC 8414, OpenID Connect Discovery 1.0 */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly registration_endpoint: string | null;
  readonly revocation_endpoint: string | null;
  readonly scopes: readonly string[];
  /** How clients may show who they are at the token endpoint. */
  readonly auth_methods: readonly string[];
  /** Whether it promises `iss` in its answers. @see RFC 9207 */
  readonly is_iss_sent: boolean;
  /** Whether a client may be the address of a document. */
  readonly takes_documents: boolean;
}

/**
 * Finds the metadata of an issuer: RFC 8414, then OpenID with the path inserted, then OpenID with
 * the path in front. The metadata must be of exactly this issuer and offer PKCE with S256.
 * @throws Fault `login_unavailable`, and those of the fetch
 * @see spec/tool-servers.md TS-32
 */
export async function authorizationServer(
  issuer: string,
  asking: Asking,
): Promise<AuthorizationServer> {
  for (const place of placesOf(issuer)) {
    const { status, body } = await getJson(place, asking);
    if (status === 200 && body !== null) return checked(body, issuer);
  }
  throw unavailable(`${hostOf(issuer)} publishes no authorization server metadata.`);
}

function placesOf(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const oauth = `${origin}/.well-known/oauth-authorization-server${path}`;
  const openid = `${origin}/.well-known/openid-configuration${path}`;
  return path === ''
    ? [oauth, openid]
    : [oauth, openid, `${origin}${path}/.well-known/openid-configuration`];
}

function checked(body: JsonObject, issuer: string): AuthorizationServer {
  const host = hostOf(issuer);
  // Exactly, without normalization: a server that speaks for another one could collect its codes.
  if (body['issuer'] !== issuer) {
    throw unavailable(`The metadata at ${host} is of another issuer, so it is not used.`);
  }
  if (!stringsOf(body['code_challenge_methods_supported']).includes('S256')) {
    throw unavailable(`${host} does not offer PKCE with S256, without which a login is not safe.`);
  }
  const endpoint = (name: string): string => {
    const url = strangerUrl(body[name], issuer);
    if (url !== null) return url;
    throw unavailable(`The ${name} of ${host} is not an address that can be used.`);
  };
  const optional = (name: string): string | null =>
    body[name] === undefined || body[name] === null ? null : endpoint(name);
  const methods = body['token_endpoint_auth_methods_supported'];
  return {
    issuer,
    authorization_endpoint: endpoint('authorization_endpoint'),
    token_endpoint: endpoint('token_endpoint'),
    registration_endpoint: optional('registration_endpoint'),
    revocation_endpoint: optional('revocation_endpoint'),
    scopes: scopesOf(body['scopes_supported']),
    auth_methods: methods === undefined ? ['client_secret_basic'] : stringsOf(methods),
    is_iss_sent: body['authorization_response_iss_parameter_supported'] === true,
    takes_documents: body['client_id_metadata_document_supported'] === true,
  };
}

function stringsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item: unknown) => typeof item === 'string') : [];
}
