import { Fault } from '../../fault/fault.ts';
import type { ProviderHost } from '../../execute/model/provider-hosts.ts';

/** Headers of a caller that a provider is given; everything else is between the caller and us. */
const ASKED = new Set([
  'accept',
  'accept-language',
  'anthropic-beta',
  'anthropic-version',
  'api-key',
  'authorization',
  'content-type',
  'http-referer',
  'idempotency-key',
  'openai-beta',
  'openai-organization',
  'openai-project',
  'user-agent',
  'x-api-key',
  'x-goog-api-key',
  'x-title',
]);
const ASKED_PREFIX = /^(?:cf-aig-|x-stainless-)/;

/** Headers of a provider that a caller is given: a cookie or a policy would be set in our name. */
const ANSWERED = new Set([
  'retry-after',
  'retry-after-ms',
  'request-id',
  'x-request-id',
  'x-should-retry',
]);
const ANSWERED_PREFIX = /^(?:anthropic-|openai-|x-ratelimit-|x-groq-|cf-aig-)/;

/** Types in which a provider's answer may come; a page of its would run in our origin. */
const TYPES =
  /^(?:application\/(?:json|x-ndjson|octet-stream)|text\/event-stream|audio\/[\w.+-]+)/i;

/** The headers that go along to the provider. */
export function providerHeaders(request: Request): Headers {
  const headers = new Headers();
  for (const [name, value] of request.headers) {
    if (ASKED.has(name) || ASKED_PREFIX.test(name)) headers.set(name, value);
  }
  return headers;
}

/** Whether the request carries a key for the provider. */
export function hasKey(request: Request): boolean {
  const names = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cf-aig-authorization'];
  return names.some((name) => request.headers.has(name));
}

/**
 * Passes a request on to its provider as it is, and the answer back, byte for byte and without
 * looking at it: reading a stream here costs five times as much for every token.
 * @param path with its query, as the caller wrote it
 * @see spec/completions.md CC-13
 */
export async function passOn(
  request: Request,
  { host, path, body }: { host: ProviderHost; path: string; body: BodyInit | null },
  send: (url: string, init: RequestInit) => Promise<Response>,
): Promise<Response> {
  const reached = send(`${host.origin}${path}`, {
    method: request.method,
    headers: providerHeaders(request),
    body,
    // A redirect would take the key to a host that is not in the table.
    redirect: 'manual',
    signal: request.signal,
  });
  const response = await reached.catch((cause: unknown) => {
    throw new Fault('model_unavailable', `${host.host} gave no answer.`, { cause });
  });
  return passedBack(response);
}

/** The provider's answer with the headers that a caller may have. */
export function passedBack(response: Response): Response {
  const headers = new Headers();
  for (const [name, value] of response.headers) {
    if (ANSWERED.has(name) || ANSWERED_PREFIX.test(name)) headers.set(name, value);
  }
  const type = response.headers.get('content-type') ?? '';
  headers.set('content-type', TYPES.test(type) ? type : 'application/octet-stream');
  const isRedirect = response.status >= 300 && response.status < 400;
  return new Response(isRedirect ? null : response.body, {
    status: isRedirect ? 502 : response.status,
    headers,
  });
}
