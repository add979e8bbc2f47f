import {
  ProtocolError,
  StreamableHTTPClientTransport,
  type CallToolResult,
} from '@modelcontextprotocol/client';
import { Fault } from '../../fault/fault.ts';
import { before } from './deadline.ts';
import { callTool } from './mcp-call.ts';
import type { OpenClient } from './mcp-client.ts';
import { cutText, toolOutcome } from './mcp-content.ts';
import type { McpSession } from './mcp-session.ts';
import { toolDescription } from './mcp-tools.ts';
import type { LeftOutTool } from '../../run/event.ts';
import type { CallOptions, Connection, ToolOutcome } from '../ports.ts';
import { abortFault, faultWithin, refusedFault, serverFault } from './server-faults.ts';

const MAX_INSTRUCTIONS = 16 * 1024;
/** Of a tool that is not called by it. */
const MAX_NAME = 256;
const GOODBYE_MS = 2000;

/** An open MCP connection as the engine sees it. */
export function mcpConnection(session: McpSession): Connection {
  const { client } = session.open;
  const { secrets, usedLogin } = session.endpoint;
  const name = secrets.clean(client.getServerVersion()?.name);
  const instructions = secrets.clean(client.getInstructions());
  return {
    protocolVersion: secrets.clean(client.getNegotiatedProtocolVersion() ?? 'unknown'),
    ...(name === undefined ? {} : { name: name.slice(0, 256) }),
    ...(instructions === undefined
      ? {}
      : { instructions: cutText(instructions, MAX_INSTRUCTIONS) }),
    // A tool is called by its name, which must stay what the server knows.
    tools: [...session.tools.values()].map((tool) => ({
      ...secrets.clean(toolDescription(tool)),
      name: tool.name,
    })),
    ...(session.leftOut.size === 0 ? {} : { leftOut: leftOutOf(session) }),
    get usedLogin() {
      return usedLogin();
    },
    call: (tool, args, options) =>
      outcomeOf(session, () => callTool(session, { tool, args, options }), options),
    close: async () => {
      await closeOpen(await session.end());
    },
  };
}

function leftOutOf({ leftOut, endpoint }: McpSession): LeftOutTool[] {
  return [...leftOut].map(([name, { message }]) =>
    endpoint.secrets.clean({ name: name.slice(0, MAX_NAME), why: message }),
  );
}

async function outcomeOf(
  session: McpSession,
  call: () => Promise<CallToolResult>,
  { signal }: CallOptions,
): Promise<ToolOutcome> {
  const { secrets, host } = session.endpoint;
  try {
    // Before anything is cut: half of a secret would not be found.
    return toolOutcome(secrets.clean(await call()));
  } catch (error) {
    if (signal.aborted) throw abortFault(signal);
    // An error in JSON-RPC is an answer: it names a wrong argument, and the model can correct it.
    if (error instanceof ProtocolError && faultWithin(error) === null) {
      return toolOutcome(secrets.clean(refusal(error)));
    }
    const { wire } = session.open;
    const cause = wire.fault !== null && wire.kind === 'sse' ? wire.fault : error;
    throw secrets.cleanFault(callFault(cause, host));
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
