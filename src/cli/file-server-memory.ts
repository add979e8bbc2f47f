import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { ServerMemo, ServerMemory } from '../execute/ports.ts';
import { isObject, parseJsonObject } from '../protocol/json.ts';
import { readPrivate, writePrivate } from './private-file.ts';
import type { StateFolder } from './state-folder.ts';

const MAX_SERVERS = 64;
const MAX_MEMO = 2 * 1024 * 1024;
const ERAS: ReadonlySet<unknown> = new Set(['stateless', 'handshake', 'sse']);

/**
 * What earlier runs learned of tool servers: saves the next one round trips. Kept only where logins
 * are kept already, so that a run alone leaves nothing behind.
 */
export class FileServerMemory implements ServerMemory {
  readonly #home: StateFolder;
  readonly #memos: StateFolder;

  constructor(home: StateFolder) {
    this.#home = home;
    this.#memos = home.folder('servers');
  }

  async recall(key: string): Promise<ServerMemo | null> {
    if (!(await this.#memos.exists())) return null;
    const text = await readPrivate(await this.#path(key), MAX_MEMO);
    const memo = text === null ? null : parseJsonObject(text);
    return isMemo(memo) ? memo : null;
  }

  async keep(key: string, memo: ServerMemo | null): Promise<void> {
    if (!(await this.#home.exists())) return;
    const path = await this.#path(key);
    if (memo === null) return rm(path, { force: true });
    await writePrivate(path, JSON.stringify(memo));
    await this.#makeRoom();
  }

  #path(key: string): Promise<string> {
    // It becomes the name of a file.
    if (!/^[0-9a-f]{64}$/.test(key)) throw new TypeError('A key has 64 hexadecimal digits.');
    return this.#memos.file(`${key}.json`);
  }

  /** What was written longest ago goes first. */
  async #makeRoom(): Promise<void> {
    const names = await readdir(this.#memos.path);
    if (names.length <= MAX_SERVERS) return;
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#memos.path, name);
        const found = await stat(path).catch(() => null);
        return { path, written: found?.mtimeMs ?? 0 };
      }),
    );
    const old = files.toSorted((a, b) => a.written - b.written).slice(0, -MAX_SERVERS);
    await Promise.all(old.map(({ path }) => rm(path, { force: true })));
  }
}

function isMemo(value: unknown): value is ServerMemo {
  if (!isObject(value)) return false;
  const { era, until, tools } = value;
  const isList = tools === undefined || (isObject(tools) && Array.isArray(tools['list']));
  return ERAS.has(era) && typeof until === 'number' && isList;
}
