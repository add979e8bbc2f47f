import type { JsonObject } from '../protocol/json.ts';
import { readChallenge } from './challenge.ts';
import type { Challenge } from './challenge.ts';
import { getJson } from './exchange.ts';
import type { Asking } from './exchange.ts';
import { scopesOf } from './scopes.ts';
import { isSameOrigin, strangerUrl } from './stranger-url.ts';
import { hostOf, unavailable } from './unavailable.ts';

/** What a tool server says of itself. @see RFC 9728 */
export interface ResourceMetadata {
  /** Exactly as written; it is sent like that. */
  readonly resource: string;
  /** The authorization server to use: the first one. */
  readonly issuer: string;
  readonly scopes: readonly string[];
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/**
 * Reads the metadata of a server: from where its challenge said, then from the well-known place
 * with the server's path, then from the one without.
 * @param stated the `resource_metadata` of a challenge; ignored when of another origin, because
 *   only the server's own origin may say who logs people in to it
 * @throws Fault `login_unavailable`, and those of the fetch
 * @see spec/tool-servers.md TS-30, TS-31
 */
export async function resourceMetadata(
  server: string,
  stated: string | null,
  asking: Asking,
): Promise<ResourceMetadata> {
  for (const place of placesOf(server, stated)) {
    const { status, body } = await getJson(place, asking);
    if (status === 200 && body !== null) return checked(body, server, place);
  }
  throw unavailable(
    `${hostOf(server)} wants a login but does not say where. Its operator must publish OAuth protected resource metadata, or give you a token to put in authorization:.`,
  );
}

function placesOf(server: string, stated: string | null): readonly string[] {
  const { origin, pathname } = new URL(server);
  const path = pathname.replace(/\/$/, '');
  const own = stated !== null && isSameOrigin(stated, server) ? strangerUrl(stated, server) : null;
  const places = [`${origin}${WELL_KNOWN}${path}`, `${origin}${WELL_KNOWN}`];
  return [...new Set(own === null ? places : [own, ...places])];
}

function checked(body: JsonObject, server: string, place: string): ResourceMetadata {
  const host = hostOf(server);
  const { resource } = body;
  if (
    typeof resource !== 'string' ||
    resource.length > 2048 ||
    !isResourceOf(resource, server, place)
  ) {
    throw unavailable(`${host} says it is another server, so no login for it can be trusted.`);
  }
  const servers = body['authorization_servers'];
  const first: unknown = Array.isArray(servers) ? servers[0] : undefined;
  const issuer = strangerUrl(first, server);
  if (issuer === null || new URL(issuer).search !== '') {
    throw unavailable(`${host} names no authorization server that can be used.`);
  }
  return { resource, issuer, scopes: scopesOf(body['scopes_supported']) };
}

/**
 * Whether a server may call itself that: its own URL, or less of its path, down to the origin.
 * Less is believed at a well-known place only. Elsewhere one tenant of a host could name the whole
 * host, and would be given a token that is good for its neighbours.
 */
function isResourceOf(resource: string, server: string, place: string): boolean {
  if (!URL.canParse(resource) || resource.includes('#')) return false;
  const named = new URL(resource);
  const own = new URL(server);
  if (named.origin !== own.origin || named.username + named.password !== '') return false;
  const path = named.pathname.replace(/\/$/, '');
  const ownPath = own.pathname.replace(/\/$/, '');
  if (path === ownPath) return named.search === own.search || named.search === '';
  const isWellKnown = new URL(place).pathname.startsWith(WELL_KNOWN);
  return isWellKnown && named.search === '' && ownPath.startsWith(`${path}/`);
}

/**
 * What a server answers without a token, when no run has met it yet. The request only lists tools.
 * A server that does not answer with a challenge is no fault here: the well-known places are left.
 */
export async function probed(server: string, asking: Asking): Promise<Challenge> {
  const headers = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': '2025-11-25',
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
  const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(10_000)]);
  try {
    const init = { method: 'POST', redirect: 'manual', headers, body, signal } as const;
    const response = await asking.fetch(server, init);
    await response.body?.cancel().catch(() => undefined);
    return readChallenge(response.status === 401 ? response.headers.get('www-authenticate') : null);
  } catch {
    asking.signal.throwIfAborted();
    return readChallenge(null);
  }
}
