import { badgeSvg } from '../../publish/badge.ts';
import { sameForAll } from './same-for-all.ts';

/**
 * `GET /badge.svg`: a button for READMEs and pages of others. It may be shown anywhere, and kept for
 * a day. Opened by itself it is a document of our origin, so its policy allows nothing at all.
 * @see spec/http-api.md, Documentation
 */
export function badge(request: Request): Promise<Response> {
  const text = new URL(request.url).searchParams.get('text') ?? '';
  return sameForAll(request, 'image/svg+xml; charset=utf-8', badgeSvg(text), {
    'cache-control': 'public, max-age=86400',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'cross-origin-resource-policy': 'cross-origin',
  });
}
