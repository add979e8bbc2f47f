import { RepeatedLimit } from './repeated-limit.ts';

/** The time one request may take, and the one way to stop it. */
export interface Deadline {
  /** Aborts when the caller aborts, a time is over, or {@link Deadline.stop} is called. */
  readonly signal: AbortSignal;
  /**
   * Waits for a piece of work, at most so many milliseconds.
   * @throws what the signal was aborted with
   */
  within<T>(ms: number, work: Promise<T>): Promise<T>;
  /** Aborts unless a piece comes within so many milliseconds from now. */
  awaitPiece(ms: number): void;
  /** It came: its reader may take as long as it likes. */
  pieceCame(): void;
  /** Aborts with a reason of our own. */
  stop(reason: unknown): void;
  /** The request is over: nothing fires any more. */
  end(): void;
}

/**
 * @param caller the signal of whoever asked; its reason is kept, so an abort stays an AbortError
 * @param totalMs milliseconds for everything; `Infinity` for no limit
 * @param late makes what is thrown when a time is over
 */
export function deadline(
  caller: AbortSignal | null | undefined,
  totalMs: number,
  late: () => Error,
): Deadline {
  const controller = new AbortController();
  const { signal } = controller;
  const stop = (reason: unknown): void => controller.abort(reason);
  const onCaller = (): void => stop(caller?.reason);
  const cancelTotal = after(totalMs, () => stop(late()));
  const silence = new RepeatedLimit(() => stop(late()));
  if (caller?.aborted === true) onCaller();
  caller?.addEventListener('abort', onCaller, { once: true });
  return {
    signal,
    stop,
    awaitPiece: (ms) => silence.set(ms),
    pieceCame: () => silence.lift(),
    end: () => {
      cancelTotal();
      silence.end();
      caller?.removeEventListener('abort', onCaller);
    },
    within: async (ms, work) => {
      const cancel = after(ms, () => stop(late()));
      try {
        return await untilAborted(signal, work);
      } finally {
        cancel();
      }
    },
  };
}

/** A transport that does not react to its signal must not hold the caller. */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(reasonOf(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** The reason of an abort as it was given, wrapped only when it is no error. */
export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new DOMException('Aborted', 'AbortError');
}

function after(ms: number, act: () => void): () => void {
  if (!Number.isFinite(ms)) return () => undefined;
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
