/** The logs of all runs as they stand on disk: read without asking the server for anything. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { RunEvent } from '../../src/run/event.ts';

/** What one database holds. */
export interface StoredRun {
  readonly file: string;
  readonly events: readonly RunEvent[];
  /** The status that stayed of a run that was purged. */
  readonly tombstone: string | null;
}

/** Every run of a state folder. */
export function storedRuns(stateDir: string): StoredRun[] {
  const folder = join(stateDir, 'runs', 'runs');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  return files.map((file) => stored(join(folder, file)));
}

/** How often a look may be disturbed by the process that writes. */
const TRIES = 20;

function stored(file: string): StoredRun {
  for (let tried = 1; ; tried += 1) {
    try {
      return readOrCopy(file);
    } catch (error) {
      if (tried === TRIES) throw error;
    }
  }
}

function readOrCopy(file: string): StoredRun {
  try {
    return read(file);
  } catch {
    // A file that nobody has opened since the kill: what is in its journal has to be taken over.
    const folder = mkdtempSync(join(tmpdir(), 'markdownops-copy-'));
    for (const end of ['', '-wal']) {
      if (existsSync(file + end)) copyFileSync(file + end, join(folder, `copy.sqlite${end}`));
    }
    try {
      return { ...read(join(folder, 'copy.sqlite'), false), file };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

function read(file: string, readOnly = true): StoredRun {
  const database = new DatabaseSync(file, { readOnly });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    const has = (table: string) => tables.some(({ name }) => name === table);
    return {
      file,
      events: has('event') ? eventsOf(database) : [],
      tombstone: has('tombstone')
        ? String(database.prepare('SELECT status FROM tombstone').get()?.['status'])
        : null,
    };
  } finally {
    database.close();
  }
}

function eventsOf(database: DatabaseSync): RunEvent[] {
  const texts = new Map<number, string>();
  for (const { seq, json } of database
    .prepare('SELECT seq, json FROM event ORDER BY seq, part')
    .iterate()) {
    texts.set(Number(seq), (texts.get(Number(seq)) ?? '') + String(json));
  }
  return [...texts.values()].map((text) => JSON.parse(text) as RunEvent);
}
