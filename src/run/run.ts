import type { FaultData } from '../fault/fault.ts';
import type { CompletionRequest, ToolServer } from '../normalize/request.ts';
import type { Problem } from '../parse/problem.ts';
import type { Usage } from '../protocol/chat.ts';
import type { ActionState } from './actions.ts';
import type { Cost } from './cost.ts';
import type { ReferenceEnd, ServerEnd } from './event.ts';
import type { LoginUse } from './publication.ts';
import type { Step } from './step.ts';

export type { CallState, Step } from './step.ts';

/** Where a run may stand; the last four are terminal and written once. */
export const RUN_STATUSES = [
  'queued',
  'running',
  'requires_action',
  'completed',
  'failed',
  'cancelled',
  'expired',
] as const;

export type RunStatus = (typeof RUN_STATUSES)[number];

/** The state of a run: the fold of its events and nothing else. */
export interface Run {
  readonly id: string;
  readonly status: RunStatus;
  /** Milliseconds since 1970, as all times here. */
  readonly created_at: number;
  /** When the first work was recorded. */
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly expires_at: number | null;
  /** The source text. */
  readonly prompt: string;
  readonly request: CompletionRequest;
  readonly problems: readonly Problem[];
  /** URL → what reading it gave; an entry appears when it is read. */
  readonly references: ReadonlyMap<string, ReferenceEnd>;
  readonly servers: readonly ServerState[];
  readonly steps: readonly Step[];
  /** What was asked of a person. */
  readonly actions: readonly ActionState[];
  /** Since when the run waits for a person; null while it does not. */
  readonly waiting_since: number | null;
  /** Milliseconds it waited for a person before; they do not count for its time limit. */
  readonly waited: number;
  readonly login_use: LoginUse;
  /** Sum over the steps, with the estimate of what did not end and yet is paid for. */
  readonly usage: Usage;
  /** Of the same. */
  readonly cost: Cost;
  readonly stop_reason: string | null;
  readonly error: FaultData | null;
  /** Sequence number of the last event. */
  readonly seq: number;
  /** Characters kept so far, as `event-size.ts` counts them. */
  readonly size: number;
}

/** A tool server of the run; `end` is absent while it connects. */
export interface ServerState {
  readonly server: ToolServer;
  readonly end?: ServerEnd;
}

/** Whether a status is final. */
export function isTerminal(status: RunStatus): boolean {
  return ['completed', 'failed', 'cancelled', 'expired'].includes(status);
}
