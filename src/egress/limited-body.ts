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
  return new ReadableStream(new LimitedBody(source, limits, deadline), { highWaterMark: 0 });
}

class LimitedBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #limits: BodyLimits;
  readonly #deadline: Deadline;
  #left: number;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(source: ReadableStream<Uint8Array>, limits: BodyLimits, deadline: Deadline) {
    this.#reader = source.getReader();
    this.#limits = limits;
    this.#deadline = deadline;
    this.#left = limits.maxBytes;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const { signal } = this.#deadline;
    this.#controller = controller;
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { tooMuch, failed, idleMs } = this.#limits;
    if (this.#left < 0) this.#fail(tooMuch());
    this.#deadline.awaitPiece(idleMs);
    const read = this.#reader.read();
    const { done, value } = await read.catch((cause: unknown) => this.#fail(failed(cause)));
    if (this.#deadline.signal.aborted) return;
    this.#deadline.pieceCame();
    if (done) {
      this.#end();
      return controller.close();
    }
    const rest = this.#left - value.byteLength;
    if (rest < 0 && this.#left === 0) this.#fail(tooMuch());
    controller.enqueue(rest < 0 ? value.subarray(0, this.#left) : value);
    this.#left = rest;
  }

  async cancel(reason: unknown): Promise<void> {
    this.#end();
    this.#deadline.stop(reason);
    await this.#reader.cancel(reason).catch(() => undefined);
  }

  /** A transport that does not react to its signal must not hold who reads. */
  readonly #onAbort = (): void => {
    const reason: unknown = this.#deadline.signal.reason;
    this.#controller?.error(this.#limits.failed(reason));
    this.#deadline.end();
    void this.#reader.cancel(reason).catch(() => undefined);
  };

  #fail(fault: Error): never {
    this.#end();
    this.#deadline.stop(fault);
    // A transport that does not react to its signal would send on.
    void this.#reader.cancel(fault).catch(() => undefined);
    throw fault;
  }

  #end(): void {
    this.#deadline.signal.removeEventListener('abort', this.#onAbort);
    this.#deadline.end();
  }
}
