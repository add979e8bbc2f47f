import { Fault } from '../../fault/fault.ts';
import { mediaTypeOf } from '../../publish/media-type.ts';
import { conditional } from '../conditional.ts';
import { readingHeaders, viewOf } from './read-run.ts';
import type { RunRequest } from './read-run.ts';

/**
 * `GET /{id}/files/{path}`: a named code block of the answer. Only paths that the answer names are
 * there, and they are compared, never joined to anything.
 *
 * @throws Fault `not_found`, the same for every path that is none, `gone`
 * @see spec/rendering.md, Files
 */
export async function readFile(asked: RunRequest): Promise<Response> {
  const view = await viewOf(asked);
  const path = pathOf(asked.request.url, asked.id);
  const file = view.files.find((other) => other.path === path);
  if (file === undefined) throw new Fault('not_found');
  const { contentType, isShown } = mediaTypeOf(file.path);
  return conditional(asked.request, view, {
    what: `files/${file.path}`,
    origin: '',
    body: () => file.text,
    headers: {
      ...readingHeaders(view),
      'content-type': contentType,
      'content-disposition': `${isShown ? 'inline' : 'attachment'}; filename*=UTF-8''${nameOf(file.path)}`,
      // A model wrote this, perhaps as a page told it to: in our origin it may do nothing at all.
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    },
  });
}

function pathOf(url: string, id: string): string | null {
  const encoded = new URL(url).pathname.slice(`/${id}/files/`.length);
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

/** The last part of a path as RFC 8187 wants it in a header. */
function nameOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16)}`,
  );
}
