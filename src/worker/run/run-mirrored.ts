import { faultData } from '../../fault/fault.ts';
import { openActions } from '../../run/actions.ts';
import type { RunEvent } from '../../run/event.ts';
import { failedEnd } from '../../run/run-end.ts';
import { foldRun } from '../../run/fold-run.ts';
import type { Acted } from './run-actions.ts';
import type { SqlRunLog } from './run-log.ts';

/**
 * The log of a run that goes on inside of a request: its object keeps the events, shows them, and
 * ends the run when the request is gone.
 * @see spec/completions.md CC-20
 */

/** After the time of a run, or its last event, so long nothing may come before it counts as dead. */
const SILENT_MS = 5 * 60_000;

/** What the object says to the request. */
export interface Mirrored {
  /** Number of the last event that is kept. */
  readonly seq: number;
  /** The run has ended here, by its owner or by what was sent: nothing more is taken. */
  readonly ended: boolean;
}

/** There is no run that events could be added to. */
export const NO_MIRROR: Mirrored = { seq: 0, ended: true };

/** What the run asks is asked in the request, which alone hears the answer. */
export const ANSWERED_ELSEWHERE: Acted = {
  acted: 'invalid',
  message: 'This run goes on inside of a request. Log in at its link, or cancel it.',
};

/** Keeps the events with their times, once: a sender that heard no answer sends them again. */
export function takeEvents(log: SqlRunLog, after: number, events: readonly RunEvent[]): Mirrored {
  if (log.seq === after) log.append(events, (index) => events[index]?.at ?? Date.now());
  return { seq: log.seq, ended: log.ended };
}

/** Until when it is not known that the request is gone, in milliseconds since 1970. */
export function silentUntil(log: SqlRunLog): number {
  const events = log.read();
  const run = foldRun(events);
  const waits = openActions(run).map(({ required }) => required.expires_at);
  const over = run.created_at + run.waited + run.request.limits.timeout * 1000;
  return Math.max(over, events.at(-1)?.at ?? 0, ...waits) + SILENT_MS;
}

/** Ends the run when nothing can come any more. */
export function endIfSilent(log: SqlRunLog): void {
  if (silentUntil(log) <= Date.now()) log.append([failedEnd(faultData('interrupted'))]);
}
