import { base62 } from '../../login/base62.ts';
import { matches } from '../conditional.ts';

/**
 * A response with a text that is the same for everybody who asks under this address: whoever has it
 * already gets `304`.
 * @param headers that it has besides; they win
 */
export async function sameForAll(
  request: Request,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const etag = `"${base62(hash, 22)}"`;
  const all = { 'content-type': type, 'cache-control': 'public, no-cache', etag, ...headers };
  if (!matches(request.headers.get('if-none-match'), etag))
    return new Response(text, { headers: all });
  const { 'content-type': _, ...kept } = all;
  return new Response(null, { status: 304, headers: kept });
}
