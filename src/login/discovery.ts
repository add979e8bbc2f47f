import { authorizationServer } from './authorization-server.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import type { LoginFetch } from './exchange.ts';
import type { LoginTarget } from './login.ts';
import { probed, resourceMetadata } from './resource-metadata.ts';
import type { ResourceMetadata } from './resource-metadata.ts';
import { targetKey } from './vault.ts';
import type { Vault } from './vault.ts';

/** Who logs people in to a tool server, and what it asked for. */
export interface Place {
  readonly resource: ResourceMetadata;
  readonly server: AuthorizationServer;
  /** The scopes of the challenge; null when it named none. */
  readonly challenged: string | null;
  readonly is_widening: boolean;
}

/** Finds out who logs people in. What was found is used for ten minutes, or until it proves wrong. */
export interface Discovery {
  placeOf(target: LoginTarget, signal: AbortSignal): Promise<Place>;
  resourceOf(target: LoginTarget, signal: AbortSignal): Promise<ResourceMetadata>;
  serverOf(issuer: string, signal: AbortSignal): Promise<AuthorizationServer>;
  /** The server refused: what is known of it may be stale. */
  forget(url: string, issuer?: string): void;
}

interface DiscoveryOptions {
  readonly fetch: LoginFetch;
  readonly now: () => number;
  readonly vault: Vault;
}

/** With the scopes that the server asked for when it was asked without a token. */
interface Found extends ResourceMetadata {
  readonly probed: string | null;
}

const FRESH_MS = 600_000;
const MAX_KNOWN = 64;

export function discovery({ fetch, now, vault }: DiscoveryOptions): Discovery {
  const resources = remembered<Found>(now);
  const servers = remembered<AuthorizationServer>(now);

  const serverOf = async (issuer: string, signal: AbortSignal): Promise<AuthorizationServer> =>
    servers.get(issuer) ??
    servers.set(issuer, await authorizationServer(issuer, { fetch, signal }));

  const resourceOf = async (target: LoginTarget, signal: AbortSignal): Promise<Found> => {
    const known = resources.get(target.url);
    if (known !== null) return known;
    const asked = await vault.get('challenge', await targetKey(target));
    const probe = asked === null ? await probed(target.url, { fetch, signal }) : null;
    const stated = asked?.resource_metadata ?? probe?.resourceMetadata ?? null;
    const found = await resourceMetadata(target.url, stated, { fetch, signal });
    return resources.set(target.url, { ...found, probed: probe?.scope ?? null });
  };

  return {
    resourceOf,
    serverOf,
    placeOf: async (target, signal) => {
      const resource = await resourceOf(target, signal);
      const asked = await vault.get('challenge', await targetKey(target));
      return {
        resource,
        server: await serverOf(resource.issuer, signal),
        challenged: asked === null ? resource.probed : asked.scope,
        is_widening: asked?.is_widening ?? false,
      };
    },
    forget: (url, issuer) => {
      resources.delete(url);
      if (issuer !== undefined) servers.delete(issuer);
    },
  };
}

/** A few values, each for a while. */
function remembered<Value>(now: () => number): {
  get(key: string): Value | null;
  set(key: string, value: Value): Value;
  delete(key: string): void;
} {
  const known = new Map<string, { readonly value: Value; readonly until: number }>();
  return {
    get: (key) => {
      const found = known.get(key);
      return found !== undefined && found.until > now() ? found.value : null;
    },
    set: (key, value) => {
      known.delete(key);
      const [oldest] = known.keys();
      if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
      known.set(key, { value, until: now() + FRESH_MS });
      return value;
    },
    delete: (key) => void known.delete(key),
  };
}
