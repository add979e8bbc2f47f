/** What a fetched document is, by its bytes as much as by what the server says. */
export type MediaKind =
  | { readonly kind: 'text' | 'html'; readonly mediaType: string; readonly text: string }
  | { readonly kind: 'image'; readonly mediaType: string }
  | { readonly kind: 'refused'; readonly mediaType: string; readonly why: string };

/** The part of a response that decides what it is. */
export interface MediaSource {
  /** The `Content-Type` header; empty when there was none. */
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** The bytes end in the middle of the document. */
  readonly cut: boolean;
  /** Path of the URL, for its extension. */
  readonly path: string;
}

/** First bytes of formats that are not text, as latin-1; a dot stands for any byte. */
const SIGNATURES: readonly (readonly [start: string, mediaType: string])[] = [
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['GIF87a', 'image/gif'],
  ['GIF89a', 'image/gif'],
  ['RIFF....WEBP', 'image/webp'],
  ['%PDF-', 'application/pdf'],
  ['PK\x03\x04', 'application/zip'],
  ['\x1f\x8b', 'application/gzip'],
];

const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
const HTML = new Set(['text/html', 'application/xhtml+xml']);
/** Types that say nothing. */
const UNSAID = new Set(['', 'application/octet-stream', 'binary/octet-stream', 'unknown/unknown']);
const TEXTUAL =
  /^text\/|[/+](?:json|xml|yaml)$|^application\/(?:(?:x-)?(?:yaml|ndjson|toml|sh|sql|javascript|typescript|tex)|jsonl|json-seq|graphql)$/;

/**
 * Decides how a document is given to the model. A server that calls a program `text/plain`, or a
 * page an image, is not believed.
 * @see spec/egress.md EG-15
 */
export function mediaKind(source: MediaSource): MediaKind {
  const said = (source.contentType.split(';')[0] ?? '').trim().toLowerCase();
  const start = latin1(source.bytes.subarray(0, 1024));
  const signature = SIGNATURES.find(([bytes]) => startsLike(start, bytes))?.[1];
  if (signature !== undefined) return signedKind(said, signature);
  if (IMAGES.has(said)) return refusal(said, `it says ${said} but is not`);
  if (!UNSAID.has(said) && !TEXTUAL.test(said) && !HTML.has(said)) {
    return refusal(said, `${said} is not read`);
  }
  return textKind(said, decodedText(source, start), source.path);
}

/** A document whose first bytes say what it is. */
function signedKind(said: string, is: string): MediaKind {
  const agrees = UNSAID.has(said) || said.startsWith('image/') || said === is;
  if (!agrees) return refusal(is, `it says ${said} but is ${is}`);
  return IMAGES.has(is) ? { kind: 'image', mediaType: is } : refusal(is, `${is} is not read`);
}

function textKind(said: string, text: string, path: string): MediaKind {
  const isUnsaid = UNSAID.has(said);
  if (isBinary(text)) {
    return refusal(said, isUnsaid ? 'binary data is not read' : `it says ${said} but is binary`);
  }
  if (HTML.has(said)) return { kind: 'html', mediaType: said, text };
  if (isUnsaid && /^\s{0,200}<(?:!doctype html|html[\s>])/i.test(text)) {
    return { kind: 'html', mediaType: 'text/html', text };
  }
  return { kind: 'text', mediaType: isUnsaid ? typeByName(path) : said, text };
}

function startsLike(start: string, bytes: string): boolean {
  return bytes.split('').every((byte, index) => byte === '.' || byte === start[index]);
}

function refusal(mediaType: string, why: string): MediaKind {
  return { kind: 'refused', mediaType, why };
}

function typeByName(path: string): string {
  return /\.(?:md|markdown)$/i.test(path) ? 'text/markdown' : 'text/plain';
}

/** A byte order mark wins, then the header, then a page's own `<meta charset>`, then UTF-8. */
function decodedText({ bytes, contentType, cut }: MediaSource, start: string): string {
  const label =
    (start.startsWith('\xff\xfe') && 'utf-16le') ||
    (start.startsWith('\xfe\xff') && 'utf-16be') ||
    (start.startsWith('\xef\xbb\xbf') && 'utf-8') ||
    /;\s*charset\s*=\s*"?([\w:.+-]{1,40})/i.exec(contentType)?.[1] ||
    /<meta\s[^>]{0,200}charset\s{0,9}=\s{0,9}["']?([\w:.+-]{1,40})/i.exec(start)?.[1] ||
    'utf-8';
  // Streaming leaves out a character that the cut went through, instead of showing it broken.
  return decoder(label).decode(bytes, { stream: cut });
}

function decoder(label: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}

/** Text holds no NUL and hardly any control or undecodable characters. */
function isBinary(text: string): boolean {
  if (text.includes('\0')) return true;
  const sample = text.slice(0, 65_536);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const odd = sample.match(/[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]/g)?.length ?? 0;
  return odd * 20 > sample.length;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
