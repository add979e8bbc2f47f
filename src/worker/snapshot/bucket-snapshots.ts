import type { SnapshotStore } from './snapshot-store.ts';

/** A bucket takes one write of the same name in a second, and fails others. */
const AGAIN_MS = 1100;
const BAR_TRIES = 4;

/**
 * Snapshots in an R2 bucket, which is strongly consistent. A write that its sender did not live to
 * hear of may arrive much later, so nothing is ever kept without a condition on what is there.
 * @see https://developers.cloudflare.com/r2/reference/consistency/
 */
export class BucketSnapshots implements SnapshotStore {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async read(id: string): Promise<string | null> {
    return (await (await this.#bucket.get(id))?.text()) ?? null;
  }

  async keep(id: string, text: string, isOutdated: (there: string) => boolean): Promise<void> {
    const isNew = await this.#bucket.put(id, text, { onlyIf: { etagDoesNotMatch: '*' } });
    if (isNew !== null) return;
    const there = await this.#bucket.get(id);
    if (there === null || !isOutdated(await there.text())) return;
    await this.#bucket.put(id, text, { onlyIf: { etagMatches: there.etag } });
  }

  async bar(id: string, text: string): Promise<void> {
    for (let tried = 1; ; tried += 1) {
      try {
        await this.#bucket.put(id, text);
        return;
      } catch (error) {
        if (tried === BAR_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  async clear(id: string): Promise<void> {
    await this.#bucket.delete(id);
  }
}
