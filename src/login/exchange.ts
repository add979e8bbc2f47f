import { Fault } from '../fault/fault.ts';
import { nestsDeeperThan } from '../protocol/json-depth.ts';
import { parseJsonObject } from '../protocol/json.ts';
import type { JsonObject } from '../protocol/json.ts';
import { hostOf, unavailable } from './unavailable.ts';

/** The given fetch: it decides which addresses may be reached. */
export type LoginFetch = (url: string, init?: RequestInit) => Promise<Response>;

/** What an OAuth server answered. `body` is null for anything but a JSON object of bounded size. */
export interface Answer {
  readonly status: number;
  readonly body: JsonObject | null;
}

/** One way to ask, with what bounds it. */
export interface Asking {
  readonly fetch: LoginFetch;
  readonly signal: AbortSignal;
}

const MAX_BYTES = 65_536;
const MAX_DEPTH = 16;
const TIME_MS = 10_000;

/**
 * Sends one request and reads its answer within ten seconds and 64 KB.
 * @throws Fault of the fetch, `login_unavailable` when there is no answer; the signal's own reason
 */
export async function exchange(url: string, init: RequestInit, asking: Asking): Promise<Answer> {
  const late = AbortSignal.timeout(TIME_MS);
  const signal = AbortSignal.any([asking.signal, late]);
  try {
    const response = await asking.fetch(url, { ...init, signal });
    const text = await bounded(response);
    const body = text === null ? null : parseJsonObject(text);
    const isBad = body !== null && nestsDeeperThan(body, MAX_DEPTH);
    return { status: response.status, body: isBad ? null : body };
  } catch (cause) {
    asking.signal.throwIfAborted();
    if (cause instanceof Fault) throw cause;
    const what = late.aborted ? 'did not answer in time' : 'could not be reached';
    throw new Fault('login_unavailable', `${hostOf(url)} ${what}. Try again later.`, {
      detail: { retryable: true },
      cause,
    });
  }
}

/** Reads a document. */
export function getJson(url: string, asking: Asking): Promise<Answer> {
  const headers = { accept: 'application/json', 'mcp-protocol-version': '2025-11-25' };
  return exchange(url, { headers }, asking);
}

/** Posts a form. Never follows a redirect: it would carry codes and tokens elsewhere. */
export function postForm(
  url: string,
  form: URLSearchParams,
  headers: Readonly<Record<string, string>>,
  asking: Asking,
): Promise<Answer> {
  const type = 'application/x-www-form-urlencoded';
  const all = { accept: 'application/json', 'content-type': type, ...headers };
  const init = { method: 'POST', redirect: 'manual', headers: all, body: form.toString() } as const;
  return exchange(url, init, asking);
}

/** Posts a JSON document, without following redirects. */
export function postJson(url: string, document: object, asking: Asking): Promise<Answer> {
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const body = JSON.stringify(document);
  return exchange(url, { method: 'POST', redirect: 'manual', headers, body }, asking);
}

async function bounded(response: Response): Promise<string | null> {
  const decoder = new TextDecoder();
  const stream: ReadableStream<Uint8Array> | null = response.body;
  const reader = stream?.getReader();
  if (reader === undefined) return null;
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_BYTES) {
      await reader.cancel().catch(() => undefined);
      throw unavailable(`${hostOf(response.url)} answered with more than a login may hold.`);
    }
    text += decoder.decode(value, { stream: true });
  }
}
