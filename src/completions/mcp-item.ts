import type { FaultData } from '../fault/fault.ts';
import type { Json, JsonObject } from '../protocol/json.ts';
import type { ServerEnd, ToolCall, ToolResult } from '../run/event.ts';

/**
 * What a tool server did, as the items of OpenAI's Responses API have it; `mcp_auth_request` is ours.
 * They travel in `delta.mcp`, in `message.mcp` and at the top of the last chunk, where every client
 * lets them pass.
 * @see spec/completions.md CC-4
 * @see https://platform.openai.com/docs/api-reference/responses/object
 */
export type McpItem = McpListTools | McpCall | McpAuthRequest | McpApprovalRequest;

export interface McpListTools {
  readonly type: 'mcp_list_tools';
  readonly id: string;
  readonly server_label: string;
  readonly tools: readonly {
    readonly name: string;
    readonly description: string | null;
    readonly input_schema: JsonObject;
    readonly annotations: { readonly read_only?: boolean; readonly idempotent?: boolean } | null;
  }[];
  readonly error: McpError | null;
}

export interface McpCall {
  readonly type: 'mcp_call';
  readonly id: string;
  readonly server_label: string;
  /** As the server calls the tool. */
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
  /** What the model is given; null when the call failed before a tool could answer. */
  readonly output: string | null;
  readonly error: McpError | null;
}

export interface McpAuthRequest {
  readonly type: 'mcp_auth_request';
  readonly id: string;
  readonly server_label: string;
  readonly server_url: string;
  readonly login_url: string;
  /** Seconds since 1970. */
  readonly expires_at: number;
}

export interface McpApprovalRequest {
  readonly type: 'mcp_approval_request';
  readonly id: string;
  readonly server_label: string;
  readonly name: string;
  readonly arguments: string;
  /** Of the provider, with the call; goes back to it. */
  readonly extra_content?: Json;
}

/** `tool_error`: the tool itself said so, and the model was told. */
export interface McpError {
  readonly type: 'tool_error' | 'fault';
  readonly code: string | null;
  readonly message: string;
}

/** The tools of a server that answered, or why it did not. */
export function listToolsItem(end: ServerEnd): McpListTools {
  const tools = (end.tools ?? []).map(
    ({ name, description, input_schema, read_only, idempotent }) => ({
      name,
      description: description ?? null,
      input_schema,
      annotations:
        read_only === undefined && idempotent === undefined
          ? null
          : {
              ...(read_only === undefined ? {} : { read_only }),
              ...(idempotent === undefined ? {} : { idempotent }),
            },
    }),
  );
  return {
    type: 'mcp_list_tools',
    id: `mcpl_${end.label}`,
    server_label: end.label,
    tools,
    error: end.error === undefined ? null : faultError(end.error),
  };
}

/** A call that has its result. */
export function callItem(call: ToolCall, result: ToolResult): McpCall {
  const output = textOf(result);
  return {
    type: 'mcp_call',
    id: `mcp_${call.call_id}`,
    server_label: call.server ?? '',
    name: call.tool ?? call.wire_name,
    arguments: call.arguments.trim() === '' ? '{}' : call.arguments,
    output: result.error === undefined ? output : null,
    error: errorOf(result, output),
  };
}

function errorOf({ error, is_error }: ToolResult, output: string): McpError | null {
  if (error !== undefined) return faultError(error);
  return is_error ? { type: 'tool_error', code: null, message: output } : null;
}

function faultError({ code, message }: FaultData): McpError {
  return { type: 'fault', code, message };
}

/** Images are for the model; as text they would be megabytes of base64. */
export function textOf({ parts }: ToolResult): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '[image]')).join('\n');
}
