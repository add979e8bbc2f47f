import type { Client, Tool } from '@modelcontextprotocol/client';
import { nestsDeeperThan } from '../../protocol/json-depth.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import type { ToolDescription } from '../ports.ts';
import { limitFault } from './server-faults.ts';
import type { ServerLimits } from './server-limits.ts';

/** The tools of a server, and for how many milliseconds it allows to keep them. */
export interface ListedTools {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly ttlMs: unknown;
}

/**
 * All tools of a server, to the last page; a name listed twice counts once.
 * @throws Fault `server_limit` when the list is more than a run may hold
 * @see spec/tool-servers.md TS-5
 */
export async function listTools(
  client: Client,
  limits: ServerLimits,
  host: string,
): Promise<ListedTools> {
  if (client.getServerCapabilities()?.tools === undefined) {
    return { tools: new Map(), ttlMs: undefined };
  }
  const { tools, ttlMs } = await client.listTools(undefined, {
    timeout: limits.connectMs,
    cacheMode: 'bypass',
  });
  return { tools: checkedTools(tools, limits, host), ttlMs };
}

/**
 * The tools by their names, in order.
 * @throws Fault `server_limit` when they are more than a run may hold
 */
export function checkedTools(
  tools: readonly Tool[],
  limits: ServerLimits,
  host: string,
): ReadonlyMap<string, Tool> {
  const byName = new Map<string, Tool>();
  for (const tool of tools) if (!byName.has(tool.name)) byName.set(tool.name, tool);
  if (byName.size > limits.tools) {
    throw limitFault(`${host} offers more than ${limits.tools} tools.`);
  }
  for (const tool of byName.values()) checkTool(tool, limits, host);
  return byName;
}

function checkTool(tool: Tool, limits: ServerLimits, host: string): void {
  const name = tool.name.slice(0, 64);
  if (nestsDeeperThan([tool.inputSchema, tool.outputSchema], limits.schemaDepth + 1)) {
    throw limitFault(`The schema of the tool ${name} of ${host} is nested too deep.`);
  }
  if (JSON.stringify(tool).length > limits.toolLength) {
    throw limitFault(`The tool ${name} of ${host} is described at too great a length.`);
  }
}

/** A tool as the engine knows it. */
export function toolDescription(tool: Tool): ToolDescription {
  const { description, annotations } = tool;
  return {
    name: tool.name,
    inputSchema: fromJson(tool.inputSchema) ? tool.inputSchema : {},
    ...(description === undefined ? {} : { description }),
    ...(annotations?.readOnlyHint === undefined ? {} : { readOnly: annotations.readOnlyHint }),
    ...(annotations?.idempotentHint === undefined
      ? {}
      : { idempotent: annotations.idempotentHint }),
  };
}

/** The list was read from JSON, so what is in it is JSON all the way down. */
function fromJson(value: unknown): value is JsonObject {
  return isObject(value);
}
