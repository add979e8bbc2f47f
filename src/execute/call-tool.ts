import { asFault, Fault, type FaultCode, type FaultData } from '../fault/fault.ts';
import type { ToolServer } from '../normalize/request.ts';
import { parseJsonObject } from '../protocol/json.ts';
import type { ServerTool, ToolResult } from '../run/event.ts';
import type { CallTool } from '../run/command.ts';
import { approvalOf, isHeldBack } from '../run/approval.ts';
import { approvalHash } from './approval-hash.ts';
import { cancelOpenQuestions, elicitor } from './elicit.ts';
import type { Refused } from './login-asks.ts';
import type { Work } from './work.ts';
import type { CallOptions, Connection, ToolOutcome } from './ports.ts';

/**
 * Makes one tool call; whatever comes of it is a `tool-result` event, but for a call that was refused
 * for want of a login: it was not executed, and is made again after the login.
 */
export async function callTool(command: CallTool, work: Work, signal: AbortSignal): Promise<void> {
  const { call_id } = command.state.call;
  const started = work.ports.clock.now();
  const result = (outcome: Outcome, error?: FaultData): ToolResult => ({
    type: 'tool-result',
    call_id,
    is_error: outcome.isError,
    parts: outcome.parts,
    ms: work.ports.clock.now() - started,
    ...(outcome.structured === undefined ? {} : { structured: outcome.structured }),
    ...(outcome.cut === undefined ? {} : { cut: outcome.cut }),
    ...(outcome.usedLogin === true ? { used_login: true } : {}),
    ...(error === undefined ? {} : { error }),
  });
  try {
    cancelOpenQuestions(command, work);
    work.emit(result(await outcomeOf(command, work, signal)));
  } catch (error) {
    if (signal.aborted) return;
    const { fault, asked } = await afterFailure(command, work, asFault(error, 'server_error'));
    if (signal.aborted) return;
    if (asked !== null && work.run().request.on_auth === 'wait') return work.emit(asked);
    const data = fault.toJSON();
    work.emit(...(asked === null ? [] : [asked]), result(failure(data.message), data));
  }
}

/** The connection that was refused is left: the next call opens one with the new login. */
async function afterFailure(command: CallTool, work: Work, fault: Fault): Promise<Refused> {
  const { call_id, server: label } = command.state.call;
  const server = work.run().servers.find((state) => state.server.label === label)?.server;
  if (server === undefined) return { fault, asked: null };
  const refused = await work.logins.after(fault, { server, call_id }, () => work.run());
  if (refused.asked !== null) work.connections.forget(server.label);
  return refused;
}

function failure(text: string): ToolOutcome {
  return { isError: true, parts: [{ type: 'text', text }] };
}

/** What a tool answered, and whether it was asked with a login of the run's owner. */
interface Outcome extends ToolOutcome {
  readonly usedLogin?: boolean;
}

async function outcomeOf(command: CallTool, work: Work, signal: AbortSignal): Promise<Outcome> {
  const { tool, state } = command;
  if (approvalOf(work.run(), state.call.call_id)?.outcome === 'declined') {
    return failure('The owner did not allow this call.');
  }
  if (tool === undefined) return failure(unknownTool(state.call.wire_name, work));
  // Empty means no arguments: some models send nothing at all.
  const args = state.call.arguments.trim() === '' ? {} : parseJsonObject(state.call.arguments);
  if (args === null) return failure(`The arguments are not a JSON object: ${state.call.arguments}`);
  // The log says that the call left before this process began: sending it again could do it twice.
  if (state.sent && !tool.read_only && !tool.idempotent) {
    return failure(
      'The outcome of this call is unknown: the connection was lost after it was sent.',
    );
  }
  const server = serverOf(state.call.server, work);
  await checkApproval(command, work, tool);
  const connection = await verifiedConnection(server, tool, work, signal);
  signal.throwIfAborted();
  const { call_id } = state.call;
  work.emit({ type: 'tool-sent', call_id });
  const onElicit = elicitor(command, work, signal);
  const options: CallOptions = {
    signal,
    onProgress: (progress) => work.emit({ type: 'tool-progress', call_id, ...progress }),
    ...(onElicit === undefined ? {} : { onElicit }),
  };
  const outcome = await connection.call(tool.name, args, options).catch((error: unknown) => {
    throw withDoubt(asFault(error, 'server_error'), tool);
  });
  return connection.usedLogin === true ? { ...outcome, usedLogin: true } : outcome;
}

/** Codes of a connection that was lost, perhaps after the call had arrived. */
const LOST: ReadonlySet<FaultCode> = new Set(['server_unreachable', 'server_timeout']);

/** A model that reads only that nobody was reached would call again, and pay twice. */
function withDoubt(fault: Fault, { read_only, idempotent }: ServerTool): Fault {
  if (read_only || idempotent || !LOST.has(fault.code)) return fault;
  const message = `${fault.message} Whether the call was carried out is unknown.`;
  const detail = fault.detail === undefined ? {} : { detail: fault.detail };
  return new Fault(fault.code, message, { ...detail, cause: fault });
}

function unknownTool(name: string, work: Work): string {
  const names = work
    .run()
    .servers.flatMap(({ end }) => end?.tools?.map(({ wire_name }) => wire_name) ?? []);
  const known = names.length === 0 ? 'There are no tools.' : `The tools are: ${names.join(', ')}.`;
  return `There is no tool named ${name}. ${known}`;
}

function serverOf(label: string | undefined, work: Work): ToolServer {
  const state = work.run().servers.find(({ server }) => server.label === label);
  if (state === undefined) throw new Fault('internal', `The run has no tool server ${label}.`);
  return state.server;
}

/**
 * What is called must be what was approved: between the two, a log that lives with a caller may have
 * been changed, and a server may describe its tool anew.
 */
async function checkApproval({ state }: CallTool, work: Work, tool: ServerTool): Promise<void> {
  const { call } = state;
  const approval = approvalOf(work.run(), call.call_id);
  if (approval === undefined && !isHeldBack(work.run(), call)) return;
  const hash = await approvalHash(serverOf(call.server, work), tool, call);
  if (approval?.outcome === 'done' && approval.action.hash === hash) return;
  throw new Fault('approval_mismatch');
}

/**
 * The connection, with the tool as it was when the run started: a server that swaps a description
 * or a schema in the middle of a run could make the model do something else.
 */
async function verifiedConnection(
  server: ToolServer,
  tool: ServerTool,
  work: Work,
  signal: AbortSignal,
): Promise<Connection> {
  const connection = await work.connections.to(server, signal);
  if ((await work.connections.hashOf(connection, tool.name)) === tool.hash) return connection;
  const message = `${server.label} changed its tool ${tool.name} in the middle of the run.`;
  throw new Fault('tools_changed', message);
}
