import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { UsageError } from './usage-error.ts';

/** Bits of group and others. */
const OTHERS = 0o077;

/**
 * A file or folder that nobody else may read.
 * @throws UsageError when it is a link or something else, belongs to somebody else, or is open to others
 */
export function checkPrivate(path: string, found: Stats, kind: 'file' | 'folder'): void {
  const isKind = kind === 'file' ? found.isFile() : found.isDirectory();
  if (!isKind) throw new UsageError(`\`${path}\` is not a ${kind}, so logins are not kept there.`);
  // Windows has no such bits; a folder of the user's profile is private there.
  if (process.platform === 'win32') return;
  if (found.uid !== process.getuid?.()) {
    throw new UsageError(`\`${path}\` belongs to another user, so logins are not kept there.`);
  }
  if ((found.mode & OTHERS) === 0) return;
  const mode = kind === 'file' ? '600' : '700';
  throw new UsageError(
    `Others may use \`${path}\`, which is for logins. Run \`chmod ${mode} ${path}\`, or log in anew if they did.`,
  );
}

/**
 * The text of a private file, or null when there is none. A link is not followed: whoever could
 * place one would otherwise choose what is read, and a pipe in its place would never end.
 * @throws UsageError as {@link checkPrivate}, or when the file is larger than `maxBytes`
 */
export async function readPrivate(path: string, maxBytes: number): Promise<string | null> {
  // Windows knows the last two not, and they count as 0 there.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file;
  try {
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return null;
    if (code !== 'ELOOP') throw error;
    throw new UsageError(`\`${path}\` is a link, so logins are not read from it.`, {
      cause: error,
    });
  }
  try {
    const found = await file.stat();
    checkPrivate(path, found, 'file');
    if (found.size > maxBytes)
      throw new UsageError(`\`${path}\` is too large to be what it should be.`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/**
 * Puts a private file in place of the one that is there: whole or not at all, and durable when this
 * resolves. A link in its place is replaced, not followed.
 */
export async function writePrivate(path: string, text: string): Promise<void> {
  await place(path, text, rename);
}

/** Makes a private file; false when one is there already, which stays as it is. */
export async function createPrivate(path: string, text: string): Promise<boolean> {
  try {
    await place(path, text, link);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function place(
  path: string,
  text: string,
  put: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeNew(temporary, text);
    await put(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
}

async function writeNew(path: string, text: string): Promise<void> {
  // `wx` opens nothing that is there already, not even through a link.
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without it the new name may be gone after a power failure. Windows cannot and need not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The code of an error of the system, as `ENOENT`. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
