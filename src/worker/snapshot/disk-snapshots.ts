import type { SnapshotStore } from './snapshot-store.ts';

/**
 * Snapshots as files in a folder of the local server, through workerd's own service for that, which
 * writes a new file and renames it. It knows no conditions: that nothing comes after a stone is the
 * order in which the only object of a run asks for it, in the only process. What a power cut would
 * leave is of no use, because a start keeps nothing of the folder but whole stones.
 */
export class DiskSnapshots implements SnapshotStore {
  readonly #disk: Fetcher;

  constructor(disk: Fetcher) {
    this.#disk = disk;
  }

  async read(id: string): Promise<string | null> {
    const response = await this.#asked('GET', id);
    const text = await response.text();
    return response.status === 404 ? null : text;
  }

  async keep(id: string, text: string, isOutdated: (there: string) => boolean): Promise<void> {
    const there = await this.read(id);
    if (there === null || isOutdated(there)) await this.#asked('PUT', id, text);
  }

  async bar(id: string, text: string): Promise<void> {
    await this.#asked('PUT', id, text);
  }

  async clear(id: string): Promise<void> {
    await this.#asked('DELETE', id);
  }

  async #asked(method: string, id: string, body: string | null = null): Promise<Response> {
    const response = await this.#disk.fetch(`http://snapshots/${id}`, { method, body });
    if (!response.ok && response.status !== 404) throw new Error(`disk: ${response.status}`);
    return response;
  }
}
