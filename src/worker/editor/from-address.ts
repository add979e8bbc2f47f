import { references } from '../../execute/references/references.ts';
import { Fault } from '../../fault/fault.ts';
import type { UrlPolicy } from '../../normalize/request.ts';
import { html } from '../../connect/responses.ts';
import type { Env } from '../env.ts';
import { ownOrigin } from '../guards.ts';
import { network } from '../network.ts';
import { ownPaths } from '../own-paths.ts';
import { MAX_DOCUMENT } from '../post/read-body.ts';
import { isOfThisServer, principalName } from '../principal/principal-name.ts';
import { runner } from '../principal/principal.ts';
import type { Settings } from '../settings.ts';
import { admitLook } from '../principal/admit-look.ts';
import { editorPage } from './editor-page.ts';

/** The document as it is, up to what a prompt may have. */
const POLICY: UrlPolicy = {
  policy: 'none',
  max_urls: 1,
  max_bytes: MAX_DOCUMENT,
  max_tokens: MAX_DOCUMENT,
  timeout: 15,
  on_error: 'fail',
  html: 'raw',
  shadow: {},
};

/**
 * `GET /from/{URL}`: the editor, filled with the document at that URL. It is a suggestion of whoever
 * made the link. Read only for who may run prompts: for everybody else we would be a proxy.
 * @throws Fault `bad_request`, `unauthorized`, `rate_limited`, `reference_failed`, `address_refused`
 * @see spec/http-api.md, The editor
 */
export async function fromAddress(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const source = sourceIn(request);
  if (request.method === 'HEAD') return html('');
  // A browser that loads ahead of a click, a picture or a frame of another page: nobody reads it.
  if (isUnseen(request)) return new Response(null, { status: 503 });
  const principal = await runner(request, env, settings);
  const release = await admitLook(request, env, settings, principal);
  try {
    const isTrusted = isOfThisServer(principalName(principal));
    const prompt = await documentAt(source, { request, env, settings, isTrusted });
    return await editorPage({ request, env, settings }, { prompt, source, isSuggested: true });
  } finally {
    release();
  }
}

/**
 * Everything behind `/from/`, the query included. A proxy may have made one slash out of two.
 * @throws Fault `bad_request`
 */
function sourceIn({ url }: Request): string {
  const { pathname, search } = new URL(url);
  const written = pathname.slice('/from/'.length) + search;
  const plain = /^https?%3a/i.test(written) ? decoded(written) : written;
  const source = plain.replace(/^(https?):\/{1,2}(?=[^/])/i, '$1://');
  if (/^https?:\/\//i.test(source) && URL.canParse(source)) return new URL(source).href;
  throw new Fault('bad_request', 'Write the https URL of a Markdown document behind /from/.');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isUnseen({ headers }: Request): boolean {
  const purpose = headers.get('sec-purpose') ?? headers.get('purpose') ?? '';
  const destination = headers.get('sec-fetch-dest') ?? 'document';
  return purpose.includes('prefetch') || destination !== 'document';
}

interface Reader {
  readonly request: Request;
  readonly env: Env;
  readonly settings: Settings;
  /** Whether the local addresses that the operator opened may be read. */
  readonly isTrusted: boolean;
}

/** @throws Fault `reference_failed`, `address_refused` that name the address */
async function documentAt(
  source: string,
  { request, env, settings, isTrusted }: Reader,
): Promise<string> {
  const origin = ownOrigin(request, settings);
  const { forPrompts } = network({ env, settings, origin, isTrusted });
  const own = ownPaths(env, settings).document;
  const reader = references({ fetch: forPrompts, own, origin });
  const found = await reader.read({ url: source }, POLICY, request.signal);
  if (!found.ok) {
    const { code = 'reference_failed', message = '' } = found.error ?? {};
    const why = message.endsWith('.') ? message : `${message}.`;
    throw new Fault(code, `${source} cannot be opened: ${why}`);
  }
  const why = misfit(found.media_type ?? '', found.cut === true);
  const [part] = found.parts ?? [];
  if (why === null && part?.type === 'text') return part.text;
  throw new Fault('reference_failed', `${source} cannot be opened: ${why ?? 'it is no text'}.`);
}

function misfit(mediaType: string, isCut: boolean): string | null {
  if (isCut) return `it is longer than ${MAX_DOCUMENT} bytes`;
  const isPage = /^(?:text\/html|application\/xhtml\+xml)$/.test(mediaType);
  return isPage
    ? 'it is a web page, not a Markdown document; use the address of the raw file'
    : null;
}
