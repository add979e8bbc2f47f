import { isTerminal } from '../run/run.ts';
import type { RunView } from '../run/view.ts';
import { base62 } from '../login/base62.ts';
import { RENDERER_VERSION } from './run/renderer-version.js';

/** A rendering of a run, or of a part of it. */
export interface Rendering {
  /** Which one; with the view it determines the body. */
  readonly what: string;
  /** The origin that stands in it. */
  readonly origin: string;
  /** Made only when it is sent. */
  readonly body: () => string | Promise<string>;
  /** With the `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The response with a rendering. Of a run that has ended it has a strong `ETag` and `Last-Modified`,
 * and who has it already gets `304`, for which nothing is laid out. `If-Modified-Since` is not looked
 * at, because the same run may be rendered otherwise later.
 * @see RFC 9110, sections 8.8.3 and 13.1.2
 */
export async function conditional(
  request: Request,
  view: RunView,
  rendering: Rendering,
): Promise<Response> {
  const { headers } = rendering;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead || !isTerminal(view.status)) {
    return new Response(await rendering.body(), { headers });
  }
  const etag = await tagOf(view, rendering);
  const ended = view.ended_at === null ? {} : { 'last-modified': httpDate(view.ended_at) };
  const tagged = { ...headers, etag, ...ended };
  if (!matches(request.headers.get('if-none-match'), etag)) {
    const body = request.method === 'HEAD' ? null : await rendering.body();
    return new Response(body, { headers: tagged });
  }
  const kept = new Headers(tagged);
  for (const name of ['content-type', 'content-disposition']) kept.delete(name);
  return new Response(null, { status: 304, headers: kept });
}

/**
 * A hash of all that the bytes are made of: what the reader may see, whole, the form, the origin in
 * its addresses, and the code that lays it out. Readers who may see different things have different
 * tags. Hashing the bytes would mean to lay out a long answer for everybody who has it already, as
 * often as somebody asks.
 */
async function tagOf(view: RunView, { what, origin, headers }: Rendering): Promise<string> {
  const made = [RENDERER_VERSION, what, headers['content-type'], origin, view];
  const bytes = new TextEncoder().encode(JSON.stringify(made));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return `"${base62(hash, 32)}"`;
}

/** Whether one of the tags of `If-None-Match` is this one, compared weakly as the header asks. */
export function matches(header: string | null, etag: string): boolean {
  if (header === null) return false;
  if (header.trim() === '*') return true;
  return [...header.matchAll(/(?:W\/)?("[!\x23-\x7e\x80-\xff]*")/g)].some(
    ([, tag]) => tag === etag,
  );
}

function httpDate(at: number): string {
  return new Date(at).toUTCString();
}
