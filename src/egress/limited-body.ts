import type { Deadline } from './deadline.ts';

/** What one body may cost, and what is thrown when it costs more. */
export interface BodyLimits {
  /** Bytes after decompression. */
  readonly maxBytes: number;
  /** Milliseconds between two chunks, measured only while somebody waits for one. */
  readonly idleMs: number;
  /** Makes what the stream fails with past `maxBytes`. */
  readonly tooMuch: () => Error;
  /** Turns a failed read into what the caller is told. */
  readonly failed: (cause: unknown) => Error;
}

/**
 * The same bytes, counted as they pass and never gathered: a gzip bomb is stopped at the byte
 * where it passes the limit. The bytes up to the limit are delivered, then the stream fails.
 */
export function limitedBody(
  source: ReadableStream<Uint8Array>,
  limits: BodyLimits,
  deadline: Deadline,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let left = limits.maxBytes;
  let unlisten = nothing;
  const end = (): void => {
    unlisten();
    deadline.end();
  };
  const give = (error: Error): never => {
    end();
    deadline.stop(error);
    throw error;
  };
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        // A transport that does not react to its signal must not hold the reader.
        unlisten = whenAborted(deadline.signal, () => {
          controller.error(limits.failed(deadline.signal.reason));
          deadline.end();
          void reader.cancel(deadline.signal.reason).catch(() => undefined);
        });
      },
      pull: async (controller) => {
        if (left < 0) give(limits.tooMuch());
        deadline.awaitPiece(limits.idleMs);
        const read = reader.read();
        const { done, value } = await read.catch((cause: unknown) => give(limits.failed(cause)));
        if (deadline.signal.aborted) return;
        deadline.pieceCame();
        if (done) {
          end();
          return controller.close();
        }
        if (left === 0 && value.byteLength > 0) give(limits.tooMuch());
        // Of the piece that passes the limit what is below it; the next turn fails.
        controller.enqueue(value.subarray(0, left));
        left -= value.byteLength;
      },
      cancel: async (reason: unknown) => {
        end();
        deadline.stop(reason);
        await reader.cancel(reason).catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

const nothing = (): void => {};

/** Calls `act` when the signal aborts, at once where it has. @returns ends that */
function whenAborted(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  signal.addEventListener('abort', act, { once: true });
  return () => signal.removeEventListener('abort', act);
}
