import { reasonOf } from '../egress/deadline.ts';
import type { Clock } from './ports.ts';

/** Longest delay that `setTimeout` keeps; a longer one fires at once. */
const MAX_DELAY = 2 ** 31 - 1;

/** The platform's own clock. `flushMs`: see {@link Clock}. */
export function systemClock(flushMs: number): Clock {
  return { now: () => Date.now(), sleep, flushMs };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(reasonOf(signal));
    const abort = (): void => {
      clearTimeout(timer);
      reject(reasonOf(signal));
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', abort);
        resolve();
      },
      Math.min(ms, MAX_DELAY),
    );
    signal.addEventListener('abort', abort, { once: true });
  });
}
