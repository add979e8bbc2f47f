import type { ApprovalAction } from '../run/event.ts';
import type { ChatToolCall } from '../protocol/chat.ts';
import type { McpApprovalRequest } from './mcp-item.ts';

const ID = /^mcpr_([0-9a-f]{64})_(.+)$/s;

/**
 * A call that the caller is asked about. Nothing is kept here until the answer comes, so the id
 * itself says what was asked: a server that describes its tool anew in between is found.
 * @param extra what the provider wants back with the call, such as a signature of its thoughts
 */
export function approvalItem(
  { server, tool, call_id, hash, ...action }: ApprovalAction,
  extra: ChatToolCall['extra_content'],
): McpApprovalRequest {
  return {
    type: 'mcp_approval_request',
    id: approvalId({ hash, call_id }),
    server_label: server,
    name: tool,
    arguments: action.arguments.trim() === '' ? '{}' : action.arguments,
    ...(extra === undefined ? {} : { extra_content: extra }),
  };
}

/** The id of a request; empty for a call that nobody was asked about. */
export function approvalId(asked: { readonly hash?: string; readonly call_id: string }): string {
  return asked.hash === undefined ? '' : `mcpr_${asked.hash}_${asked.call_id}`;
}

/** What the id of a request says; null for one that is not ours. */
export function readApprovalId(id: string): { hash: string; call_id: string } | null {
  const [, hash, call_id] = ID.exec(id) ?? [];
  return hash === undefined || call_id === undefined ? null : { hash, call_id };
}
