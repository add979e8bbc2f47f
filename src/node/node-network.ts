import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { Agent, buildConnector, fetch as undiciFetch } from 'undici';
import type { FetchLike } from '../egress/guarded-fetch.ts';
import { isLoopbackAddress, isPublicAddress } from '../egress/ip-range.ts';

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** How names become addresses; the system's resolver outside tests. */
export type Resolver = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** The networks of a process on Node. */
export interface NodeNetwork {
  /** Connects to public addresses only, judged after DNS. */
  readonly internet: FetchLike;
  /** Connects to loopback only. */
  readonly local: FetchLike;
  /** Connects to any address; only for hosts that the person at the command line chose. */
  readonly anywhere: FetchLike;
}

/**
 * Transports for the guarded fetch on Node. The address that DNS gave is judged and then used for
 * the socket itself, so a name that points inside, or changes its answer, reaches nothing.
 * @see spec/egress.md EG-6
 */
export function nodeNetwork(resolve: Resolver = lookup): NodeNetwork {
  return {
    internet: fetchWithin(isPublicAddress, resolve),
    local: fetchWithin(isLoopbackAddress, resolve),
    anywhere: fetchWithin(() => true, resolve),
  };
}

function fetchWithin(isAllowed: (ip: string) => boolean, resolve: Resolver): FetchLike {
  const connect = buildConnector({ lookup: guardedLookup(isAllowed, resolve) });
  const dispatcher = new Agent({
    // A socket to a host that is already a number never asks the lookup.
    connect: (options, callback) => {
      const host = options.hostname.replace(/^\[|\]$/g, '');
      if (isIP(host) !== 0 && !isAllowed(host)) callback(outside(), null);
      else connect(options, callback);
    },
    // The guarded fetch keeps the time.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return async (url, init) => {
    const own = { ...init, headers: [...new Headers(init.headers)], dispatcher };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same web interface, declared twice: by undici and by the platform's types
    const response = await undiciFetch(url, own as Parameters<typeof undiciFetch>[1]);
    return response;
  };
}

/** One address that is not allowed spoils the whole answer: names are not tried in parts. */
function guardedLookup(isAllowed: (ip: string) => boolean, resolve: Resolver) {
  return (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null) callback(error, []);
      else if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) {
        callback(outside(), []);
      } else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function outside(): Error {
  return new Error('The address is outside the network that may be reached.');
}
