import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { LoginRows, RowKind } from '../login/login.ts';
import { parseJsonObject } from '../protocol/json.ts';
import { withFileLock, type LockTimes } from './file-lock.ts';
import { readPrivate, writePrivate } from './private-file.ts';
import type { StateFolder } from './state-folder.ts';

/** Bytes of one row; a sealed grant has a few thousand. */
const MAX_ROW = 256 * 1024;

/** Milliseconds. */
const HOUR = 3_600_000;

/**
 * The logins of the person at this machine, one private file for each row, so that processes that
 * write different rows never overwrite each other. Nothing is made before something is kept.
 * @see spec/cli.md, Where logins are kept
 */
export class FileLoginRows implements LoginRows {
  readonly #rows: StateFolder;
  readonly #locks: StateFolder;
  readonly #times: LockTimes | undefined;
  /** The work of this process that waits for a name, in order. */
  readonly #queues = new Map<string, Promise<unknown>>();

  /** @param home the state folder; the rows are in folders of it */
  constructor(home: StateFolder, times?: LockTimes) {
    this.#rows = home.folder('logins');
    this.#locks = home.folder('locks');
    this.#times = times;
  }

  async get(kind: RowKind, key: string): Promise<string | null> {
    if (!(await this.#rows.exists())) return null;
    const row = await this.#read(fileName(kind, key));
    return row?.key === key ? row.value : null;
  }

  async put(kind: RowKind, key: string, value: string): Promise<void> {
    await writePrivate(await this.#rows.file(fileName(kind, key)), JSON.stringify({ key, value }));
  }

  async delete(kind: RowKind, key: string): Promise<void> {
    if (!(await this.#rows.exists())) return;
    await rm(await this.#rows.file(fileName(kind, key)), { force: true });
  }

  async list(kind: RowKind): Promise<readonly { readonly key: string; readonly value: string }[]> {
    if (!(await this.#rows.exists())) return [];
    const all = await readdir(this.#rows.path);
    await this.#sweep(all.filter((name) => name.endsWith('.tmp')));
    const names = all.filter((name) => name.startsWith(`${kind}-`) && name.endsWith('.json'));
    const rows = await Promise.all(names.toSorted().map((name) => this.#read(name)));
    return rows.filter((row) => row !== null);
  }

  /** Removes what processes left behind that died while they wrote. */
  async #sweep(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const path = join(this.#rows.path, name);
      const found = await stat(path).catch(() => null);
      if (found !== null && Date.now() - found.mtimeMs > HOUR) await rm(path, { force: true });
    }
  }

  async alone<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const before = this.#queues.get(name) ?? Promise.resolve();
    const mine = before.then(() => this.#locked(name, work));
    const settled = mine.catch(() => undefined);
    this.#queues.set(name, settled);
    try {
      return await mine;
    } finally {
      if (this.#queues.get(name) === settled) this.#queues.delete(name);
    }
  }

  async #locked<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const path = await this.#locks.file(`${hash(name)}.lock`);
    return withFileLock(path, work, this.#times);
  }

  async #read(name: string): Promise<{ key: string; value: string } | null> {
    const text = await readPrivate(await this.#rows.file(name), MAX_ROW);
    const { key, value } = (text === null ? null : parseJsonObject(text)) ?? {};
    return typeof key === 'string' && typeof value === 'string' ? { key, value } : null;
  }
}

/** A key may hold anything, addresses included; a name of a file may not. */
function fileName(kind: RowKind, key: string): string {
  return `${kind}-${hash(key)}.json`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
