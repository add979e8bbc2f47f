import {
  CLIENT_CAPABILITIES_META_KEY,
  isJSONRPCResultResponse,
  McpServer,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import type {
  CallToolResult,
  InputRequests,
  JSONRPCMessage,
  ServerContext,
  Transport,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { isObject } from '../../protocol/json.ts';

/**
 * The tasks extension of 2026-07-28: a call that takes long is answered with a task, which its caller
 * asks for until it is over. The SDK leaves the extension to its host.
 * @see spec/mcp.md MCP-30
 */

/** The name of the extension. */
export const TASKS = 'io.modelcontextprotocol/tasks';

/** What is said of a task when it is made. */
export interface Task {
  readonly taskId: string;
  readonly status: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';
  readonly statusMessage?: string;
  /** ISO 8601, as `lastUpdatedAt`. */
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  /** Milliseconds for which it can be asked for; null without limit. */
  readonly ttlMs: number | null;
  readonly pollIntervalMs: number;
}

/** What is said of a task that is asked for. */
export interface TaskState extends Task {
  /** Of a task that requires input. */
  readonly inputRequests?: InputRequests;
  /** Of a completed one: what the call gave. */
  readonly result?: CallToolResult;
  /** Of a failed one, as JSON-RPC. */
  readonly error?: { readonly code: number; readonly message: string };
}

/** Where the tasks of a server are. Each answers null for a task that is not its caller's. */
export interface Tasks {
  get(id: string, context: ServerContext): Promise<TaskState | null>;
  update(id: string, responses: TaskAnswers, context: ServerContext): Promise<true | null>;
  cancel(id: string, context: ServerContext): Promise<true | null>;
}

/** What a client answers to what a task asks, by the key of the question. */
export type TaskAnswers = Readonly<Record<string, unknown>>;

const OF_A_TASK = z.object({ taskId: z.string().min(1).max(200) });

/** Under this name a handler says in `_meta` what becomes of its answer; it never leaves the server. */
const INSTEAD = 'markdownops/instead';

/** A server whose tools may answer with tasks. */
export class TaskServer extends McpServer {
  /** Says that the server has tasks, and where they are. To be called before it is connected. */
  serveTasks(tasks: Tasks): void {
    const { server } = this;
    server.registerCapabilities({ extensions: { [TASKS]: {} } });
    server.setRequestHandler('tasks/get', { params: OF_A_TASK }, async ({ taskId }, context) => {
      checkTasks(context);
      return { ...found(await tasks.get(taskId, context)) };
    });
    server.setRequestHandler('tasks/cancel', { params: OF_A_TASK }, async ({ taskId }, context) => {
      checkTasks(context);
      found(await tasks.cancel(taskId, context));
      return {};
    });
    server.setRequestHandler('tasks/update', { params: OF_A_TASK }, async ({ taskId }, context) => {
      checkTasks(context);
      // The SDK has taken the answers out of the parameters.
      found(await tasks.update(taskId, context.mcpReq.inputResponses ?? {}, context));
      return {};
    });
  }

  override connect(transport: Transport): Promise<void> {
    const send = transport.send.bind(transport);
    transport.send = (message, options) => send(replaced(message), options);
    return super.connect(transport);
  }
}

/** Whether the client of this request takes a task for an answer. */
export function takesTasks({ mcpReq }: ServerContext): boolean {
  return saysTasks(mcpReq.envelope);
}

/**
 * The same of what stands in the `_meta` of a request.
 * @param envelope what a client of 2026-07-28 says of itself with each request
 */
export function saysTasks(envelope: unknown): boolean {
  const capabilities = isObject(envelope) ? envelope[CLIENT_CAPABILITIES_META_KEY] : null;
  const extensions = isObject(capabilities) ? capabilities['extensions'] : null;
  return isObject(extensions) && isObject(extensions[TASKS]);
}

/** The answer of a tool that goes on as a task. */
export function startedTask({
  taskId,
  status,
  statusMessage,
  createdAt,
  lastUpdatedAt,
  ttlMs,
  pollIntervalMs,
}: Task): CallToolResult {
  const said = statusMessage === undefined ? {} : { statusMessage };
  const task = { taskId, status, ...said, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs };
  return instead({ result: { resultType: 'task', ...task } });
}

/** The answer of a tool that can only be called by clients that take tasks. */
export function wantsTasks(): CallToolResult {
  const { code, message, data } = missingTasks();
  return instead({ error: { code, message, data } });
}

/** Handlers can say nothing else than a result; a result with `isError` is not checked any further. */
function instead(message: Readonly<Record<string, unknown>>): CallToolResult {
  return { content: [], isError: true, _meta: { [INSTEAD]: message } };
}

function replaced(message: JSONRPCMessage): JSONRPCMessage {
  if (!isJSONRPCResultResponse(message)) return message;
  const meta = message.result['_meta'];
  if (!isObject(meta)) return message;
  const { [INSTEAD]: other, ...rest } = meta;
  if (!isObject(other)) return message;
  const { jsonrpc, id } = message;
  const { error, result } = other;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made by `instead` and nothing else
  if (isObject(error)) return { jsonrpc, id, error } as unknown as JSONRPCMessage;
  return { jsonrpc, id, result: { ...(isObject(result) ? result : {}), _meta: rest } };
}

function checkTasks(context: ServerContext): void {
  if (!takesTasks(context)) throw missingTasks();
}

function missingTasks(): MissingRequiredClientCapabilityError {
  return new MissingRequiredClientCapabilityError({
    requiredCapabilities: { extensions: { [TASKS]: {} } },
  });
}

function found<Value>(value: Value | null): Value {
  if (value !== null) return value;
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such task.');
}
