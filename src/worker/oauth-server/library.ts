import { OAuthAuthorizationServer } from '@cloudflare/workers-oauth-provider';
import type { ClientInfo } from '@cloudflare/workers-oauth-provider';
import { resourceOf } from './resource.ts';
import { SCOPES } from './scopes.ts';

/** Where the library keeps its rows; the part of a `KVNamespace` that it uses. */
export interface LibraryRows {
  get(key: string, how?: { readonly type: 'json' }): unknown;
  put(key: string, value: string, options?: { readonly expirationTtl?: number }): unknown;
  delete(key: string): unknown;
  list(wish?: {
    readonly prefix?: string;
    readonly limit?: number;
    readonly cursor?: string;
  }): unknown;
}

/** The binding under which the library looks for them. */
export interface LibraryEnv {
  readonly OAUTH_KV: LibraryRows;
}

/** Seconds that an access token works. */
const ACCESS_S = 3600;

/** Seconds that a program may stay away before it has to ask again. */
const REFRESH_S = 30 * 86_400;

/** Seconds that a registration lasts that somebody used. */
export const REGISTRATION_S = 90 * 86_400;

/**
 * The authorization server of an origin. It fetches nothing: its own reading of metadata documents is
 * off, since only a guarded fetch may go where a stranger's text says.
 * @param onRefused told why a request was refused, as the library names it
 */
export function authorizationServer(
  origin: string,
  onRefused: (reason: string) => void = () => {},
): OAuthAuthorizationServer<LibraryEnv> {
  return new OAuthAuthorizationServer<LibraryEnv>({
    issuer: origin,
    authorizeEndpoint: '/oauth/authorize',
    tokenEndpoint: '/oauth/token',
    clientRegistrationEndpoint: '/oauth/register',
    resources: [resourceOf(origin)],
    scopesSupported: [...SCOPES],
    accessTokenTTL: ACCESS_S,
    refreshTokenTTL: REFRESH_S,
    refreshTokenIdleTTL: REFRESH_S,
    clientRegistrationTTL: REGISTRATION_S,
    tokenExchangeCallback: ({ scope }) =>
      scope.includes('offline_access') ? undefined : { refreshTokenTTL: 0 },
    onError: ({ internal }) => onRefused(internal.reason),
  });
}

/** Rows that hold one client and nothing else, for what the library decides about a request alone. */
export function rowsOf(client: ClientInfo | null): LibraryRows {
  return {
    get: (key) => (client !== null && key === `client:${client.clientId}` ? client : null),
    put: () => {},
    delete: () => {},
    list: () => ({ keys: [], list_complete: true }),
  };
}

/** A request to one of the library's endpoints. */
export function toLibrary(
  server: OAuthAuthorizationServer<LibraryEnv>,
  request: Request,
  rows: LibraryRows,
): Promise<Response> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is handed on to handlers, and there are none
  return server.fetch(request, { OAUTH_KV: rows }, {} as ExecutionContext);
}
