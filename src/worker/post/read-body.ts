import { Fault } from '../../fault/fault.ts';
import { joinedBytes } from '../../protocol/joined-bytes.ts';

/** Bytes of a prompt document. */
export const MAX_DOCUMENT = 1_048_576;

/** Bytes of a whole body: the document and what JSON or multipart puts around it. */
const MAX_BODY = MAX_DOCUMENT + 262_144;

/**
 * Reads a body that is not larger than this server accepts. A length that is announced too large
 * is refused before a byte is read, one that turns out so as soon as it does.
 * @throws Fault `too_large`
 */
export function readBody(request: Request): Promise<Uint8Array> {
  return readBytes(request, MAX_BODY, tooLarge);
}

/**
 * The bytes of a body, at most so many.
 * @throws Fault `too_large`
 */
export async function readBytes(
  { headers, body }: Pick<Request, 'headers' | 'body'>,
  most: number,
  fault: () => Fault = () => new Fault('too_large', undefined, { detail: { max_bytes: most } }),
): Promise<Uint8Array> {
  const announced = Number(headers.get('content-length') ?? '0');
  if (announced > most) throw fault();
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.byteLength;
    if (size > most) throw fault();
    chunks.push(chunk);
  }
  return joinedBytes(chunks, size);
}

/**
 * The bytes as text.
 * @throws Fault `not_text` for invalid UTF-8 and for NUL, which no text file has; `too_large`
 *   for more than a document may have
 */
export function documentText(bytes: Uint8Array): string {
  if (bytes.byteLength > MAX_DOCUMENT) throw tooLarge();
  return checkedText(decoded(bytes));
}

/** The same rules for a document that came inside JSON or a form. */
export function checkedDocument(text: string): string {
  if (new TextEncoder().encode(text).byteLength > MAX_DOCUMENT) throw tooLarge();
  return checkedText(text);
}

/**
 * UTF-8 without replacement characters: a body in another encoding is refused, not garbled.
 * @throws Fault `not_text`
 */
export function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Fault('not_text', undefined, { cause });
  }
}

function checkedText(text: string): string {
  if (text.includes('\0')) throw new Fault('not_text', 'The prompt has a NUL character.');
  return text;
}

function tooLarge(): Fault {
  return new Fault('too_large', `A prompt has at most ${MAX_DOCUMENT} bytes.`, {
    detail: { max_bytes: MAX_DOCUMENT },
  });
}
