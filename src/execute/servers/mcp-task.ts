import {
  isCallToolResult,
  ProtocolError,
  type CallToolResult,
  type Tool,
} from '@modelcontextprotocol/client';
import * as z from 'zod';
import { Fault } from '../../fault/fault.ts';
import { isObject } from '../../protocol/json.ts';
import { before } from './deadline.ts';
import type { Calling } from './mcp-call.ts';
import type { OpenClient } from './mcp-client.ts';
import { throttled } from './mcp-progress.ts';
import { refusedTask } from './server-faults.ts';
import type { StartedTask } from './started-task.ts';

const MIN_POLL_MS = 200;
const MAX_POLL_MS = 10_000;
const POLL_MS = 1000;
const GOODBYE_MS = 2000;

/** A task as both protocols tell it; `pollInterval` was renamed to `pollIntervalMs` in 2026. */
const TASK = z.looseObject({
  taskId: z.string().min(1).max(1024),
  status: z.enum(['working', 'input_required', 'completed', 'failed', 'cancelled']),
  statusMessage: z.string().nullish(),
  pollInterval: z.number().nullish(),
  pollIntervalMs: z.number().nullish(),
  inputRequests: z.record(z.string(), z.unknown()).nullish(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
});
type Task = z.infer<typeof TASK>;

const STARTED = z.looseObject({ task: TASK.optional() });
const ANY = z.looseObject({});

/** Whether a server of 2025-11-25 calls this tool only as a task. */
export function isTaskOnly(tool: Tool | undefined, { client }: OpenClient): boolean {
  return client.getProtocolEra() === 'legacy' && tool?.execution?.taskSupport === 'required';
}

/** Calls a tool as a task, as servers of 2025-11-25 want to be asked. */
export async function startTask(calling: Calling): Promise<CallToolResult> {
  const { call, session } = calling;
  const { taskMs } = session.endpoint.limits;
  const params = { name: call.tool, arguments: call.args, task: { ttl: taskMs } };
  const result = await calling.request(({ client }, options) =>
    client.request({ method: 'tools/call', params }, STARTED, options),
  );
  if (result.task === undefined) return resultOf(result, calling);
  return followed(calling, result.task, 'legacy');
}

/**
 * The result of a task that a server of 2026-07-28 started by itself.
 * @throws Fault `server_timeout` when it takes longer than a task may, `server_error` when it failed
 * @see spec/tool-servers.md, Tasks
 */
export async function taskResult(calling: Calling, started: StartedTask): Promise<CallToolResult> {
  const task = TASK.safeParse(started.result);
  if (!task.success) throw badTask(calling);
  return followed(calling, task.data, 'modern');
}

type Era = 'legacy' | 'modern';

async function followed(calling: Calling, first: Task, era: Era): Promise<CallToolResult> {
  const { clock, session } = calling;
  clock.extend(session.endpoint.limits.taskMs - session.endpoint.limits.callMs);
  try {
    const last = await polled(calling, first, era);
    if (last.status === 'cancelled') throw refusedTask(session.endpoint.host, 'was cancelled');
    if (era === 'legacy') return await legacyResult(calling, last.taskId);
    if (last.status === 'completed') return resultOf(last.result, calling);
    throw taskError(last) ?? refusedTask(session.endpoint.host, 'failed');
  } catch (error) {
    if (clock.signal.aborted) await cancel(calling, first.taskId);
    throw error;
  }
}

/** The JSON-RPC error that a task ended with: an answer, as if the call itself had got it. */
function taskError({ error }: Task): ProtocolError | null {
  if (!isObject(error) || typeof error['message'] !== 'string') return null;
  return new ProtocolError(Number(error['code']), error['message']);
}

/** Asks until the task is over, or until its result is to be waited for. */
async function polled(calling: Calling, first: Task, era: Era): Promise<Task> {
  const report = reporter(calling);
  let task = first;
  let isFirst = era === 'modern';
  const asked = new Set<string>();
  while (isFirst || task.status === 'working' || task.status === 'input_required') {
    report(task);
    // Servers of 2025 ask in the stream of the result, which is there only when the task is over.
    if (era === 'legacy' && task.status === 'input_required') return task;
    if (era === 'modern' && task.status === 'input_required') await answer(calling, task, asked);
    if (!isFirst || task.status === 'working') await calling.clock.sleep(pause(task));
    task = await got(calling, first.taskId);
    isFirst = false;
  }
  report(task);
  return task;
}

function pause({ pollIntervalMs, pollInterval }: Task): number {
  const wanted = pollIntervalMs ?? pollInterval ?? POLL_MS;
  return Math.min(Math.max(wanted, MIN_POLL_MS), MAX_POLL_MS);
}

async function got(calling: Calling, taskId: string): Promise<Task> {
  const task = await calling.request(({ client }, options) =>
    client.request({ method: 'tasks/get', params: { taskId } }, TASK, options),
  );
  if (task.taskId !== taskId) throw badTask(calling);
  return task;
}

/** A question that was answered may be shown until the server has taken the answer. */
async function answer(calling: Calling, task: Task, asked: Set<string>): Promise<void> {
  const open = Object.entries(task.inputRequests ?? {}).filter(([key]) => !asked.has(key));
  if (open.length === 0) return;
  const inputResponses = await calling.answers(Object.fromEntries(open));
  for (const [key] of open) asked.add(key);
  const params = { taskId: task.taskId, inputResponses };
  await calling.request(({ client }, options) =>
    client.request({ method: 'tasks/update', params }, ANY, options),
  );
}

async function legacyResult(calling: Calling, taskId: string): Promise<CallToolResult> {
  const result = await calling.request(({ client }, options) =>
    client.request({ method: 'tasks/result', params: { taskId } }, ANY, options),
  );
  return resultOf(result, calling);
}

function resultOf(result: unknown, calling: Calling): CallToolResult {
  if (isCallToolResult(result)) return result;
  throw badTask(calling);
}

function badTask({ session }: Calling): Fault {
  const message = `${session.endpoint.host} sent a task that cannot be read.`;
  return new Fault('server_garbage', message);
}

/** Reports a task as progress when something about it changed. */
function reporter({ call, session }: Calling): (task: Task) => void {
  const { onProgress } = call.options;
  if (onProgress === undefined) return () => {};
  const report = throttled(onProgress, session.open.wire);
  let last = '';
  let progress = 0;
  return ({ status, statusMessage }) => {
    const message = statusMessage ?? status;
    if (message === last) return;
    last = message;
    progress += 1;
    report({ progress, message });
  };
}

/** Tells the server that nobody waits any more. Never throws. */
async function cancel({ session }: Calling, taskId: string): Promise<void> {
  const { signal } = new AbortController();
  const { client } = session.open;
  const request = client.request({ method: 'tasks/cancel', params: { taskId } }, ANY, {
    timeout: GOODBYE_MS,
  });
  await before(request, { ms: GOODBYE_MS, signal, late: noGoodbye, aborted: noGoodbye }).catch(
    () => {},
  );
}

function noGoodbye(): Fault {
  return new Fault('server_timeout');
}
