import { clientMetadata } from '../../connect/client-metadata.ts';
import { Fault } from '../../fault/fault.ts';
import { CALLBACK_PATH } from '../principal/principal-logins.ts';
import { ownOrigins } from '../guards.ts';
import type { Settings } from '../settings.ts';

/**
 * `GET /oauth/client.json`: who we are as an OAuth client.
 * @throws Fault `not_found` where no authorization server could read it
 */
export function clientDocument(request: Request, settings: Settings): Response {
  const client_id = settings.clientMetadataUrl;
  if (client_id === null) throw new Fault('not_found');
  const origins = new Set(ownOrigins(request, settings));
  return clientMetadata({
    client_id,
    client_name: 'MarkdownOps',
    client_uri: settings.publicOrigin ?? new URL(client_id).origin,
    redirect_uris: [...origins].map((origin) => origin + CALLBACK_PATH),
  });
}
