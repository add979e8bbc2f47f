import type { FaultData } from '../fault/fault.ts';
import type { RunEnd } from './event.ts';

/** The end of a run that a fault ended. */
export function failedEnd(error: FaultData): RunEnd {
  return { type: 'run-end', status: 'failed', stop_reason: error.code, error };
}

/** The end of a run that waited too long for a person. */
export function expiredEnd(error: FaultData): RunEnd {
  return { type: 'run-end', status: 'expired', stop_reason: error.code, error };
}

/** The end of a run whose model gave its answer. */
export function completedEnd(finishReason: string): RunEnd {
  const kept = ['length', 'content_filter'];
  return {
    type: 'run-end',
    status: 'completed',
    stop_reason: kept.includes(finishReason) ? finishReason : 'stop',
  };
}
