import type { Transport } from '@modelcontextprotocol/client';
import { Fault } from '../../fault/fault.ts';
import { before } from './deadline.ts';

/** A server that does not take them is waited for no longer, in milliseconds. */
const LAST_WORDS_MS = 2000;

/**
 * Lets what cancels a request leave before its transport is closed, which would break it off: until
 * 2026-07-28 a closed connection alone stops nothing.
 * @see https://modelcontextprotocol.io/specification/2025-06-18/basic/utilities/cancellation
 */
export function sayLastWords(transport: Transport): void {
  const leaving = new Set<Promise<void>>();
  const send = transport.send.bind(transport);
  const close = transport.close.bind(transport);
  transport.send = async (message, options) => {
    const sent = send(message, options);
    if (!('method' in message) || message.method !== 'notifications/cancelled') return sent;
    leaving.add(sent);
    return sent.finally(() => leaving.delete(sent));
  };
  transport.close = async () => {
    const late = (): Fault => new Fault('server_timeout');
    const deadline = { ms: LAST_WORDS_MS, signal: new AbortController().signal };
    const all = Promise.allSettled(leaving);
    if (leaving.size > 0) await before(all, { ...deadline, late, aborted: late }).catch(() => {});
    await close();
  };
}
