import type { ApprovalPolicy } from '../normalize/request.ts';

/**
 * Whether a call of this tool waits for the owner of the run. Where a policy names tools both ways
 * the careful one wins.
 * @see spec/prompt-format.md TOOL-10
 */
export function wantsApproval(policy: ApprovalPolicy, tool: string): boolean {
  if (typeof policy === 'string') return policy === 'always';
  return policy.always?.tool_names.includes(tool) ?? false;
}
