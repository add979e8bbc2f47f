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
  const { signal } = deadline;
  let left = limits.maxBytes;
  let onAbort = (): void => {};
  const end = (): void => {
    signal.removeEventListener('abort', onAbort);
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
        onAbort = () => {
          controller.error(limits.failed(signal.reason));
          deadline.end();
          void reader.cancel(signal.reason).catch(() => undefined);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        if (signal.aborted) onAbort();
      },
      pull: async (controller) => {
        if (left < 0) give(limits.tooMuch());
        deadline.awaitPiece(limits.idleMs);
        const read = reader.read();
        const { done, value } = await read.catch((cause: unknown) => give(limits.failed(cause)));
        if (signal.aborted) return;
        deadline.pieceCame();
        if (done) {
          end();
          controller.close();
          return;
        }
        const rest = left - value.byteLength;
        if (rest < 0 && left === 0) give(limits.tooMuch());
        controller.enqueue(rest < 0 ? value.subarray(0, left) : value);
        left = rest;
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
