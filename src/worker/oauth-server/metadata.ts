import { json } from '../../connect/responses.ts';
import type { Settings } from '../settings.ts';
import { issuerOf, resourcePathOf } from './resource.ts';
import { SCOPES } from './scopes.ts';

/** How clients learn where to log in and how. Nothing of it is about anybody. */

const CACHED = { 'cache-control': 'public, max-age=300' };

/** What any use of `/mcp` needs; a program asks for more when it wants more. */
export const FIRST_SCOPES = ['runs', 'connections'] as const;

/**
 * `GET /.well-known/oauth-authorization-server`
 * @see RFC 8414
 */
export function serverMetadata(request: Request, settings: Settings): Response {
  const issuer = issuerOf(request, settings);
  const authMethods = ['none', 'client_secret_post', 'client_secret_basic'];
  return json(
    {
      issuer,
      authorization_endpoint: `${issuer}/oauth/authorize`,
      token_endpoint: `${issuer}/oauth/token`,
      registration_endpoint: `${issuer}/oauth/register`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      scopes_supported: SCOPES,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: authMethods,
      revocation_endpoint_auth_methods_supported: authMethods,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
    },
    200,
    CACHED,
  );
}

/**
 * `GET /.well-known/oauth-protected-resource` and the same with the path of the resource behind it.
 * @see RFC 9728
 */
export function resourceMetadata(request: Request, settings: Settings): Response {
  const issuer = issuerOf(request, settings);
  const { pathname } = new URL(request.url);
  const path = resourcePathOf(pathname.slice('/.well-known/oauth-protected-resource'.length));
  return json(
    {
      resource: issuer + path,
      authorization_servers: [issuer],
      scopes_supported: FIRST_SCOPES,
      bearer_methods_supported: ['header'],
      resource_name: 'MarkdownOps',
    },
    200,
    CACHED,
  );
}
