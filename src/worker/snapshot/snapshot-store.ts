import type { Env } from '../env.ts';

/** Where snapshots are kept, by run id. All methods throw when the store does not answer. */
export interface SnapshotStore {
  /** What is kept under an id; null for nothing. */
  read(id: string): Promise<string | null>;
  /**
   * Keeps a text where nothing is, or in the place of a text of which `isOutdated` says so. Anything
   * else that is there stays, also when it came a moment ago.
   */
  keep(id: string, text: string, isOutdated: (there: string) => boolean): Promise<void>;
  /** Puts a text in the place of whatever is there. Once it resolves, nobody reads that any more. */
  bar(id: string, text: string): Promise<void>;
  /** Removes what is kept under an id. */
  clear(id: string): Promise<void>;
}

/** The store of this server: a bucket when deployed, a folder of `npm start`; null without one. */
export async function snapshotStore({
  SNAPSHOTS,
  SNAPSHOT_DISK,
}: Env): Promise<SnapshotStore | null> {
  if (SNAPSHOTS !== undefined) {
    const { BucketSnapshots } = await import('./bucket-snapshots.ts');
    return new BucketSnapshots(SNAPSHOTS);
  }
  if (SNAPSHOT_DISK === undefined) return null;
  const { DiskSnapshots } = await import('./disk-snapshots.ts');
  return new DiskSnapshots(SNAPSHOT_DISK);
}
