import { faultData } from '../fault/fault.ts';
import type { ToolServer } from '../normalize/request.ts';
import { loginAsks, openActions, openLogin } from './actions.ts';
import { approvalOf, isDecided, isHeldBack } from './approval.ts';
import type { AskApproval, CallTool, Command, HeldCall, Wait } from './command.ts';
import { nextCostLimit } from './cost-limit.ts';
import type { ServerTool } from './event.ts';
import { isCallersFunction } from './functions.ts';
import { outputProblems } from './output-problems.ts';
import { reasonToEnd } from './reason-to-end.ts';
import { failedEnd } from './run-end.ts';
import { modelOf } from './model-choice.ts';
import { isTerminal, type Run, type Step } from './run.ts';

/** So many tool calls of one run are under way at the same time. */
export const MAX_PARALLEL_CALLS = 16;

/**
 * Decides from the state alone; the same run always gives the same commands.
 * @see spec/architecture.md (Decide, then do)
 */
export function nextCommands(run: Run): readonly Command[] {
  if (isTerminal(run.status)) return [];
  const end = reasonToEnd(run);
  if (end !== null) return [{ type: 'end', key: 'end', end }];
  const preparing = preparations(run);
  const isPrepared =
    preparing.length === 0 && run.servers.every((state) => state.end !== undefined);
  return [...(isPrepared ? nextWork(run) : preparing), ...waits(run)];
}

/**
 * When a run that only waits for a person has to be looked at again, in milliseconds since 1970;
 * null when there is work for it now.
 */
export function parkedUntil(run: Run, now: number): number | null {
  return onlyWaitsUntil(nextCommands(run), now);
}

/** The same, where the commands of the run were decided already. */
export function onlyWaitsUntil(commands: readonly Command[], now: number): number | null {
  const until = commands.map((command) => (command.type === 'wait' ? command.until : -Infinity));
  const first = Math.min(...until);
  return commands.length > 0 && first > now ? first : null;
}

/** The end of the run's time, or of what it waits for: waiting for a person takes none of its time. */
function waits(run: Run): Wait[] {
  const open = run.status === 'requires_action' ? openActions(run) : [];
  if (open.length === 0) return [deadline(run)];
  return open.map(({ required: { action_id, expires_at } }) => ({
    type: 'wait',
    key: `wait:action:${action_id}`,
    until: expires_at,
    event: { type: 'action-resolved', action_id, outcome: 'expired' },
  }));
}

function deadline({ created_at, waited, request: { limits } }: Run): Wait {
  const { timeout } = limits;
  const message = `The run took all the ${timeout} seconds it may take.`;
  return {
    type: 'wait',
    key: `wait:timeout:${waited}`,
    until: created_at + waited + timeout * 1000,
    event: failedEnd(faultData('timeout', message, { timeout })),
  };
}

function preparations(run: Run): Command[] {
  const references = contextUrls(run)
    .filter(({ url }) => !run.references.has(url))
    .map((reference): Command => ({
      type: 'resolve-reference',
      key: `resolve-reference:${reference.url}`,
      reference,
      policy: run.request.urls,
    }));
  const servers = run.servers
    .filter(({ end, server }) => end === undefined && openLogin(run, server.label) === undefined)
    .map(({ server }): Command => ({
      type: 'connect-server',
      key: keyAfter(`connect-server:${server.label}`, connectingAsks(run, server)),
      server,
    }));
  return [...references, ...servers];
}

function connectingAsks(run: Run, { label }: ToolServer): number {
  return loginAsks(run, label, 'connecting').length;
}

/** After a login the same work is begun anew, so it needs a key of its own. */
function keyAfter(key: string, logins: number): string {
  return logins === 0 ? key : `${key}:${logins}`;
}

/** The context URLs of the prompt, and URLs taken for tool servers that turned out to be documents. */
function contextUrls(run: Run): { url: string; section?: string }[] {
  const planned = run.request.references.filter(({ as }) => as === 'context');
  const room = Math.max(0, run.request.urls.max_urls - planned.length);
  const documents =
    run.request.urls.policy === 'none'
      ? []
      : run.servers.filter(({ end }) => end?.is_document).slice(0, room);
  return [
    ...planned.map(({ url, section }) => (section === undefined ? { url } : { url, section })),
    ...documents.map(({ server }) => ({ url: server.url })),
  ];
}

function nextWork(run: Run): Command[] {
  const last = run.steps.at(-1);
  if (last === undefined) return newStep(run, callModel(1));
  const calls = callsToMake(run, last);
  if (last.finish_reason === null) return [callModel(last.step, last.repair), ...calls];
  if (last.calls.some(({ result }) => result === undefined)) {
    return [...calls, ...approvalsToAsk(run, last)];
  }
  const repair = last.calls.length === 0 ? outputProblems(run) : undefined;
  return newStep(run, callModel(last.step + 1, repair));
}

/** A step that the run cannot pay for is not begun. */
function newStep(run: Run, command: Command): Command[] {
  const end = nextCostLimit(run, modelOf(run));
  return [end === null ? command : { type: 'end', key: 'end', end }];
}

function callModel(step: number, repair?: readonly string[]): Command {
  const base = { type: 'call-model', key: `call-model:${step}`, step } as const;
  return repair === undefined ? base : { ...base, repair };
}

/**
 * While the model still streams, only calls that change nothing may begin. A server that waits for a
 * login is sent no further call; those that were on their way may still answer.
 */
function callsToMake(run: Run, step: Step): Command[] {
  return step.calls
    .filter(({ result }) => result === undefined)
    .filter(({ call }) => !isCallersFunction(run, call.wire_name))
    .filter((state) => isDecided(run, state))
    .filter(({ sent, call }) => sent || openLogin(run, call.server) === undefined)
    .map((state): CallTool => {
      const tool = toolOf(run, state.call.wire_name);
      const key = keyAfter(`call-tool:${state.call.call_id}`, state.refusals);
      const base = { type: 'call-tool', key, state } as const;
      return tool === undefined ? base : { ...base, tool };
    })
    .filter(({ tool }) => step.finish_reason !== null || tool?.read_only || tool?.idempotent)
    .slice(0, MAX_PARALLEL_CALLS);
}

/** A step that still streams may be void yet: nobody is asked about its calls. */
function approvalsToAsk(run: Run, step: Step): AskApproval[] {
  const calls = step.calls.flatMap(({ call }): HeldCall[] => {
    const isAsked = approvalOf(run, call.call_id) !== undefined;
    const server = run.servers.find((state) => state.server.label === call.server)?.server;
    const tool = toolOf(run, call.wire_name);
    if (isAsked || !isHeldBack(run, call) || server === undefined || tool === undefined) return [];
    return [{ call, server, tool }];
  });
  if (calls.length === 0) return [];
  return [{ type: 'ask-approval', key: `ask-approval:${step.step}`, calls }];
}

/** The tool that the model knows by this name. */
export function toolOf(run: Run, wireName: string): ServerTool | undefined {
  if (isCallersFunction(run, wireName)) return undefined;
  // Asked for every call at every event: a list of all tools would be made thousands of times.
  for (const { end } of run.servers) {
    const found = end?.tools?.find((tool) => tool.wire_name === wireName);
    if (found !== undefined) return found;
  }
  return undefined;
}
