import type { ToolServer } from '../normalize/request.ts';
import type { ServerTool, ToolCall } from '../run/event.ts';

/**
 * SHA-256, as 64 hexadecimal digits, of what an owner approves: the server's address, the tool with
 * its description and schema, and the arguments. No arguments at all are `{}`.
 * @see spec/runs.md APP-2
 */
export async function approvalHash(
  server: Pick<ToolServer, 'url'>,
  tool: Pick<ServerTool, 'hash'>,
  call: Pick<ToolCall, 'arguments'>,
): Promise<string> {
  const args = call.arguments.trim() === '' ? '{}' : call.arguments;
  const text = JSON.stringify([server.url, tool.hash, args]);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
