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
  const give = (error: Error): never => {
    deadline.stop(error);
    deadline.end();
    throw error;
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        if (left < 0) give(limits.tooMuch());
        const read = deadline.within(limits.idleMs, reader.read());
        const { done, value } = await read.catch((cause: unknown) => give(limits.failed(cause)));
        if (done) {
          deadline.end();
          controller.close();
          return;
        }
        const rest = left - value.byteLength;
        if (rest < 0 && left === 0) give(limits.tooMuch());
        controller.enqueue(rest < 0 ? value.subarray(0, left) : value);
        left = rest;
      },
      cancel: async (reason: unknown) => {
        deadline.stop(reason);
        deadline.end();
        await reader.cancel(reason).catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
