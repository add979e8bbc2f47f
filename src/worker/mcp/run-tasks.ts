import { isoTime } from '../../publish/iso-time.ts';
import { actionText } from '../../publish/action-words.ts';
import { isTerminal } from '../../run/run.ts';
import type { RunView } from '../../run/view.ts';
import { isObject } from '../../protocol/json.ts';
import { isRunId } from '../run/run-id.ts';
import { runClient } from '../run/run-client.ts';
import { asksForPages, declined, inputRequests, ownActions, pageUrls } from './asked-actions.ts';
import { mcpSessions } from './mcp-sessions.ts';
import { runResult, tellingOf, VIEW } from './run-result.ts';
import type { ViewName } from './run-result.ts';
import type { TaskAnswers, Tasks, TaskState } from './task-extension.ts';
import { proofOfCaller } from './tool-call.ts';
import type { McpCall } from './tool-call.ts';

/** How often a task is worth asking for, in milliseconds. */
const POLL_MS = 500;

/**
 * The runs of a caller as tasks. A task is its run: it survives like one, and is there for whoever
 * made the run and for nobody else.
 * @see spec/mcp.md MCP-30
 */
export function runTasks(callOf: (context: McpCall['context']) => McpCall): Tasks {
  return {
    get: async (id, context) => {
      const call = callOf(context);
      const found = await ownRun(call, id);
      return found === null ? null : runTask(found.run, found.view, call);
    },
    update: async (id, responses, context) => {
      const call = callOf(context);
      const found = await ownRun(call, id);
      if (found === null) return null;
      for (const action of saidIn(responses, ['decline'])) {
        await declined(call, found.run.id, action);
      }
      const known = new Set(ownActions(found.run).map(({ own }) => own.id));
      const said = saidIn(responses, ['accept', 'cancel']).filter((action) => known.has(action));
      if (said.length > 0) await mcpSessions(call.env, call.caller).keepAnswered(said);
      return true;
    },
    cancel: async (id, context) => {
      const call = callOf(context);
      const found = await ownRun(call, id);
      if (found === null) return null;
      await runClient(call.env, found.run.id).cancel(proofOfCaller(call.caller));
      return true;
    },
  };
}

/** A run as a task. */
export async function runTask(run: RunView, view: ViewName, call: McpCall): Promise<TaskState> {
  const { status, ended_at, expires_at, created_at } = run;
  const task = {
    taskId: view === 'text' ? run.id : `${run.id}.${view}`,
    createdAt: isoTime(created_at),
    lastUpdatedAt: isoTime(ended_at ?? Date.now()),
    ttlMs: expires_at === null ? null : Math.max(expires_at - created_at, 0),
    pollIntervalMs: POLL_MS,
  };
  if (status === 'cancelled') return { ...task, status: 'cancelled' };
  if (isTerminal(status)) {
    return { ...task, status: 'completed', result: runResult(run, tellingOf(call, view)) };
  }
  if (status !== 'requires_action') return { ...task, status: 'working', ...saidOf(run) };
  const open = ownActions(run);
  const sessions = mcpSessions(call.env, call.caller);
  const answered = await sessions.answered(open.map(({ own }) => own.id));
  const unanswered = open.filter(({ own }) => !answered.includes(own.id));
  const urls = pageUrls(call.caller, run.id);
  const statusMessage = open.map((action) => actionText(action, urls)).join('\n');
  if (!asksForPages(call) || unanswered.length === 0) {
    return { ...task, status: 'working', statusMessage };
  }
  const asked = { inputRequests: inputRequests(unanswered, run, call) };
  return { ...task, status: 'input_required', statusMessage, ...asked };
}

function saidOf({ answer, usage }: RunView): { statusMessage?: string } {
  const tokens = Math.max(usage.completion_tokens, Math.ceil(answer.length / 4));
  return tokens === 0 ? {} : { statusMessage: `${tokens} tokens so far.` };
}

async function ownRun(
  { env, settings, caller }: McpCall,
  task: string,
): Promise<{ run: RunView; view: ViewName } | null> {
  const [id = '', name = 'text'] = task.split('.');
  const view = VIEW.safeParse(name);
  if (!view.success || !(await isRunId(settings.idKey, id))) return null;
  const found = await runClient(env, id).view(proofOfCaller(caller));
  if (found.found !== 'run' || found.value.viewer !== 'owner') return null;
  return { run: found.value, view: view.data };
}

/** The actions to which one of these was said. */
function saidIn(responses: TaskAnswers, words: readonly string[]): string[] {
  return Object.entries(responses).flatMap(([action, answer]) =>
    isObject(answer) && words.includes(String(answer['action'])) ? [action] : [],
  );
}
