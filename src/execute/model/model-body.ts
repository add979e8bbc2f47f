import type { AnswerProgress } from './model-stream.ts';
import type { Watchdog } from './watchdog.ts';

/** How long a provider may be silent. */
export interface Patience {
  /** Milliseconds since 1970 at which the model must have begun to answer. */
  readonly deadline: number;
  /** Milliseconds of silence between bytes once the model works. */
  readonly idleMs: number;
  /** What is thrown when it was silent for so many milliseconds. */
  readonly silent: (ms: number) => Error;
}

/** After the `finish_reason` only usage can follow: a silent provider must not hold up the run. */
const AFTER_FINISH_MS = 5_000;

/** After `[DONE]` only the end of the body can follow; a provider that keeps it open loses it. */
const AFTER_DONE_MS = 250;

/**
 * The body as text, piece by piece; a character split between two pieces stays whole.
 * @throws the reason of the watchdog's signal, or what the connection threw
 */
export async function* textsOf(
  body: ReadableStream<Uint8Array>,
  watchdog: Watchdog,
  progress: AnswerProgress,
  patience: Patience,
): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  // A fetch that forgets its signal once the headers came must not keep the socket.
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  watchdog.signal.addEventListener('abort', cancel, { once: true });
  try {
    for (;;) {
      watchdog.signal.throwIfAborted();
      wait(watchdog, progress, patience);
      const { value, done } = await reader.read();
      watchdog.disarm();
      watchdog.signal.throwIfAborted();
      if (done) {
        progress.ended = true;
        break;
      }
      yield decoder.decode(value, { stream: true });
    }
    yield decoder.decode();
  } finally {
    watchdog.signal.removeEventListener('abort', cancel);
    if (!progress.ended && progress.done) void readToEnd(reader);
    else if (!progress.ended) cancel();
  }
}

/**
 * Reads past `[DONE]`. A body that is cancelled takes its connection along, and the next step would
 * have to open another one.
 */
async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const giveUp = (): void => void reader.cancel().catch(() => undefined);
  const timer = setTimeout(giveUp, AFTER_DONE_MS);
  try {
    while (!(await reader.read()).done);
  } catch {
    // The answer was whole before.
  } finally {
    clearTimeout(timer);
  }
}

/** Comments keep an idle connection alive, but they are not a first token. */
function wait(watchdog: Watchdog, progress: AnswerProgress, patience: Patience): void {
  const idle = progress.finished ? Math.min(AFTER_FINISH_MS, patience.idleMs) : patience.idleMs;
  const left = Math.max(0, patience.deadline - Date.now());
  const ms = progress.producing || progress.finished ? idle : left;
  watchdog.arm(ms, () => patience.silent(idle));
}
