/** What stands on disk, for tests that look for what must not. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How often a look may be disturbed. */
const TRIES = 200;

/**
 * Paths and contents of all files under a folder, byte for byte as Latin-1. The database of an object
 * that falls asleep loses the files beside it while one looks, and what was in them is in a file that
 * may have been read already: then everything is read again.
 * @param isWanted tells by the path which files are looked at; all of them when left out
 */
export function keptFilesByPath(
  folder: string,
  isWanted: (path: string) => boolean = () => true,
): readonly (readonly [path: string, text: string])[] {
  for (let tried = 1; ; tried += 1) {
    try {
      return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => isWanted(path))
        .map((path) => [path, readFileSync(path, 'latin1')] as const);
    } catch (error) {
      const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isGone || tried === TRIES) throw error;
    }
  }
}

/** The contents alone. */
export function keptFiles(...which: Parameters<typeof keptFilesByPath>): readonly string[] {
  return keptFilesByPath(...which).map(([, text]) => text);
}
