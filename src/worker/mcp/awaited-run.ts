import { inputRequired, inputResponse } from '@modelcontextprotocol/server';
import type { CallToolResult, InputRequiredResult } from '@modelcontextprotocol/server';
import { isTerminal } from '../../run/run.ts';
import type { RunView } from '../../run/view.ts';
import { asksForPages, declined, inputRequests, ownActions } from './asked-actions.ts';
import type { OwnedAction } from './asked-actions.ts';
import { followRun } from './follow-run.ts';
import { RunProgress } from './run-progress.ts';
import { runResult, tellingOf } from './run-result.ts';
import type { ViewName } from './run-result.ts';
import { runTask } from './run-tasks.ts';
import { startedTask, takesTasks } from './task-extension.ts';
import type { HeldRun, McpCall } from './tool-call.ts';

/** A run that ends sooner is an answer and not a task, in milliseconds. */
const SOON_MS = 1000;

/** Somebody who opened a page has so long to do what it says, in milliseconds. */
const PATIENCE_MS = 10 * 60_000;

/** So many things a client is asked for in one call; afterwards it is told where they are. */
const MOST_ASKED = 8;

type Answer = CallToolResult | InputRequiredResult;

/**
 * Answers a call with a run: waits for its end and reports how far it is, lets the client ask
 * somebody where the run waits for a person, and hands the run over as a task where the client takes
 * one. A call that is cancelled cancels its run.
 * @param start makes the run; not called when the client comes back to one
 * @see spec/mcp.md MCP-11
 */
export async function answerWithRun(
  call: McpCall,
  view: ViewName,
  start: () => Promise<string | CallToolResult>,
): Promise<Answer> {
  const back = comesBack(call);
  const begun = back ?? (await start());
  if (typeof begun !== 'string' && 'content' in begun) return begun;
  const held = typeof begun === 'string' ? { ...NOTHING_SEEN, id: begun } : begun;
  const { accepted, isPutOff } = await answers(call, held);
  const progress = new RunProgress(call.context, held);
  const { run, seen } = await followRun(call.env, held.id, {
    after: held.seen,
    cancelled: call.context.mcpReq.signal,
    ...patience(isPutOff || takesTasks(call.context), accepted.size > 0),
    expected: accepted,
    onEvent: (event) => progress.take(event),
  });
  if (takesTasks(call.context) && !isTerminal(run.status)) {
    return startedTask(await runTask(run, view, call));
  }
  const open = isPutOff || !asksForPages(call) ? [] : newActions(run, held.asked);
  if (open.length === 0) return runResult(run, tellingOf(call, view));
  const asked = [...held.asked, ...open.map(({ own }) => own.id)];
  return inputRequired({
    inputRequests: inputRequests(open, run, call),
    requestState: await call.sealRun({ id: held.id, asked, seen, ...progress.told }),
  });
}

/** How long a run is followed: to its end, where neither is so. */
function patience(isSoon: boolean, isForPerson: boolean): { enough?: AbortSignal } {
  if (!isSoon && !isForPerson) return {};
  return { enough: AbortSignal.timeout(isSoon ? SOON_MS : PATIENCE_MS) };
}

const NOTHING_SEEN = { asked: [], seen: 0, units: 0, last: -1 } as const;

/** The run that the client comes back to; null in its first request. */
function comesBack({ context }: McpCall): HeldRun | null {
  const held = context.mcpReq.requestState<HeldRun>();
  return typeof held === 'object' ? held : null;
}

function newActions(run: RunView, asked: readonly string[]): readonly OwnedAction[] {
  if (run.status !== 'requires_action' || asked.length >= MOST_ASKED) return [];
  return ownActions(run).filter(({ own }) => !asked.includes(own.id));
}

/** What became of what the client was to ask for. */
async function answers(
  call: McpCall,
  { id, asked }: Pick<HeldRun, 'id' | 'asked'>,
): Promise<{ accepted: ReadonlySet<string>; isPutOff: boolean }> {
  const given = asked.map((action) => {
    const answer = inputResponse(call.context.mcpReq.inputResponses, action);
    return { action, said: answer.kind === 'elicit' ? answer.action : 'cancel' };
  });
  for (const { action, said } of given) {
    if (said === 'decline') await declined(call, id, action);
  }
  return {
    accepted: new Set(given.flatMap(({ action, said }) => (said === 'accept' ? [action] : []))),
    isPutOff: given.some(({ said }) => said === 'cancel'),
  };
}
