import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { unreadable } from './prompt-source.ts';
import { UsageError } from './usage-error.ts';

/** The endings of files that are prompts: `.prompt.md` and `.agent.md` end in `.md` too. */
const PROMPT = /\.(?:mdc?|prompty?|prompt\.ya?ml)$/i;

/** Documents about a project; they stand beside prompts and are none. */
const DOCUMENT =
  /^(?:readme|changelog|changes|history|contributing|code_of_conduct|license|licence|notice|security|support|authors|maintainers)\b[^/]*$/i;

/**
 * The files to check, in order and each once: named files whatever they are called, and of named
 * folders, recursively, the files that look like prompts.
 * @throws UsageError when a named path does not exist
 */
export async function promptFiles(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(paths.map((path) => filesOf(path)));
  return [...new Set(found.flat())];
}

async function filesOf(path: string): Promise<string[]> {
  const kind = await stat(path).catch((error: unknown) => {
    throw new UsageError(unreadable(path, error), { cause: error });
  });
  return kind.isDirectory() ? filesIn(path) : [path];
}

/** Links are not followed: a link to a folder above would never end. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new UsageError(unreadable(folder, error), { cause: error });
  });
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const nested = await Promise.all(
    sorted.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return isSkipped(entry.name) ? [] : filesIn(path);
      return entry.isFile() && looksLikePrompt(entry.name) ? [path] : [];
    }),
  );
  return nested.flat();
}

function isSkipped(folder: string): boolean {
  return folder.startsWith('.') || folder === 'node_modules';
}

function looksLikePrompt(name: string): boolean {
  return PROMPT.test(name) && !DOCUMENT.test(name);
}
