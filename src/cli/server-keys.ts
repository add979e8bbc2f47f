import { isObject, parseJsonObject } from '../protocol/json.ts';
import type { Environment } from './environment.ts';
import { withFileLock } from './file-lock.ts';
import { readPrivate, writePrivate } from './private-file.ts';
import { StateFolder, statePath } from './state-folder.ts';

/** A key that a MarkdownOps server made for this machine. */
export interface ServerKey {
  /** By which the server knows it. */
  readonly id: string;
  readonly key: string;
  /** Whose it is, as the server calls them. */
  readonly person: string;
}

const FILE = 'server-keys.json';
const MAX_BYTES = 262_144;

/**
 * The keys for MarkdownOps servers, by the origin of the server, in one file that nobody else may
 * read. A key goes to the origin that made it and nowhere else.
 * @see spec/cli.md, Where logins are kept
 */
export class ServerKeys {
  readonly #folder: StateFolder;

  constructor(env: Environment) {
    this.#folder = new StateFolder(statePath(env));
  }

  /** The key for a server; null without one. Nothing is made to find that out. */
  async find(url: string): Promise<ServerKey | null> {
    if (!URL.canParse(url) || !(await this.#folder.exists())) return null;
    return (await this.#read()).get(new URL(url).origin) ?? null;
  }

  /** Keeps a key in place of the one that is there; null forgets it. */
  async put(url: string, key: ServerKey | null): Promise<void> {
    const path = await this.#folder.file(FILE);
    await withFileLock(`${path}.lock`, async () => {
      const all = await this.#read();
      const { origin } = new URL(url);
      if (key === null) all.delete(origin);
      else all.set(origin, key);
      await writePrivate(path, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
    });
  }

  async #read(): Promise<Map<string, ServerKey>> {
    const text = await readPrivate(await this.#folder.file(FILE), MAX_BYTES);
    const all = Object.entries(parseJsonObject(text ?? '') ?? {});
    return new Map(
      all.filter((entry): entry is [string, (typeof entry)[1] & ServerKey] => isKey(entry[1])),
    );
  }
}

function isKey(value: unknown): value is ServerKey {
  if (!isObject(value)) return false;
  const { id, key, person } = value;
  return [id, key, person].every((part) => typeof part === 'string');
}
