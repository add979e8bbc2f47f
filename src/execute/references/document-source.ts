import type { GuardedFetch } from '../../egress/guarded-fetch.ts';
import { Fault } from '../../fault/fault.ts';

/** A document of this service, read from where it is kept. */
export interface OwnDocument {
  readonly text: string;
  readonly mediaType: string;
}

export interface SourceOptions {
  /** Keeps the default fault codes: `server_limit` is taken for a cut. */
  readonly fetch: GuardedFetch;
  /** Reads a path of this service (`/{id}.md`) without the network; null when nothing is there. */
  readonly own?: (path: string) => Promise<OwnDocument | null>;
  /** Origin of this service: its own URLs are read like its paths. */
  readonly origin?: string;
}

/** A document as it came, up to the limit of bytes. */
export interface DocumentSource {
  readonly bytes: Uint8Array;
  readonly cut: boolean;
  readonly contentType: string;
  readonly finalUrl: string;
  /** HTTP status; own documents have none. */
  readonly status?: number;
}

const ACCEPT =
  'text/markdown, text/plain;q=0.9, text/html;q=0.8, application/json;q=0.8, application/yaml;q=0.8, application/xml;q=0.7, image/*;q=0.5, */*;q=0.1';

/**
 * Reads a document, from this service's own storage or over the guarded fetch, up to a number of
 * bytes. The body of an error response is not read.
 * @throws Fault of the guarded fetch, or `reference_failed` when this service has no such document
 */
export async function documentSource(
  url: string,
  maxBytes: number,
  options: SourceOptions,
  signal: AbortSignal,
): Promise<DocumentSource> {
  const path = ownPath(url, options.origin);
  if (path !== undefined) return ownSource(path, maxBytes, options.own);
  const headers = { accept: ACCEPT, 'user-agent': 'MarkdownOps' };
  const response = await options.fetch(url, { headers, signal });
  const { status } = response;
  const finalUrl = response.url === '' ? url : response.url;
  const contentType = response.headers.get('content-type') ?? '';
  if (!response.ok) {
    await response.body?.cancel().catch(() => undefined);
    return { bytes: new Uint8Array(), cut: false, contentType, finalUrl, status };
  }
  const body = await firstBytes(response.body, maxBytes);
  return { ...body, contentType, finalUrl, status };
}

function ownPath(url: string, origin: string | undefined): string | undefined {
  if (url.startsWith('/')) return url;
  if (origin === undefined || !URL.canParse(url)) return undefined;
  const { origin: its, pathname, search } = new URL(url);
  return its === origin ? pathname + search : undefined;
}

async function ownSource(
  path: string,
  maxBytes: number,
  own: SourceOptions['own'],
): Promise<DocumentSource> {
  const document = (await own?.(path)) ?? null;
  if (document === null) throw new Fault('reference_failed', `there is nothing at ${path}`);
  const all = new TextEncoder().encode(document.text);
  const bytes = all.subarray(0, maxBytes);
  const contentType = `${document.mediaType}; charset=utf-8`;
  return { bytes, cut: bytes.length < all.length, contentType, finalUrl: path };
}

/** At most so many bytes; the rest is not waited for. */
async function firstBytes(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<{ bytes: Uint8Array; cut: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const isCut =
    body === null
      ? false
      : await readUpTo(body, limit, (chunk) => {
          chunks.push(chunk);
          length += chunk.length;
        });
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, cut: isCut };
}

async function readUpTo(
  body: ReadableStream<Uint8Array>,
  limit: number,
  take: (chunk: Uint8Array) => void,
): Promise<boolean> {
  const reader = body.getReader();
  let left = limit;
  for (;;) {
    const read = await reader.read().catch((thrown: unknown) => {
      if (thrown instanceof Fault && thrown.code === 'server_limit') return undefined;
      throw thrown;
    });
    if (read === undefined) return true;
    if (read.done) return false;
    take(read.value.subarray(0, left));
    left -= read.value.length;
    if (left < 0) {
      await reader.cancel().catch(() => undefined);
      return true;
    }
  }
}
