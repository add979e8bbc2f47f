import type { GuardedFetch } from '../../egress/guarded-fetch.ts';
import { Fault } from '../../fault/fault.ts';
import type { CallbackTry, DueCallback } from './callback-outbox.ts';
import { callbackSignature } from './callback-secret.ts';

/** The longest that a receiver may have us wait, as long as our own longest delay. */
const MAX_WAIT_MS = 86_400_000;

const REFERENCE = /\$\{env:(\w+)\}/g;

/** What a try is made with. */
export interface CallbackSending {
  /** May hold `${env:X}`. */
  readonly url: string;
  /** Limited in time, and one that follows no redirect. */
  readonly fetch: GuardedFetch;
  /** `whsec_…` */
  readonly secret: string;
  /** The value of `${env:X}` in an address of this host; may throw Fault `secret_refused`. */
  readonly secrets: (name: string, host: string) => string | null;
  readonly signal: AbortSignal;
}

/**
 * Tells a callback once. Only `2xx` is success; a redirect is not followed, since it would take the
 * message to a place that nobody named. Nothing of the answer's body is read. Never rejects.
 * @see spec/runs.md, Callbacks
 */
export async function sendCallback(
  { id, body }: Pick<DueCallback, 'id' | 'body'>,
  { url, fetch, secret, secrets, signal }: CallbackSending,
): Promise<CallbackTry> {
  try {
    const timestamp = Math.floor(Date.now() / 1000);
    const response = await fetch(addressOf(url, secrets), {
      method: 'POST',
      body,
      signal,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'MarkdownOps',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': await callbackSignature(secret, { id, timestamp, body }),
      },
    });
    await response.body?.cancel().catch(() => undefined);
    if (response.ok) return { outcome: 'delivered' };
    if (response.status === 410) return { outcome: 'gone' };
    return { outcome: 'failed', wait_ms: waitOf(response) };
  } catch {
    return { outcome: 'failed', wait_ms: 0 };
  }
}

/**
 * The host is read before any secret is there: one that is itself a part of the host is for none.
 * @throws Fault `secret_missing`, `secret_refused`
 */
function addressOf(url: string, secrets: CallbackSending['secrets']): string {
  const plain = url.replaceAll(REFERENCE, '0');
  const host = URL.canParse(plain) ? new URL(plain).host : '';
  return url.replaceAll(REFERENCE, (_reference, name: string) => {
    const secret = secrets(name, host);
    if (secret === null) throw new Fault('secret_missing');
    return secret;
  });
}

function waitOf({ headers }: Response): number {
  const after = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(after) ? Math.min(Number(after) * 1000, MAX_WAIT_MS) : 0;
}
