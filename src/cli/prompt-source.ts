import { open } from 'node:fs/promises';

import { Fault } from '../fault/fault.ts';
import type { Source } from './draw-problem.ts';
import { UsageError } from './usage-error.ts';

/** Bytes of a prompt document; more is refused, as a server does. */
const MAX_BYTES = 1024 * 1024;

/**
 * The prompt that a command names: a file, or standard input for `-` and when nothing is named.
 * @throws UsageError when nothing is named at a terminal, or the file cannot be read
 * @throws Fault `not_text`, `too_large`
 */
export async function promptSource(positionals: readonly string[]): Promise<Source> {
  if (positionals.length > 1) {
    throw new UsageError('One prompt at a time: name one FILE, or `-` for standard input.');
  }
  const [name = '-'] = positionals;
  if (name !== '-') return { name, text: decoded(await fileBytes(name), name) };
  if (positionals.length === 0 && process.stdin.isTTY) {
    throw new UsageError('Name a FILE, or `-` to read the prompt from standard input.');
  }
  return { name, text: decoded(await streamBytes(process.stdin), 'standard input') };
}

/**
 * The text of one prompt file.
 * @throws UsageError when it cannot be read
 * @throws Fault `not_text`, `too_large`
 */
export async function fileText(path: string): Promise<string> {
  return decoded(await fileBytes(path), path);
}

async function fileBytes(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path);
    return await streamBytes(file.createReadStream({ end: MAX_BYTES, autoClose: false }));
  } catch (error) {
    throw new UsageError(unreadable(path, error), { cause: error });
  }
}

/** Stops reading one byte past the limit, so that an endless stream costs no more than that. */
async function streamBytes(stream: AsyncIterable<unknown>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('The stream must give bytes.');
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) break;
  }
  return Buffer.concat(chunks);
}

function decoded(bytes: Uint8Array, name: string): string {
  if (bytes.length > MAX_BYTES) {
    throw new Fault('too_large', `${name} is larger than 1 MB, the most a prompt may have.`);
  }
  const notText = (why: string): Fault => new Fault('not_text', `${name} ${why}.`);
  if (bytes.includes(0)) throw notText('holds a NUL byte, so it is not text');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notText('is not UTF-8 text');
  }
}

/** Why a file could not be read, in words. */
export function unreadable(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return `There is no file \`${path}\`.`;
    case 'EISDIR':
      return `\`${path}\` is a folder, not a prompt.`;
    case 'EACCES':
    case 'EPERM':
      return `\`${path}\` may not be read.`;
    default:
      return `\`${path}\` cannot be read.`;
  }
}
