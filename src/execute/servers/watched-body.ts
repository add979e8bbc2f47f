/** What is done with the pieces and the end of a body. */
export interface BodyWatch {
  /** Called for each piece; an error that it returns ends the body. */
  readonly onBytes: (bytes: Uint8Array) => Error | null;
  /** Called when the body ends by itself, whole or broken; not when its reader gives up. */
  readonly onEnd: () => void;
}

/** The same body, watched as it is read. */
export function watchedBody(
  body: ReadableStream<Uint8Array>,
  watch: BodyWatch,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          watch.onEnd();
          return controller.close();
        }
        const refusal = watch.onBytes(value);
        if (refusal === null) return controller.enqueue(value);
        controller.error(refusal);
        await reader.cancel(refusal);
      } catch (error) {
        watch.onEnd();
        controller.error(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/**
 * A whole body as text, watched as it is read: without a second stream around it, which costs more
 * than a short answer is worth.
 * @throws what the watch refuses it with, or what the connection threw
 */
export async function watchedText(
  body: ReadableStream<Uint8Array> | null,
  watch: BodyWatch,
): Promise<string> {
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let text = '';
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) return text + decoder.decode();
    const refusal = watch.onBytes(value);
    if (refusal !== null) {
      void reader?.cancel(refusal).catch(() => {});
      throw refusal;
    }
    text += decoder.decode(value, { stream: true });
  }
}
