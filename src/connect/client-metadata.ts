import { json } from './responses.ts';

/** Who somebody is as an OAuth client. */
export interface ClientMetadata {
  /** Address of the document itself. */
  readonly client_id: string;
  readonly client_name: string;
  readonly client_uri: string;
  readonly redirect_uris: readonly string[];
}

/**
 * The document for authorization servers that take its address as a client id.
 * @see draft-ietf-oauth-client-id-metadata-document
 */
export function clientMetadata(metadata: ClientMetadata): Response {
  const body = {
    ...metadata,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  return json(body, 200, { 'cache-control': 'public, max-age=3600' });
}
