import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { UsageError } from './usage-error.ts';

/**
 * Makes sure that a file can be written before money is spent on what goes into it.
 * @throws UsageError
 */
export async function checkWritable(path: string): Promise<void> {
  const existing = await stat(path).catch(() => null);
  if (existing?.isDirectory() === true) {
    throw new UsageError(`\`--output ${path}\` is a folder, not a file.`);
  }
  try {
    await access(existing === null ? dirname(path) : path, constants.W_OK);
  } catch (cause) {
    throw new UsageError(`\`--output ${path}\` cannot be written.`, { cause });
  }
}
