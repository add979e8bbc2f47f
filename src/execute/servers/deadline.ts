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
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(deadline.late()), deadline.ms);
  });
  try {
    return await unlessAborted(Promise.race([work, late]), signal, deadline.aborted);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for work, or rejects with `error` when the signal aborts before it is done. */
export function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  error: () => Error,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(error());
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
