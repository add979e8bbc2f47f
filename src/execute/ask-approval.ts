import type { AskApproval, HeldCall } from '../run/command.ts';
import type { ActionRequired, ActionResolved } from '../run/event.ts';
import { approvalHash } from './approval-hash.ts';
import type { Work } from './work.ts';

/** An owner has so long to allow a call, in milliseconds, unless the run ends earlier. */
export const APPROVAL_MS = 86_400_000;

/**
 * Asks the owner whether the calls may be made, with one entry in the log for all of them. Where
 * nobody can answer the log says that as well, and the run ends for it.
 * @see spec/runs.md, Approvals
 */
export async function askApproval(
  { calls }: AskApproval,
  work: Work,
  signal: AbortSignal,
): Promise<void> {
  const { canAnswer, canApprove = canAnswer, clock } = work.ports;
  const expires_at = Math.min(clock.now() + APPROVAL_MS, work.run().expires_at ?? Infinity);
  const asked = await Promise.all(calls.map((held) => requiredOf(held, expires_at)));
  if (signal.aborted) return;
  const refused = asked.map(({ action_id }): ActionResolved => {
    return { type: 'action-resolved', action_id, outcome: 'cancelled' };
  });
  work.emit(...asked, ...(canApprove === true ? [] : refused));
}

async function requiredOf(
  { call, server, tool }: HeldCall,
  expires_at: number,
): Promise<ActionRequired> {
  const { call_id } = call;
  return {
    type: 'action-required',
    action_id: crypto.randomUUID(),
    action: {
      kind: 'approval',
      server: server.label,
      tool: tool.name,
      call_id,
      arguments: call.arguments,
      hash: await approvalHash(server, tool, call),
    },
    expires_at,
  };
}
