import { applyEvent, foldRun } from '../../run/fold-run.ts';
import type { SqlRunLog } from './run-log.ts';

/** Whether within `ms` milliseconds the run of a log has ended or waits for its owner. */
export async function settledWithin(log: SqlRunLog, ms: number): Promise<boolean> {
  const until = Date.now() + ms;
  let run = foldRun(log.read());
  while (!log.ended && run.status !== 'requires_action') {
    if (!(await log.grown(run.seq, until - Date.now()))) return false;
    if (log.isRemoved) return true;
    run = log.after(run.seq).reduce(applyEvent, run);
  }
  return true;
}
