import { Fault } from '../fault/fault.ts';

/** The fault of a login that cannot be made. */
export function unavailable(message: string, retryable = false): Fault {
  return new Fault('login_unavailable', message, retryable ? { detail: { retryable } } : {});
}

/** The host of an address, for a sentence. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'The server';
}
