import { isObject, type JsonObject } from '../../protocol/json.ts';

type Result = Readonly<Record<string, unknown>>;

const CONTENT = new Set<unknown>(['text', 'image', 'audio', 'resource', 'resource_link']);
const TASK_SUPPORT = new Set<unknown>(['required', 'optional', 'forbidden']);

/**
 * A result as MCP wants it of one that says the same loosely: null for what is left out, which many
 * languages write by themselves, a tool without arguments that has no schema, content of a kind that
 * is not known yet. The SDK would refuse the whole result, and with it every tool of the server.
 * @see spec/tool-servers.md TS-18
 */
export function tightened(result: Result): Result {
  const { tools, content, capabilities, serverInfo } = result;
  if (Array.isArray(tools)) return { ...withoutNulls(result), tools: tools.map(tightTool) };
  if (Array.isArray(content))
    return { ...withoutNulls(result), content: content.map(tightContent) };
  if (!isObject(capabilities)) return result;
  const offered = Object.entries(withoutNulls(capabilities));
  return {
    ...withoutNulls(result),
    capabilities: Object.fromEntries(offered.map(([name, each]) => [name, tight(each)])),
    ...(isObject(serverInfo) ? { serverInfo: withoutNulls(serverInfo) } : {}),
  };
}

/** What a run uses of a tool: what else a server decorates it with can hide no tool by being wrong. */
function tightTool(tool: unknown): unknown {
  if (!isObject(tool)) return tool;
  const { name, description, inputSchema, annotations, execution } = tool;
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    inputSchema: tightSchema(inputSchema ?? {}),
    ...(isObject(annotations) ? { annotations: hintsOf(annotations) } : {}),
    ...(isObject(execution) && TASK_SUPPORT.has(execution['taskSupport'])
      ? { execution: { taskSupport: execution['taskSupport'] } }
      : {}),
  };
}

function hintsOf(annotations: JsonObject | Result): Record<string, unknown> {
  const entries = Object.entries(annotations);
  return Object.fromEntries(entries.filter(([, hint]) => typeof hint === 'boolean'));
}

function tightSchema(schema: unknown): unknown {
  return isObject(schema) ? { type: 'object', ...withoutNulls(schema) } : schema;
}

function tightContent(part: unknown): unknown {
  if (!isObject(part) || typeof part['type'] !== 'string') return part;
  const { type, resource } = part;
  if (!CONTENT.has(type)) {
    return {
      type: 'text',
      text: `[${type.slice(0, 64)}, ${JSON.stringify(part).length} characters, not shown]`,
    };
  }
  return { ...withoutNulls(part), ...(isObject(resource) ? { resource: tight(resource) } : {}) };
}

function tight(value: unknown): unknown {
  return isObject(value) ? withoutNulls(value) : value;
}

/** Of the object itself: what lies deeper may be a schema or somebody's data, where null is a value. */
function withoutNulls(value: Result | JsonObject): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null));
}
