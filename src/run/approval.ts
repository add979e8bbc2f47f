import type { ApprovalPolicy } from '../normalize/request.ts';
import type { ActionResolved, ApprovalAction, ToolCall } from './event.ts';
import type { CallState, Run } from './run.ts';
import { type FilteredTool, fitsFilter } from './tool-filter.ts';

/**
 * Whether a call of this tool waits for the owner of the run. Where a policy names a tool both ways
 * the careful one wins; who lists the tools that need no approval wants to be asked about the rest.
 * @see spec/prompt-format.md TOOL-10
 */
export function wantsApproval(policy: ApprovalPolicy, tool: FilteredTool): boolean {
  if (typeof policy === 'string') return policy === 'always';
  const { always, never } = policy;
  if (always !== undefined && fitsFilter(tool, always)) return true;
  return never !== undefined && !fitsFilter(tool, never);
}

/** What the owner was asked about a call, and what came of it. */
export interface Approval {
  readonly action: ApprovalAction;
  /** Null while it is waited for. */
  readonly outcome: ActionResolved['outcome'] | null;
}

/** Whether the policy of its server holds a call back until the owner allows it. */
export function isHeldBack(run: Pick<Run, 'servers'>, { server, tool }: ToolCall): boolean {
  if (tool === undefined) return false;
  const state = run.servers.find(({ server: { label } }) => label === server);
  if (state === undefined) return false;
  const readOnly = state.end?.tools?.find(({ name }) => name === tool)?.read_only;
  return wantsApproval(state.server.require_approval, { name: tool, readOnly });
}

/** What was asked about a call; undefined when nothing was. */
export function approvalOf(run: Pick<Run, 'actions'>, callId: string): Approval | undefined {
  for (const { required, resolved } of run.actions) {
    const { action } = required;
    if (action.kind !== 'approval' || action.call_id !== callId) continue;
    return { action, outcome: resolved?.outcome ?? null };
  }
  return undefined;
}

/** Whether a call may go to its tool, or be answered without it because the owner said no. */
export function isDecided(run: Run, { call }: CallState): boolean {
  const outcome = approvalOf(run, call.call_id)?.outcome;
  if (outcome === undefined) return !isHeldBack(run, call);
  return outcome === 'done' || outcome === 'declined';
}

/** Whether nobody can say whether this call may be made. */
export function isUnanswerable(run: Run, { call, result }: CallState): boolean {
  return result === undefined && approvalOf(run, call.call_id)?.outcome === 'cancelled';
}
