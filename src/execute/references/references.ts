import { reasonOf } from '../../egress/deadline.ts';
import { Fault, faultData } from '../../fault/fault.ts';
import type { FaultData } from '../../fault/fault.ts';
import type { UrlPolicy } from '../../normalize/request.ts';
import type { ContentPart } from '../../protocol/chat.ts';
import type { ReferenceEnd } from '../../run/event.ts';
import { documentSource } from './document-source.ts';
import type { DocumentSource, SourceOptions } from './document-source.ts';
import { mediaKind } from './media-kind.ts';
import type { MediaKind } from './media-kind.ts';
import type { References } from '../ports.ts';
import { headings, section } from './section.ts';
import { estimateTokens, firstTokens } from '../../protocol/token-estimate.ts';

type ReferenceRead = Omit<ReferenceEnd, 'type'>;

/**
 * Reads context URLs. What is read is data: nothing in it is expanded, followed or attached.
 * `max_tokens` bounds one document here; the sum over documents is the caller's to keep.
 * @see spec/egress.md EG-13 to EG-19
 */
export function references(options: SourceOptions): References {
  return {
    read: async ({ url, section: wanted }, policy, signal) => {
      const late = AbortSignal.timeout(policy.timeout * 1000);
      try {
        const source = await documentSource(
          shadowed(url, policy.shadow),
          policy.max_bytes,
          options,
          AbortSignal.any([signal, late]),
        );
        return await taken(url, source, wanted, policy);
      } catch (thrown) {
        if (signal.aborted) throw reasonOf(signal);
        const timedOut = late.aborted
          ? new Fault('server_timeout', undefined, { cause: thrown })
          : thrown;
        return { url, ok: false, error: failure(timedOut) };
      }
    },
  };
}

/** The address that is really read; paths on this server have no host. */
function shadowed(url: string, shadow: UrlPolicy['shadow']): string {
  if (!URL.canParse(url)) return url;
  const address = new URL(url);
  const host = Object.hasOwn(shadow, address.host) ? shadow[address.host] : undefined;
  if (host === undefined) return url;
  address.host = host;
  return address.href;
}

async function taken(
  url: string,
  source: DocumentSource,
  wanted: string | undefined,
  policy: UrlPolicy,
): Promise<ReferenceRead> {
  const { bytes, finalUrl, status } = source;
  const where = { url, final_url: finalUrl, ...(status === undefined ? {} : { status }) };
  if (status !== undefined && (status < 200 || status > 299)) {
    const error = faultData('reference_failed', String(status), { status });
    return { ...where, ok: false, error };
  }
  const path = URL.canParse(finalUrl) ? new URL(finalUrl).pathname : finalUrl;
  const media = mediaKind({ ...source, path });
  const sha = await sha256(bytes);
  const seen = { ...where, media_type: media.mediaType, bytes: bytes.length, sha256: sha };
  try {
    const { parts, cut } = await partsOf(media, source, wanted, policy);
    return { ...seen, ok: true, ...(cut ? { cut } : {}), tokens: estimateTokens(parts), parts };
  } catch (thrown) {
    return { ...seen, ok: false, error: failure(thrown) };
  }
}

/** @throws Fault `reference_failed` that says why there is nothing to give */
async function partsOf(
  media: MediaKind,
  { bytes, cut, finalUrl }: DocumentSource,
  wanted: string | undefined,
  policy: UrlPolicy,
): Promise<{ parts: readonly ContentPart[]; cut: boolean }> {
  if (media.kind === 'refused') throw new Fault('reference_failed', media.why);
  if (media.kind === 'image') {
    if (cut)
      throw new Fault('reference_failed', `the image is larger than ${policy.max_bytes} bytes`);
    const image_url = { url: `data:${media.mediaType};base64,${base64(bytes)}` };
    return { parts: [{ type: 'image_url', image_url }], cut: false };
  }
  const readable = media.kind === 'html' && policy.html === 'markdown';
  const whole = readable ? await readablePage(media.text, finalUrl) : media.text;
  const part = wanted === undefined ? whole : sectionOf(whole, wanted, media.mediaType, cut);
  const short = firstTokens(part, policy.max_tokens);
  const note = cutNote(cut, short.length < part.length, policy);
  return { parts: [{ type: 'text', text: short + note }], cut: note !== '' };
}

/** Only a page of HTML needs what reads it, so a server starts without. */
async function readablePage(html: string, url: string): Promise<string> {
  const { readableHtml } = await import('./readable-html.ts');
  return readableHtml(html, url);
}

/** The model must see that the text does not end here. */
function cutNote(bytes: boolean, tokens: boolean, policy: UrlPolicy): string {
  if (tokens) return `\n\n[Cut here: about ${policy.max_tokens} tokens are the limit.]`;
  return bytes ? `\n\n[Cut here: only the first ${policy.max_bytes} bytes were read.]` : '';
}

const HAS_SECTIONS = /^text\/(?:markdown|x-markdown|plain|html)$|^application\/xhtml\+xml$/;

function sectionOf(text: string, wanted: string, mediaType: string, cut: boolean): string {
  if (!HAS_SECTIONS.test(mediaType)) {
    throw new Fault('reference_failed', `${mediaType} has no sections, only Markdown does`);
  }
  const found = section(text, wanted);
  if (found !== undefined) return found;
  const names = headings(text).map((heading) => heading.text.slice(0, 80));
  const shown = names.slice(0, 20).join(', ') + (names.length > 20 ? ', …' : '');
  const there = names.length === 0 ? 'it has no headings' : `it has: ${shown}`;
  const where = cut ? ' in the part that was read' : '';
  throw new Fault(
    'reference_failed',
    `there is no section "${wanted.slice(0, 80)}"${where}; ${there}`,
  );
}

/** What a person reads about a URL that gave nothing, in few words. */
function failure(thrown: unknown): FaultData {
  if (!(thrown instanceof Fault)) return faultData('reference_failed');
  if (thrown.code === 'reference_failed') return thrown.toJSON();
  if (thrown.code === 'address_refused') {
    return faultData('address_refused', `refused: ${thrown.message}`);
  }
  if (thrown.code === 'server_timeout') {
    return faultData('reference_failed', 'it did not answer in time');
  }
  const redirected = thrown.code === 'server_error';
  return faultData(
    'reference_failed',
    redirected ? 'it redirects too often' : 'it could not be reached',
  );
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}
