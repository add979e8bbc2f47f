import { FAULTS, type FaultCode, type FaultData } from '../fault/fault.ts';
import type { Run } from '../run/run.ts';

/** How a run ended, as its last event or its fold says it. */
type Ended = Pick<Run, 'status' | 'stop_reason'> & { readonly error?: FaultData | null };

/** The exit code of an ended run, from the one table of faults. */
export function exitCodeOf({ status, stop_reason, error }: Ended): number {
  if (status === 'completed') return 0;
  const code: string = error?.code ?? stop_reason ?? status;
  return isFaultCode(code) ? FAULTS[code].exit : 1;
}

function isFaultCode(code: string): code is FaultCode {
  return Object.hasOwn(FAULTS, code);
}
