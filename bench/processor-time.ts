import { readdirSync, readFileSync } from 'node:fs';

/** Nanoseconds that all threads of a process have used so far; null where only Linux would tell. */
export function processorTime(pid: number): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => {
      const [used] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      return sum + Number(used);
    }, 0);
  } catch {
    return null;
  }
}
