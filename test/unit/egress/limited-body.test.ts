import { describe, expect, test, vi } from 'vitest';
import { deadline } from '../../../src/egress/deadline.ts';
import { limitedBody } from '../../../src/egress/limited-body.ts';

const MAX = 100;

/** A body without end, and what it was cancelled with. */
function endless() {
  const cancel = vi.fn<(reason: unknown) => void>();
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(60)),
    cancel,
  });
  return { source, cancel };
}

function limited(source: ReadableStream<Uint8Array>, caller?: AbortSignal) {
  const limits = {
    maxBytes: MAX,
    idleMs: 60_000,
    tooMuch: () => new Error('too much'),
    failed: () => new Error('failed'),
  };
  return limitedBody(
    source,
    limits,
    deadline(caller, Infinity, () => new Error('late')),
  );
}

describe('a body of a transport that does not heed its signal', () => {
  test('is given up to the last byte that is allowed, and then let go', async () => {
    const { source, cancel } = endless();
    const reader = limited(source).getReader();
    expect((await reader.read()).value?.byteLength).toBe(60);
    expect((await reader.read()).value?.byteLength).toBe(MAX - 60);
    await expect(reader.read()).rejects.toThrow('too much');
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledTimes(1));
  });

  test('is let go when its caller goes away', async () => {
    const { source, cancel } = endless();
    const caller = new AbortController();
    const reader = limited(source, caller.signal).getReader();
    await reader.read();
    caller.abort(new Error('gone'));
    await expect(reader.read()).rejects.toThrow('failed');
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledTimes(1));
  });

  test('is let go when its reader is', async () => {
    const { source, cancel } = endless();
    const body = limited(source);
    await body.cancel('enough');
    expect(cancel).toHaveBeenCalledWith('enough');
  });
});
