import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** Milliseconds that a server on this machine has to answer. */
const ANSWER_MS = 2000;

/**
 * The origin of the server that uses a state directory at this moment, or null. Two servers would
 * write the same runs, and each would go on with what the other is doing.
 *
 * A process number alone proves nothing, since it is given to others after a restart of the
 * machine; so the server must answer too.
 */
export async function serverUsing(stateDir: string): Promise<string | null> {
  const pid = Number(written(stateDir, 'workerd.pid'));
  const origin = written(stateDir, 'origin');
  if (!isAlive(pid) || !URL.canParse(origin)) return null;
  const signal = AbortSignal.timeout(ANSWER_MS);
  const response = await fetch(`${origin}/robots.txt`, { signal }).catch(() => null);
  return response === null ? null : origin;
}

function written(stateDir: string, name: string): string {
  try {
    return readFileSync(join(stateDir, name), 'utf8').trim();
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
