/** A body as every platform's `fetch` takes it; not all of them declare a name for it. */
type Body = NonNullable<RequestInit['body']>;

/** A request as it is sent, hop by hop: parts that every `fetch` understands, and nothing else. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Body | null;
  readonly signal: AbortSignal | null;
  readonly redirect: 'follow' | 'manual' | 'error';
}

/**
 * Headers that belong to the connection. `Host` would let a request to one allowed server speak to
 * another behind the same address; the rest desynchronise what follows (request smuggling).
 */
const OF_THE_CONNECTION = [
  'host',
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * Said where the caller says nothing: a Worker's own fetch sends no such header, and GitHub's API and
 * many a firewall refuse a request without one.
 */
const USER_AGENT = 'MarkdownOps';

/** What may go on to another origin. Everything else may be a credential, whatever its name. */
const SAFE_ELSEWHERE = new Set(['accept', 'accept-language', 'content-type', 'user-agent']);

/**
 * Reads what callers of `fetch` pass: the openai SDK and the MCP transports give a string or URL
 * and an init, others a `Request`. Unknown members of the init (a dispatcher, a cache mode) are
 * left behind, so a caller cannot swap the transport.
 * @throws TypeError when the address is not an absolute URL
 */
export async function outgoing(
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Outgoing> {
  const given = input instanceof Request ? { ...partsOf(input), ...init } : init;
  const headers = cleaned(given.headers);
  const { redirect } = given;
  return {
    url: new URL(input instanceof Request ? input.url : input),
    method: (given.method ?? 'GET').toUpperCase(),
    headers,
    body: await plainBody(given.body ?? null, headers),
    signal: given.signal ?? null,
    redirect: redirect === 'manual' || redirect === 'error' ? redirect : 'follow',
  };
}

/** A `Request` of this platform may not be one for the transport: its parts are. */
function partsOf({ method, headers, body, signal, redirect }: Request): RequestInit {
  return { method, headers, body, signal, redirect };
}

/**
 * The request after a redirect. On another origin no header goes along that is not known to be
 * harmless: platforms drop `Authorization` at best, and `X-Api-Key` or a session id travels on.
 */
export function redirected(request: Outgoing, target: URL): Outgoing {
  if (target.origin === request.url.origin) return { ...request, url: target };
  const kept = [...request.headers].filter(([name]) => SAFE_ELSEWHERE.has(name));
  return { ...request, url: target, headers: new Headers(kept) };
}

/** The init for a transport. A stream as body needs `duplex`, which older typings do not know. */
export function transportInit(request: Outgoing, signal: AbortSignal): RequestInit {
  const init: RequestInit & { duplex?: 'half' } = {
    method: request.method,
    headers: request.headers,
    redirect: 'manual',
    signal,
  };
  if (request.body !== null) init.body = request.body;
  if (request.body instanceof ReadableStream) init.duplex = 'half';
  return init;
}

function cleaned(given: ConstructorParameters<typeof Headers>[0]): Headers {
  const headers = new Headers(given);
  for (const name of OF_THE_CONNECTION) headers.delete(name);
  if (!headers.has('user-agent')) headers.set('user-agent', USER_AGENT);
  return headers;
}

/** A form belongs to the platform that made it and would mean nothing to another transport. */
async function plainBody(body: Body | null, headers: Headers): Promise<Body | null> {
  if (!(body instanceof FormData)) return body;
  const encoded = new Response(body);
  headers.set('content-type', encoded.headers.get('content-type') ?? 'multipart/form-data');
  return encoded.arrayBuffer();
}
