import { parkedUntil } from '../../run/next-commands.ts';
import type { Run } from '../../run/run.ts';
import { silentUntil } from './run-mirrored.ts';
import type { SqlRunLog } from './run-log.ts';
import type { RunRecord } from './run-record.ts';

/** When a run is looked at again, in milliseconds since 1970; null for one that has ended. */
export function nextLook(log: SqlRunLog, record: RunRecord, run: Run): number | null {
  if (log.ended) return null;
  if (record.is_mirrored) return silentUntil(log);
  return parkedUntil(run, Date.now()) ?? Date.now();
}
