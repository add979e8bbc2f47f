import { Fault } from '../fault/fault.ts';
import { CALLBACK_PATH } from './principal-logins.ts';
import { ownOrigins } from './guards.ts';
import { json } from '../connect/responses.ts';
import type { Settings } from './settings.ts';

/**
 * `GET /oauth/client.json`: who we are as an OAuth client, for authorization servers that take the
 * address of this document as a client id.
 * @throws Fault `not_found` where no authorization server could read it
 * @see draft-ietf-oauth-client-id-metadata-document
 */
export function clientDocument(request: Request, settings: Settings): Response {
  const client_id = settings.clientMetadataUrl;
  if (client_id === null) throw new Fault('not_found');
  const origins = new Set(ownOrigins(request, settings));
  const body = {
    client_id,
    client_name: 'MarkdownOps',
    client_uri: settings.publicOrigin ?? new URL(client_id).origin,
    redirect_uris: [...origins].map((origin) => origin + CALLBACK_PATH),
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  return json(body, 200, { 'cache-control': 'public, max-age=3600' });
}
