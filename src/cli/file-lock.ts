import { randomUUID } from 'node:crypto';
import { open, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';

import { Fault } from '../fault/fault.ts';
import { parseJsonObject } from '../protocol/json.ts';
import { codeOf } from './private-file.ts';

/** Milliseconds. */
export interface LockTimes {
  /** Between two looks at a lock that somebody holds. */
  readonly poll: number;
  /** Between two signs of life of the holder. */
  readonly beat: number;
  /** Without a sign of life, watched by us, until a lock is taken to be left behind. */
  readonly silence: number;
  /** Until waiting for a living holder is given up. */
  readonly patience: number;
}

const TIMES: LockTimes = { poll: 25, beat: 3000, silence: 20_000, patience: 120_000 };

/** What a lock file looked like. */
export interface Seen {
  readonly text: string;
  readonly changed: number;
}

/**
 * Runs the work while this process alone holds the lock file. The lock of a process that died is
 * taken over: at once when its process is gone, and when it gave no sign of life for a while where
 * that cannot be known (another machine or container on the same disk, a process number that
 * somebody else has now). Silence is counted only while we watch, so that a machine that slept
 * takes nothing from a holder that slept with it.
 * @throws Fault `internal` when a living process keeps it for minutes
 */
export async function withFileLock<Value>(
  path: string,
  work: () => Promise<Value>,
  times: LockTimes = TIMES,
): Promise<Value> {
  const text = JSON.stringify({ pid: process.pid, host: hostname(), token: randomUUID() });
  await acquire(path, text, times);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, times.beat);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await removeIf(path, (found) => found.text === text);
  }
}

async function acquire(path: string, text: string, times: LockTimes): Promise<void> {
  let last: Seen | null = null;
  let silent = 0;
  let waited = 0;
  for (;;) {
    if (await created(path, text)) return;
    const seen = await look(path);
    if (seen === null) continue;
    if (seen.text !== last?.text || seen.changed !== last.changed) silent = 0;
    last = seen;
    if (holderIsGone(seen.text) || silent >= times.silence) {
      await breakLock(path, seen, times);
    } else if (waited >= times.patience) {
      throw new Fault('internal', 'Another mdops is busy with the same login. Try again.');
    }
    // Counted by looks and not by the clock, which goes on while everybody sleeps.
    await pause(times.poll);
    silent += times.poll;
    waited += times.poll;
  }
}

async function created(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** The lock that is there now, or null; text and time are of one file, though the name may change hands. */
export async function look(path: string): Promise<Seen | null> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const { mtimeMs: changed } = await file.stat();
    return { text: await file.readFile('utf8'), changed };
  } finally {
    await file.close();
  }
}

/** Whether the lock is of a process of this machine that has ended. */
function holderIsGone(text: string): boolean {
  const { pid, host } = parseJsonObject(text) ?? {};
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return false;
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // A process of somebody else may not be asked, and is alive.
    return codeOf(error) === 'ESRCH';
  }
}

/**
 * Removes a lock that was left behind. Only one may do that at a time: of two that both saw it, the
 * slower one would remove the lock that the faster one has made since. Nor is the text alone enough
 * to know it by: a new lock is as empty for a moment as one whose maker died before it wrote.
 */
export async function breakLock(path: string, seen: Seen, times: LockTimes): Promise<void> {
  const breaking = `${path}.breaking`;
  if (await created(breaking, '')) {
    try {
      await removeIf(path, ({ text, changed }) => text === seen.text && changed === seen.changed);
    } finally {
      await rm(breaking, { force: true });
    }
    return;
  }
  const since = await stat(breaking).catch(() => null);
  // Its maker died in the moment between two lines.
  if (since !== null && Date.now() - since.mtimeMs > times.silence)
    await rm(breaking, { force: true });
}

/** Removes the lock when it is the one that was meant. */
async function removeIf(path: string, isIt: (found: Seen) => boolean): Promise<void> {
  const found = await look(path).catch(() => null);
  if (found !== null && isIt(found)) await rm(path, { force: true });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
