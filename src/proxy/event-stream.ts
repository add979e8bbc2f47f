/**
 * A comment now and then keeps proxies from closing a stream in which a tool works for long. It is
 * also how a local workerd learns that the caller has gone: a closed connection shows when
 * something is written to it.
 */
const KEEP_ALIVE_MS = 5_000;

/** Server-sent events that somebody else writes, as a response. */
export class EventStream {
  readonly #encoder = new TextEncoder();
  readonly #keepAlive: ReturnType<typeof setInterval>;
  readonly #body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  /** @param onCancel the reader has gone */
  constructor(onCancel: () => void) {
    this.#body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#close();
        onCancel();
      },
    });
    this.#keepAlive = setInterval(() => this.#write(': keep-alive\n\n'), KEEP_ALIVE_MS);
  }

  /** Sends a value as one event; after the end nothing is sent. */
  send(value: unknown): void {
    this.#write(`data: ${JSON.stringify(value)}\n\n`);
  }

  /** Ends the stream as OpenAI does. */
  end(): void {
    this.#write('data: [DONE]\n\n');
    const controller = this.#controller;
    this.#close();
    controller?.close();
  }

  response(): Response {
    return new Response(this.#body, {
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // Proxies that collect a response before they send it would spoil the streaming.
        'x-accel-buffering': 'no',
      },
    });
  }

  #write(text: string): void {
    this.#controller?.enqueue(this.#encoder.encode(text));
  }

  #close(): void {
    clearInterval(this.#keepAlive);
    this.#controller = null;
  }
}
