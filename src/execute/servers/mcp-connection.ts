import {
  ProtocolError,
  StreamableHTTPClientTransport,
  type CallToolResult,
  type ProgressCallback,
  type Tool,
} from '@modelcontextprotocol/client';
import { Fault } from '../../fault/fault.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { before } from './deadline.ts';
import type { OpenClient } from './mcp-client.ts';
import { cutText, toolOutcome } from './mcp-content.ts';
import type { Wire } from './mcp-fetch.ts';
import { toolDescription } from './mcp-tools.ts';
import type { Connection, ToolOutcome, ToolProgressReport } from '../ports.ts';
import { abortFault, faultWithin, refusedFault, serverFault } from './server-faults.ts';

const MAX_INSTRUCTIONS = 16 * 1024;
const GOODBYE_MS = 2000;

type CallOptions = Parameters<Connection['call']>[2];

/** An open MCP connection as the engine sees it. */
export function mcpConnection(open: OpenClient, tools: ReadonlyMap<string, Tool>): Connection {
  const { client, wire } = open;
  const { secrets } = wire;
  const name = secrets.clean(client.getServerVersion()?.name);
  const instructions = secrets.clean(client.getInstructions());
  return {
    protocolVersion: secrets.clean(client.getNegotiatedProtocolVersion() ?? 'unknown'),
    ...(name === undefined ? {} : { name: name.slice(0, 256) }),
    ...(instructions === undefined
      ? {}
      : { instructions: cutText(instructions, MAX_INSTRUCTIONS) }),
    // A tool is called by its name, which must stay what the server knows.
    tools: [...tools.values()].map((tool) => ({
      ...secrets.clean(toolDescription(tool)),
      name: tool.name,
    })),
    get usedLogin() {
      return wire.usedLogin();
    },
    call: (tool, args, options) =>
      outcomeOf(open, () => callTool(open, tools.get(tool), { tool, args, options }), options),
    close: () => closeOpen(open),
  };
}

async function callTool(
  { client, wire }: OpenClient,
  definition: Tool | undefined,
  call: { tool: string; args: JsonObject; options: CallOptions },
): Promise<CallToolResult> {
  const { signal, onProgress } = call.options;
  const { callMs } = wire.limits;
  return client.callTool(
    { name: call.tool, arguments: call.args },
    {
      signal,
      timeout: callMs,
      maxTotalTimeout: callMs,
      ...(onProgress === undefined ? {} : { onprogress: throttled(onProgress, wire) }),
      ...(definition === undefined ? {} : { toolDefinition: withoutOutput(definition) }),
    },
  );
}

/** The SDK would fail a call whose result does not fit the schema; the model can judge that. */
function withoutOutput({ outputSchema: _unused, ...tool }: Tool): Tool {
  return tool;
}

async function outcomeOf(
  { wire }: OpenClient,
  call: () => Promise<CallToolResult>,
  { signal }: CallOptions,
): Promise<ToolOutcome> {
  try {
    // Before anything is cut: half of a secret would not be found.
    return toolOutcome(wire.secrets.clean(await call()));
  } catch (error) {
    if (signal.aborted) throw abortFault(signal);
    // An error in JSON-RPC is an answer: it names a wrong argument, and the model can correct it.
    if (error instanceof ProtocolError && faultWithin(error) === null)
      return toolOutcome(wire.secrets.clean(refusal(error)));
    const cause = wire.fault !== null && wire.kind === 'sse' ? wire.fault : error;
    throw wire.secrets.cleanFault(callFault(cause, wire.host));
  }
}

function refusal(error: ProtocolError): CallToolResult {
  const text = `Error ${error.code}: ${error.message}`;
  return { isError: true, content: [{ type: 'text', text }] };
}

/** A server that has answered as MCP before is broken when it no longer does, not a document. */
function callFault(error: unknown, host: string): Fault {
  const fault = serverFault(error, host);
  if (fault.code !== 'server_not_mcp') return fault;
  const status = fault.detail?.['status'];
  if (typeof status === 'number') return refusedFault(status, host, fault);
  return new Fault('server_garbage', undefined, { cause: fault });
}

/** A flood of progress would fill the log of the run: some of it is enough to show. */
function throttled(
  report: (progress: ToolProgressReport) => void,
  { limits, secrets }: Wire,
): ProgressCallback {
  let left = limits.progressReports;
  let last = -Infinity;
  return ({ progress, total, message }) => {
    const now = Date.now();
    if (left === 0 || now - last < limits.progressMs) return;
    left -= 1;
    last = now;
    report({
      progress,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message: cutText(secrets.clean(message), 1024) }),
    });
  };
}

/** Tells a server with a session that it is over, then lets go. Never throws. */
async function closeOpen({ client, transport }: OpenClient): Promise<void> {
  if (transport instanceof StreamableHTTPClientTransport && transport.sessionId !== undefined) {
    const { signal } = new AbortController();
    const deadline = { ms: GOODBYE_MS, signal, late: noGoodbye, aborted: noGoodbye };
    await before(transport.terminateSession(), deadline).catch(() => {});
  }
  await client.close().catch(() => {});
}

function noGoodbye(): Fault {
  return new Fault('server_timeout');
}
