import { Fault } from '../fault/fault.ts';
import type { FaultCode } from '../fault/fault.ts';
import { checkAddress } from './address-policy.ts';
import type { AddressPolicy } from './address-policy.ts';
import { deadline, reasonOf } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { limitedBody } from './limited-body.ts';
import { outgoing, redirected, transportInit } from './outgoing.ts';
import type { Outgoing } from './outgoing.ts';

/** What really opens connections: the platform's `fetch`, or one bound to some network. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/** The one door to the network. Takes what `fetch` takes. */
export type GuardedFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export interface GuardedFetchOptions extends AddressPolicy {
  readonly transport: {
    /** Reaches public addresses only, checked after DNS where the platform can. */
    readonly internet: FetchLike;
    /** Reaches loopback only. Without it nothing local can be reached, whatever is allowed. */
    readonly local?: FetchLike;
  };
  /** Bytes of a response body after decompression. */
  readonly maxBytes: number;
  /** Milliseconds until the headers of one hop are there; connecting included. */
  readonly headTimeoutMs: number;
  /** Milliseconds between two chunks of the body. */
  readonly idleTimeoutMs: number;
  /** Milliseconds for all hops and the whole body; `Infinity` for none. */
  readonly totalTimeoutMs: number;
  /** Redirects that are followed; GET stands for HEAD too, POST for every other method. */
  readonly hops: { readonly get: number; readonly post: number };
  /** Codes for what fails, when they are not those of a tool server. */
  readonly faults?: Partial<EgressFaults>;
}

/** Which fault says what. `address_refused` is the same everywhere. */
export interface EgressFaults {
  /** No connection, or it broke. Whether a name resolved to a refused address is not told apart. */
  readonly unreachable: FaultCode;
  readonly timeout: FaultCode;
  /** More than `maxBytes`. */
  readonly limit: FaultCode;
  /** A redirect where none may be followed. */
  readonly redirect: FaultCode;
}

const FAULT_CODES: EgressFaults = {
  unreachable: 'server_unreachable',
  timeout: 'server_timeout',
  limit: 'server_limit',
  redirect: 'server_error',
};

/** Why a redirect was a fault: for a caller who may send the same request to its target. */
export class RefusedRedirect extends Error {
  readonly status: number;
  readonly target: URL;

  constructor(status: number, target: URL) {
    super('The address redirects.');
    this.status = status;
    this.target = target;
  }
}

/**
 * Makes the guarded fetch. Every address that came from a prompt, a tool, a redirect or a discovery
 * document goes through one of these.
 *
 * The `Response` has the final `url`; its body is counted as it is read and fails with a Fault past
 * a limit. With `redirect: 'manual'` a GET's redirect is handed back for the caller to judge.
 * @throws Fault `address_refused`, and the codes of `options.faults`. An abort by the caller's
 *   signal is thrown as the signal's own reason.
 * @see spec/egress.md
 */
export function guardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const codes = { ...FAULT_CODES, ...options.faults };
  return async (input, init) => {
    const request = await outgoing(input, init).catch((cause: unknown) => {
      throw new Fault('address_refused', 'This is not an absolute URL.', { cause });
    });
    const limit = deadline(request.signal, options.totalTimeoutMs, () => new Fault(codes.timeout));
    try {
      const { response, url } = await followed(request, options, codes, limit);
      return delivered(response, url, { options, codes, limit });
    } catch (error) {
      limit.stop(error);
      limit.end();
      throw error;
    }
  };
}

/** Sends the request and follows redirects, every hop under the same policy as the first. */
async function followed(
  first: Outgoing,
  options: GuardedFetchOptions,
  codes: EgressFaults,
  limit: Deadline,
): Promise<{ response: Response; url: URL }> {
  const isRead = first.method === 'GET' || first.method === 'HEAD';
  let request = first;
  let network = permitted(first.url, options);
  for (let hopsLeft = isRead ? options.hops.get : options.hops.post; ; hopsLeft -= 1) {
    const response = await sent(request, transportOf(network, options), options, limit).catch(
      (cause: unknown) => {
        throw limit.signal.aborted
          ? reasonOf(limit.signal)
          : new Fault(codes.unreachable, undefined, { cause });
      },
    );
    const target = redirectTarget(response, request.url);
    if (target === undefined || (isRead && request.redirect === 'manual')) {
      return { response, url: request.url };
    }
    await response.body?.cancel().catch(() => undefined);
    if (hopsLeft <= 0 || request.redirect === 'error') {
      const cause = new RefusedRedirect(response.status, target);
      const message = 'The address redirects, and that is not followed here.';
      throw new Fault(codes.redirect, message, { cause });
    }
    const from = network;
    network = permitted(target, options);
    if (from === 'internet' && network === 'local') {
      // A public page must not steer a run to the developer's own machine.
      throw new Fault('address_refused', 'A public address may not redirect to a local one.');
    }
    request = redirected(request, target);
  }
}

function permitted(url: URL, options: GuardedFetchOptions): 'internet' | 'local' {
  const decision = checkAddress(url, options);
  if (!decision.ok) throw new Fault('address_refused', decision.why);
  return decision.network;
}

function transportOf(network: 'internet' | 'local', options: GuardedFetchOptions): FetchLike {
  const transport = options.transport[network];
  if (transport === undefined) {
    throw new Fault('address_refused', 'Local addresses cannot be reached from here.');
  }
  return transport;
}

function sent(
  request: Outgoing,
  transport: FetchLike,
  options: GuardedFetchOptions,
  limit: Deadline,
): Promise<Response> {
  if (limit.signal.aborted) return Promise.reject(reasonOf(limit.signal));
  const init = transportInit(request, limit.signal);
  return limit.within(options.headTimeoutMs, transport(request.url.href, init));
}

function redirectTarget(response: Response, base: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get('location');
  return location !== null && URL.canParse(location, base.href)
    ? new URL(location, base)
    : undefined;
}

interface Delivery {
  readonly options: GuardedFetchOptions;
  readonly codes: EgressFaults;
  readonly limit: Deadline;
}

/** A response of our own around the counted body. The transport's is never changed. */
function delivered(response: Response, url: URL, { options, codes, limit }: Delivery): Response {
  const { status, statusText, body } = response;
  if (status < 200 || status > 599) throw new Fault(codes.unreachable);
  const headers = new Headers(response.headers);
  // These describe the bytes on the wire; what is handed on is decompressed.
  if (headers.has('content-encoding')) headers.delete('content-length');
  headers.delete('content-encoding');
  const isEmpty = body === null || [204, 205, 304].includes(status);
  if (isEmpty) limit.end();
  const limits = {
    maxBytes: options.maxBytes,
    idleMs: options.idleTimeoutMs,
    tooMuch: () => new Fault(codes.limit),
    failed: (cause: unknown) =>
      limit.signal.aborted
        ? reasonOf(limit.signal)
        : new Fault(codes.unreachable, undefined, { cause }),
  };
  const counted = isEmpty ? null : limitedBody(body, limits, limit);
  const answer = new Response(counted, { status, statusText, headers });
  return Object.defineProperty(answer, 'url', { value: url.href });
}
