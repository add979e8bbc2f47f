import type { Client, Tool } from '@modelcontextprotocol/client';
import type { Fault } from '../../fault/fault.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import type { ToolDescription } from '../ports.ts';
import type { Wire } from './mcp-fetch.ts';
import { limitFault } from './server-faults.ts';
import type { ServerLimits } from './server-limits.ts';

/** The tools of a server, and for how many milliseconds it allows to keep them. */
export interface ListedTools {
  readonly tools: ReadonlyMap<string, Tool>;
  /** Those that cannot be used, by their names, each with why. */
  readonly leftOut: ReadonlyMap<string, Fault>;
  readonly ttlMs: unknown;
}

/**
 * All tools of a server that can be used, to the last page; a name listed twice counts once.
 * @throws Fault `server_limit` when the list is more than a run may hold; why the first is left out,
 *   when none can be used
 * @see spec/tool-servers.md TS-5
 */
export async function listTools(client: Client, wire: Wire): Promise<ListedTools> {
  const { limits, host, leftOut } = wire;
  if (client.getServerCapabilities()?.tools === undefined) {
    return { tools: new Map(), leftOut: leftOut.faults, ttlMs: undefined };
  }
  const { tools, ttlMs } = await client.listTools(undefined, {
    timeout: limits.connectMs,
    cacheMode: 'bypass',
  });
  const byName = checkedTools(tools, limits, host);
  leftOut.missing(byName);
  const { faults } = leftOut;
  if (byName.size + faults.size > limits.tools) throw tooMany(limits, host);
  const [first] = faults.values();
  if (byName.size === 0 && first !== undefined) throw first;
  // A list that was kept would not say what is missing in it.
  return { tools: byName, leftOut: faults, ttlMs: faults.size === 0 ? ttlMs : undefined };
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
  if (byName.size > limits.tools) throw tooMany(limits, host);
  return byName;
}

function tooMany(limits: ServerLimits, host: string): Fault {
  return limitFault(`${host} offers more than ${limits.tools} tools.`);
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
