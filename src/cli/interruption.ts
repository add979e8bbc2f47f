/** Exit code of a process that the second Ctrl-C ends: ended from outside. */
const ENDED = 5;

/**
 * A signal that the first Ctrl-C (or a polite `kill`) aborts, so that the run can end `cancelled`
 * and tool servers are told; the second one ends the process at once.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(ENDED);
      controller.abort();
    });
  }
  return controller.signal;
}
