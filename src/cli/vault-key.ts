import { randomBytes } from 'node:crypto';

import type { Environment } from './environment.ts';
import { createPrivate, readPrivate } from './private-file.ts';
import type { StateFolder } from './state-folder.ts';
import { UsageError } from './usage-error.ts';

const SHORTEST = 32;
const FILE = 'vault.key';

/**
 * The keys of `VAULT_KEY`, separated by commas.
 * @throws UsageError for a key of fewer than 32 characters
 */
export function givenVaultKeys(env: Environment): readonly string[] {
  const keys = (env['VAULT_KEY'] ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  if (keys.every((key) => key.length >= SHORTEST)) return keys;
  throw new UsageError(`VAULT_KEY: a key has at least ${SHORTEST} characters.`);
}

/**
 * The keys of the vault, the first of which seals: those of the environment, and the one that is
 * kept beside the logins. That is made when there is none at all.
 * @throws UsageError when the one that is kept cannot be used
 */
export async function vaultKeys(
  given: readonly string[],
  home: StateFolder,
): Promise<readonly string[]> {
  const kept = (await home.exists()) ? await keptKey(home) : null;
  const keys = kept === null ? given : [...given, kept];
  return keys.length > 0 ? keys : [await newKey(home)];
}

/** Of two processes that make it at once, the first one wins. */
async function newKey(home: StateFolder): Promise<string> {
  const path = await home.file(FILE);
  const key = randomBytes(32).toString('base64url');
  if (await createPrivate(path, `${key}\n`)) return key;
  return (await keptKey(home)) ?? key;
}

async function keptKey(home: StateFolder): Promise<string | null> {
  const path = await home.file(FILE);
  const text = await readPrivate(path, 4096);
  if (text === null) return null;
  const key = text.trim();
  if (key.length >= SHORTEST) return key;
  throw new UsageError(`\`${path}\` does not hold a key. Remove it, and log in anew.`);
}
