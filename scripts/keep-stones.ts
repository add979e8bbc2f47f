/** What a start of the local server leaves of the folder of snapshots. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of a stone, at most: a snapshot is longer, and need not be read. */
const STONE_BYTES = 200;

/**
 * Removes everything but the stones of runs that expired or were rotated. Snapshots are made anew when
 * they are needed: after a crash of the machine the folder may hold one of a run that was removed, and
 * after one of workerd a part of one. A stone may be all that says what became of its run.
 * @see spec/runs.md, SNAP-8
 */
export function keepStones(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const isKept = /^[0-9A-Za-z]{32}$/.test(name) && isStone(path);
    if (!isKept) rmSync(path, { recursive: true, force: true });
  }
}

/** The stone of a run that was deleted says nothing to anybody. */
function isStone(path: string): boolean {
  try {
    if (statSync(path).size > STONE_BYTES) return false;
    const { stone } = JSON.parse(readFileSync(path, 'utf8')) as { stone?: { status?: unknown } };
    return typeof stone?.status === 'string' && stone.status !== 'deleted';
  } catch {
    return false;
  }
}
