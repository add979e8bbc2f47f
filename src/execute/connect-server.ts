import { asFault } from '../fault/fault.ts';
import type { ToolServer } from '../normalize/request.ts';
import type { ServerEnd, ServerTool } from '../run/event.ts';
import type { ConnectServer } from '../run/command.ts';
import type { Work } from './work.ts';
import type { Connection, ToolDescription } from './ports.ts';
import { isToolOffered } from '../run/tool-filter.ts';
import { wireNames } from '../run/wire-names.ts';

/** Connects to a tool server and fixes its tools for the run; reports a failure as an event. */
export async function connectServer(
  { server }: ConnectServer,
  work: Work,
  signal: AbortSignal,
): Promise<void> {
  const started = work.ports.clock.now();
  const base = { type: 'server-end', label: server.label, url: server.url } as const;
  try {
    const connection = await work.connections.to(server, signal);
    const tools = await fixedTools(server, connection, work);
    const ms = work.ports.clock.now() - started;
    const missing = missingOf(server, connection, work);
    work.emit({ ...base, ok: true, ms, tools, ...missing, ...identityOf(connection) });
  } catch (error) {
    if (signal.aborted) return;
    const failed = asFault(error, 'server_unreachable');
    const { fault, asked } = await work.logins.after(failed, { server }, () => work.run());
    if (signal.aborted) return;
    if (asked !== null && work.run().request.on_auth === 'wait') return work.emit(asked);
    const ms = work.ports.clock.now() - started;
    // Only an address from the prose that answers, and definitely not as MCP, is a document.
    const is_document = server.from === 'body' && fault.code === 'server_not_mcp';
    const end = { ...base, ok: false, ms, is_document, error: fault.toJSON() };
    // Where nothing waits for the login, the failed run still says where it is made.
    work.emit(...(asked === null ? [] : [asked]), end);
  }
}

function identityOf(connection: Connection): Partial<ServerEnd> {
  return {
    protocol_version: connection.protocolVersion,
    ...(connection.usedLogin === true ? { used_login: true } : {}),
    ...(connection.name === undefined ? {} : { name: connection.name }),
    ...(connection.instructions === undefined ? {} : { instructions: connection.instructions }),
  };
}

/** Of the tools that cannot be used those that the prompt wants; of others nobody needs to know. */
function missingOf(server: ToolServer, { leftOut = [] }: Connection, work: Work) {
  const { request } = work.run();
  const left_out = leftOut.filter((tool) => isToolOffered(tool, server, request));
  return left_out.length === 0 ? {} : { left_out };
}

async function fixedTools(
  server: ToolServer,
  connection: Connection,
  work: Work,
): Promise<ServerTool[]> {
  const { request } = work.run();
  const offered = connection.tools.filter((tool) => isToolOffered(tool, server, request));
  const names = wireNames([{ label: server.label, tools: offered.map(({ name }) => name) }]);
  const hashes = await Promise.all(
    offered.map(({ name }) => work.connections.hashOf(connection, name)),
  );
  return offered.map((tool, index) =>
    fixedTool(tool, names.nameOf(server.label, tool.name), hashes[index] ?? ''),
  );
}

function fixedTool(tool: ToolDescription, wire_name: string, hash: string): ServerTool {
  return {
    name: tool.name,
    wire_name,
    hash,
    input_schema: tool.inputSchema,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    ...(tool.readOnly === undefined ? {} : { read_only: tool.readOnly }),
    ...(tool.idempotent === undefined ? {} : { idempotent: tool.idempotent }),
  };
}
