/** When work is given up. */
export interface Deadline {
  readonly ms: number;
  readonly signal: AbortSignal;
  /** What is thrown when the time is over. */
  readonly late: () => Error;
  /** What is thrown when the signal aborts. */
  readonly aborted: () => Error;
}

/** Waits for work no longer than a deadline allows. The work itself is not stopped by this. */
export async function before<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  const { signal } = deadline;
  const { promise: given, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(deadline.aborted());
  const timer = setTimeout(() => reject(deadline.late()), deadline.ms);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, given]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
