import { mac } from '../../connect/keyed-hash.ts';

/**
 * Signing what a callback is told, so that its receiver knows who sent it.
 * @see https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md
 */

/**
 * The secret that a run's callbacks are signed with: `whsec_` and 32 bytes in base64. Made from the
 * server's key, so that it is kept nowhere.
 */
export async function callbackSecret(idKey: string, id: string): Promise<string> {
  return `whsec_${base64(await mac(idKey, `callback-secret:${id}`))}`;
}

/** What a signature covers. */
export interface SignedCallback {
  readonly id: string;
  /** Seconds since 1970, of this try. */
  readonly timestamp: number;
  readonly body: string;
}

/** The value of `webhook-signature`. */
export async function callbackSignature(
  secret: string,
  { id, timestamp, body }: SignedCallback,
): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.slice('whsec_'.length)), (letter) =>
    letter.charCodeAt(0),
  );
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign']);
  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  return `v1,${base64(new Uint8Array(await crypto.subtle.sign('HMAC', key, content)))}`;
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
