import type { LoginParts } from './code-flow.ts';
import { postAs } from './token-request.ts';
import type { Grant } from './vault-row.ts';

const TIME_MS = 5_000;

/**
 * Asks the authorization server to end a login: the refresh token first, because it could make new
 * access tokens. What fails is left at that, the login is forgotten here anyway.
 * @see RFC 7009
 */
export async function revoke(parts: LoginParts, grant: Grant, caller: AbortSignal): Promise<void> {
  const { options, discovery, clients } = parts;
  const signal = AbortSignal.any([caller, AbortSignal.timeout(TIME_MS)]);
  try {
    const { revocation_endpoint: endpoint } = await discovery.serverOf(grant.issuer, signal);
    if (endpoint === null) return;
    const client = clients.current(grant.issuer, grant.client);
    const tokens = { refresh_token: grant.refresh_token, access_token: grant.access_token };
    for (const [token_type_hint, token] of Object.entries(tokens)) {
      if (token === null) continue;
      const asking = { fetch: options.fetch, signal };
      await postAs(endpoint, { token, token_type_hint }, client, asking);
    }
  } catch {
    // A server that is away must not keep a person from disconnecting.
  }
}
