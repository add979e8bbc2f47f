import type { AllowedTools, ApprovalPolicy } from '../normalize/request.ts';

/** A tool server as a request to `/chat/completions` names it. @see spec/completions.md CC-1 */
export interface McpToolOptions {
  /** Address of the MCP server. */
  readonly server_url: string;
  /** Name of the server in the names of its tools; made from the address when left out. */
  readonly server_label?: string;
  readonly server_description?: string;
  /** Sent with every request to the server, such as an API key. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A bearer token for the server; with it nobody is asked to log in. */
  readonly authorization?: string;
  /** The tools that may be used, by name (`*` as wildcard) or as a filter; all when left out. */
  readonly allowed_tools?: AllowedTools;
  /** Which calls have to be approved; none when left out. */
  readonly require_approval?: ApprovalPolicy;
}

/**
 * An entry of `tools`. OpenAI's client knows functions only; what such an entry must have is never
 * there in this one, so it fits and nobody can read it by mistake.
 */
export interface McpTool extends McpToolOptions {
  readonly type: never;
  readonly function: never;
  readonly custom: never;
}

/**
 * Names a tool server in `tools`, typed so that OpenAI's client takes it without a cast.
 *
 * ```ts
 * tools: [mcp({ server_url: 'https://mcp.notion.com/mcp' })]
 * ```
 *
 * @param options plain JSON; checked when the request is sent, and wrong ones are its `400`
 * @see spec/completions.md CC-1
 */
export function mcp(options: McpToolOptions): McpTool {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see McpTool: the type is a fiction for the client's
  return { type: 'mcp', ...options } as unknown as McpTool;
}
