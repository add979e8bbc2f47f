import type { FaultCode } from '../../fault/fault.ts';
import { Fault } from '../../fault/fault.ts';
import { isObject } from '../../protocol/json.ts';
import type { Provider } from './providers.ts';

/** Whom we asked for what: the part of every message about a model. */
export interface Asked {
  readonly provider: Provider;
  readonly model: string;
}

/** What a provider said about a failure. */
interface Refusal {
  /** An HTTP status, or the one that the error amounts to. */
  readonly status: number;
  /** The provider's own short name of the error. */
  readonly code: string;
  /** The provider's words, unbounded and unchecked. */
  readonly message: string;
  readonly retryAfter?: number;
  /** It came inside a 2xx answer: the status is our reading and no evidence. */
  readonly inStream?: boolean;
}

const MAX_MESSAGE = 500;

/**
 * The fault of a response that is not 2xx.
 * @param body the text of the body, as far as it was read
 */
export function faultOfResponse(asked: Asked, response: Response, body: string): Fault {
  const { code, message } = errorIn(parsed(body) ?? body);
  const retryAfter = retryAfterOf(response.headers);
  const refusal = { status: response.status, code, message };
  return faultOf(asked, retryAfter === undefined ? refusal : { ...refusal, retryAfter });
}

/** The fault of an `error` that came inside a 2xx answer. */
export function faultOfErrorFrame(asked: Asked, error: unknown): Fault {
  const { code, type, message } = errorIn(error);
  return faultOf(asked, { status: statusOf(`${code} ${type}`), code, message, inStream: true });
}

/** The fault of a connection that ended by itself. */
export function faultOfConnection(asked: Asked, begun: boolean, cause?: unknown): Fault {
  const known = faultWithin(cause);
  if (known !== null) return known;
  const detail = { provider: asked.provider.id, retryable: true };
  return begun
    ? new Fault('model_cut_off', undefined, { detail, cause })
    : new Fault('model_unavailable', noAnswer(asked), { detail, cause });
}

/** Says where to look, and not at which address: the message is published with the run. */
function noAnswer({ provider }: Asked): string {
  return `The model provider ${provider.id} gave no answer. Is it running, at the address configured for it?`;
}

/** The fault of an answer that is no chat completion. */
export function garbage(asked: Asked, what: string): Fault {
  return new Fault('model_garbage', `The model provider ${asked.provider.id} sent ${what}.`, {
    detail: { provider: asked.provider.id, retryable: false },
  });
}

/** The fault of waiting too long for the provider. */
export function modelTimeout(asked: Asked, ms: number): Fault {
  const seconds = ms / 1000;
  return new Fault('model_timeout', `The model sent nothing for ${seconds} seconds.`, {
    detail: { provider: asked.provider.id, seconds, retryable: true },
  });
}

function faultOf(asked: Asked, refusal: Refusal): Fault {
  const code = faultCodeOf(refusal);
  const detail: Record<string, string | number | boolean> = {
    provider: asked.provider.id,
    retryable: isRetryable(code, refusal),
  };
  if (!refusal.inStream) detail['status'] = refusal.status;
  if (refusal.retryAfter !== undefined) detail['retry_after'] = refusal.retryAfter;
  return new Fault(code, messageOf(code, asked, refusal), { detail });
}

function faultCodeOf({ status, code }: Refusal): FaultCode {
  if (status === 404 || code === 'model_not_found') return 'model_not_found';
  if (status === 401 || status === 403) return 'model_unauthorized';
  if (status === 408) return 'model_timeout';
  if (status === 429) return 'model_rate_limited';
  // 409 and 425 are "not now"; a redirect is never followed, it would take the key along.
  const notNow = status === 409 || status === 425 || status < 400;
  return notNow || status >= 500 ? 'model_unavailable' : 'model_rejected';
}

function isRetryable(code: FaultCode, { status, code: theirs }: Refusal): boolean {
  if (code === 'model_rate_limited') return theirs !== 'insufficient_quota';
  if (code === 'model_unavailable') return status >= 400 && status !== 501;
  return code === 'model_timeout';
}

/** No entry for `model_unauthorized`: what providers say about a wrong key quotes parts of it. */
const WORDS: Partial<Record<FaultCode, string>> = {
  model_rejected: 'rejected the request',
  model_unavailable: 'failed',
  model_rate_limited: 'limits the rate of requests',
};

function messageOf(code: FaultCode, asked: Asked, refusal: Refusal): string | undefined {
  const id = asked.provider.id;
  if (code === 'model_not_found') return notFound(asked, refusal);
  const words = WORDS[code];
  if (words === undefined) return undefined;
  const theirs = shown(asked, refusal.message);
  const status = refusal.inStream ? '' : ` (${refusal.status})`;
  return `The model provider ${id} ${words}${status}${theirs === '' ? '.' : `: ${theirs}`}`;
}

/** A 404 that does not speak of a model is most often a base URL that lacks its `/v1`. */
function notFound(asked: Asked, { code, message }: Refusal): string {
  const id = asked.provider.id;
  const model = shown(asked, asked.model);
  if (/model/i.test(`${code} ${message}`))
    return `The model provider ${id} has no model "${model}".`;
  const theirs = shown(asked, message);
  const hint = theirs === '' ? 'Is its address right, with /v1 where it needs one?' : theirs;
  return `The model provider ${id} found nothing for the model "${model}". ${hint}`;
}

/** Provider text for a person: without the key, on one line, bounded. */
function shown({ provider }: Asked, text: string): string {
  const safe = provider.key === null ? text : provider.key.redact(text);
  // oxlint-disable-next-line no-control-regex -- control characters are what is to be removed
  const line = safe.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}

/**
 * OpenAI nests `{error: {message, code, type}}`, Gemini wraps that in a list, Mistral has
 * `{message, type}`, vLLM and others `{detail}`, and some send text.
 */
function errorIn(value: unknown): { code: string; type: string; message: string } {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (!isObject(first)) return { code: '', type: '', message: plainText(first) };
  const error = first['error'] ?? first;
  if (!isObject(error)) return { code: '', type: '', message: plainText(error) };
  return {
    code: plainText(error['code']),
    type: plainText(error['type'] ?? error['status']),
    message: plainText(error['message'] ?? error['detail'] ?? first['message']),
  };
}

/** An HTML error page tells a person nothing. */
function plainText(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.trimStart().startsWith('<') ? '' : text;
}

/** The HTTP status that the names of an error amount to. */
function statusOf(names: string): number {
  const number = /\b[345]\d\d\b/.exec(names);
  if (number) return Number(number[0]);
  if (/model_not_found/i.test(names)) return 404;
  if (/rate.?limit|too_many|quota|exhausted/i.test(names)) return 429;
  if (/auth|permission|api_key/i.test(names)) return 401;
  if (/invalid|bad_request|content_filter|context_length/i.test(names)) return 400;
  return 500;
}

/** Seconds, from `retry-after-ms`, or from `retry-after` as a number or a date. */
function retryAfterOf(headers: Response['headers']): number | undefined {
  const ms = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (ms >= 0) return ms / 1000;
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Whether a fault of the guarded fetch is about the connection alone: it speaks of a tool server,
 * and asking again can help.
 */
export function isOfConnection(fault: Fault): boolean {
  return fault.code.startsWith('server_');
}

/** The guarded fetch refuses with faults of its own, which platforms wrap in a `TypeError`. */
function faultWithin(thrown: unknown): Fault | null {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; depth += 1) {
    if (error instanceof Fault) return isOfConnection(error) ? null : error;
    error = error.cause;
  }
  return null;
}
