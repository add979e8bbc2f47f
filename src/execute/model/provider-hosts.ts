import { KNOWN_PROVIDERS } from './providers.ts';

/** A host that speaks `/chat/completions` and that callers may name with keys of their own. */
export interface ProviderHost {
  /** As it stands in the path: a host name in lower case, with its port where that is not 443. */
  readonly host: string;
  readonly origin: string;
  /** Sends usage by itself and answers 422 to `stream_options` (Mistral). */
  readonly sendsUsageUnasked?: boolean;
  /** Configured by the operator of this server, so it may be local and need no key. */
  readonly isOperators: boolean;
}

/** Hosts of one account each, whose path the caller gives. */
const MORE_HOSTS = ['api.cloudflare.com', 'gateway.ai.cloudflare.com'];

const KNOWN_HOSTS: readonly ProviderHost[] = [
  ...KNOWN_PROVIDERS.map(({ baseUrl, sendsUsageUnasked }) => ({
    ...hostOf(baseUrl, false),
    ...(sendsUsageUnasked === undefined ? {} : { sendsUsageUnasked }),
  })),
  ...MORE_HOSTS.map((host) => hostOf(`https://${host}`, false)),
];

/**
 * Every host to which a caller's key may be sent. Looked up and never put together from the
 * request: a path must not be able to name a host of its own.
 * @param more origins that the operator added
 * @see spec/completions.md CC-12
 */
export function providerHosts(more: readonly string[]): ReadonlyMap<string, ProviderHost> {
  const own = more.map((origin) => hostOf(origin, true));
  return new Map([...KNOWN_HOSTS, ...own].map((entry) => [entry.host, entry]));
}

function hostOf(url: string, isOperators: boolean): ProviderHost {
  const { host, origin } = new URL(url);
  return { host, origin, isOperators };
}
