import { FAULTS, type FaultCode } from '../fault/fault.ts';
import type { RunEnd } from '../run/event.ts';

/** The exit code of an ended run, from the one table of faults. */
export function exitCodeOf({ status, stop_reason, error }: RunEnd): number {
  if (status === 'completed') return 0;
  const code: string = error?.code ?? stop_reason;
  return isFaultCode(code) ? FAULTS[code].exit : 1;
}

function isFaultCode(code: string): code is FaultCode {
  return Object.hasOwn(FAULTS, code);
}
