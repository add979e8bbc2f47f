import type { EgressFaults, GuardedFetch, GuardedFetchOptions } from '../egress/guarded-fetch.ts';
import { guardedFetch } from '../egress/guarded-fetch.ts';
import type { Env } from './env.ts';
import type { Settings } from './settings.ts';

/** Bytes of one response: a reference and a tool result keep 1 MB, with room for what is cut. */
const MAX_BYTES = 4_194_304;

/** Bytes of a model's answer as a stream; every token is a few hundred. */
const MAX_MODEL_BYTES = 67_108_864;

/** Standard Webhooks gives a receiver 15 to 30 seconds. */
const CALLBACK_LIMITS = {
  maxBytes: 65_536,
  headTimeoutMs: 15_000,
  idleTimeoutMs: 15_000,
  totalTimeoutMs: 15_000,
  hops: { get: 0, post: 0 },
} as const satisfies Partial<GuardedFetchOptions>;

/** For whom the network is. */
export interface NetworkUse {
  readonly env: Env;
  readonly settings: Settings;
  /** Origin under which we were asked; null when it is one of the settings'. */
  readonly origin: string | null;
  /** Whether the local addresses that the operator opened may be reached. */
  readonly isTrusted: boolean;
  /** Codes for what fails, where it is not a tool server. */
  readonly faults?: Partial<EgressFaults>;
}

/** The guarded fetches of a run or a login, by the role of who is asked. */
export interface Network {
  /** Hosts that a prompt, a tool, a redirect or a discovery document names. */
  readonly forPrompts: GuardedFetch;
  /** Receivers of callbacks: the same places, fifteen seconds for everything, no redirect. */
  readonly forCallbacks: GuardedFetch;
  /** A tool server that the operator configured, and in that role only. */
  forServer(url: string): GuardedFetch;
  /** The endpoint of a model provider, which only the operator can configure. */
  forModel(url: string): GuardedFetch;
  /**
   * The same for a host of the table that a caller names, with its answer as the platform gives it:
   * counting bytes in a stream costs more than the stream. Redirects are not followed.
   */
  direct(url: string, init: RequestInit): Promise<Response>;
}

/** The one way out of this server. @see spec/egress.md */
export function network({ env, settings, origin, isTrusted, faults }: NetworkUse): Network {
  const common = {
    ownHosts: ownHosts(settings, origin),
    maxBytes: MAX_BYTES,
    headTimeoutMs: 120_000,
    idleTimeoutMs: 120_000,
    totalTimeoutMs: Infinity,
    hops: { get: 3, post: 0 },
    faults: faults ?? {},
  } as const satisfies Partial<GuardedFetchOptions>;
  const ofOperator = (url: string): GuardedFetchOptions => ({
    ...common,
    ownHosts: [],
    allow: env.OPERATOR_NETWORK === undefined ? [] : [place(url)],
    transport: transport(env.OPERATOR_NETWORK),
  });
  const ofPrompts: GuardedFetchOptions = {
    ...common,
    allow: isTrusted ? settings.egressAllow : [],
    transport: transport(env.LOCAL_NETWORK),
  };
  return {
    forPrompts: guardedFetch(ofPrompts),
    forCallbacks: guardedFetch({ ...ofPrompts, ...CALLBACK_LIMITS }),
    forServer: (url) => guardedFetch(ofOperator(url)),
    forModel: (url) =>
      guardedFetch({
        ...ofOperator(url),
        maxBytes: MAX_MODEL_BYTES,
        faults: { limit: 'model_garbage', redirect: 'model_rejected' },
      }),
    direct: (url, init) => {
      const options: RequestInit = { ...init, redirect: 'manual' };
      const isPublic = new URL(url).protocol === 'https:';
      if (isPublic || env.OPERATOR_NETWORK === undefined) return internet(url, options);
      return env.OPERATOR_NETWORK.fetch(url, options);
    },
  };
}

/** The open internet, and what is local where the launcher bound a network for it. */
function transport(local: Fetcher | undefined): GuardedFetchOptions['transport'] {
  if (local === undefined) return { internet };
  return { internet, local: (url, init) => local.fetch(url, init) };
}

/** The platform's own network, taken here and nowhere else: everything goes through the guard. */
function internet(url: string, init: RequestInit): Promise<Response> {
  // oxlint-disable-next-line no-restricted-globals -- this is what the guarded fetch guards
  return fetch(url, init);
}

/** Names of this server, so that a run cannot call it over the network in a circle. */
function ownHosts(settings: Settings, origin: string | null): string[] {
  const origins = [origin, settings.publicOrigin, settings.localOrigin];
  const hosts = origins.flatMap((each) => (each === null ? [] : [place(each)]));
  if (settings.localOrigin === null) return hosts;
  const { port } = new URL(settings.localOrigin);
  return [...hosts, ...['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`)];
}

/** `host:port` of a URL with the port always written. */
function place(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}
