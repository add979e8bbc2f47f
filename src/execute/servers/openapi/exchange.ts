import type { FetchLike } from '@modelcontextprotocol/client';
import { Fault } from '../../../fault/fault.ts';
import { joinedBytes } from '../../../protocol/joined-bytes.ts';
import { faultWithin, limitFault, refusedFault } from '../server-faults.ts';

const MAX_REDIRECTS = 3;

/** An answer that was read to its end. */
export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** What one request may use. */
export interface Exchange {
  readonly send: FetchLike;
  /** How the server is called in messages. */
  readonly host: string;
  /** Bytes of the answer. */
  readonly most: number;
}

/**
 * Sends a request and reads the answer. A redirect of a GET is followed inside of the origin, where
 * the credentials in the headers belong, and nowhere else.
 * @throws Fault `server_unreachable`, `server_limit`, `server_error` for a redirect elsewhere, and
 *   those of the guarded fetch and of the login
 */
export async function exchange(
  { send, host, most }: Exchange,
  url: URL,
  init: RequestInit,
): Promise<Answer> {
  let at = url;
  for (let left = MAX_REDIRECTS; ; left -= 1) {
    const response = await sent(send, host, at, init);
    const target = redirectOf(response, at);
    if (target === null) {
      const bytes = await readBytes(response, host, most, init.signal);
      const contentType = response.headers.get('content-type') ?? '';
      return { url: at, status: response.status, contentType, bytes };
    }
    await response.body?.cancel();
    const isRead = init.method === undefined || init.method === 'GET' || init.method === 'HEAD';
    if (target.origin !== at.origin || !isRead || left === 0) {
      throw refusedFault(response.status, `A redirect is not followed: ${host}`);
    }
    at = target;
  }
}

async function sent(send: FetchLike, host: string, url: URL, init: RequestInit): Promise<Response> {
  try {
    return await send(url, { ...init, redirect: 'manual' });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw unreachable(error, host);
  }
}

function unreachable(error: unknown, host: string): Fault {
  const message = `${host} could not be reached.`;
  return faultWithin(error) ?? new Fault('server_unreachable', message, { cause: error });
}

function redirectOf({ status, headers }: Response, from: URL): URL | null {
  if (![301, 302, 303, 307, 308].includes(status)) return null;
  const location = headers.get('location');
  return location !== null && URL.canParse(location, from.href) ? new URL(location, from) : null;
}

async function readBytes(
  response: Response,
  host: string,
  most: number,
  signal: AbortSignal | null | undefined,
): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const body: ReadableStream<Uint8Array> = response.body;
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw signal?.aborted === true ? error : unreachable(error, host);
    });
    if (done) break;
    length += value.byteLength;
    if (length > most) {
      await reader.cancel().catch(() => {});
      throw limitFault(`${host} sent more than ${most} bytes.`);
    }
    pieces.push(value);
  }
  return joinedBytes(pieces, length);
}
