import type { RunView } from '../run/view.ts';
import { isTerminal } from '../run/run.ts';
import { base62 } from '../login/base62.ts';

/** A rendering of a run, or of a part of it. */
export interface Rendering {
  readonly body: string;
  /** With the `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The response with a rendering. Of a run that has ended it has a strong `ETag` and `Last-Modified`,
 * and who has it already gets `304`. The tag is a hash of the bytes: readers who may see different
 * things have different tags, and another version of the renderer does too. `If-Modified-Since` is
 * not looked at, because the same run may be rendered otherwise later.
 * @see RFC 9110, sections 8.8.3 and 13.1.2
 */
export async function conditional(
  request: Request,
  view: RunView,
  { body, headers }: Rendering,
): Promise<Response> {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead || !isTerminal(view.status)) return new Response(body, { headers });
  const etag = await tagOf(body, headers['content-type'] ?? '');
  const ended = view.ended_at === null ? {} : { 'last-modified': httpDate(view.ended_at) };
  const tagged = { ...headers, etag, ...ended };
  if (!matches(request.headers.get('if-none-match'), etag)) {
    return new Response(body, { headers: tagged });
  }
  const kept = new Headers(tagged);
  for (const name of ['content-type', 'content-disposition']) kept.delete(name);
  return new Response(null, { status: 304, headers: kept });
}

async function tagOf(body: string, type: string): Promise<string> {
  const bytes = new TextEncoder().encode(`${type}\n${body}`);
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
