import { faultData, type FaultCode, type FaultData } from '../fault/fault.ts';
import type { ToolServer, UrlPolicy } from '../normalize/request.ts';
import { wantsApproval } from './approval.ts';
import type { RunEnd, ServerTool } from './event.ts';
import { outputProblems } from './output-problems.ts';
import { isTerminal, type CallState, type Run, type ServerState, type Step } from './run.ts';

/**
 * What should be going on now. Commands are keyed: the executor starts those whose key is new and
 * aborts those whose key is gone, so parallel work, early starts and cancelling need no special case.
 */
export type Command =
  | ResolveReference
  | ConnectServer
  | CallModel
  | CallTool
  | Wait
  | (Keyed & { readonly type: 'end'; readonly end: RunEnd });

interface Keyed {
  readonly key: string;
}

export interface ResolveReference extends Keyed {
  readonly type: 'resolve-reference';
  readonly reference: { readonly url: string; readonly section?: string };
  readonly policy: UrlPolicy;
}

export interface ConnectServer extends Keyed {
  readonly type: 'connect-server';
  readonly server: ToolServer;
}

export interface CallModel extends Keyed {
  readonly type: 'call-model';
  readonly step: number;
  /** Where the last answer did not fit its schema, when the step is to correct it. */
  readonly repair?: readonly string[];
}

export interface CallTool extends Keyed {
  readonly type: 'call-tool';
  readonly state: CallState;
  /** Absent when the model asked for a tool that the run does not have. */
  readonly tool?: ServerTool;
}

export interface Wait extends Keyed {
  readonly type: 'wait';
  /** Milliseconds since 1970. */
  readonly until: number;
  /** How the run ends then. */
  readonly code: FaultCode;
}

/** What a model, tools and documents may write into one run: a stream without end meets this. */
export const MAX_STORED_CHARACTERS = 16_000_000;

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
  const work = preparing.length > 0 ? preparing : nextWork(run);
  return [...work, deadline(run)];
}

function deadline(run: Run): Wait {
  const until = run.created_at + run.request.limits.timeout * 1000;
  return { type: 'wait', key: 'wait:timeout', until, code: 'timeout' };
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
    .filter(({ end }) => end === undefined)
    .map(({ server }): Command => ({
      type: 'connect-server',
      key: `connect-server:${server.label}`,
      server,
    }));
  return [...references, ...servers];
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
  if (last === undefined) return [callModel(1)];
  const calls = callsToMake(run, last);
  if (last.finish_reason === null) return [callModel(last.step, last.repair), ...calls];
  if (calls.length > 0) return calls;
  return [callModel(last.step + 1, last.calls.length === 0 ? outputProblems(run) : undefined)];
}

function callModel(step: number, repair?: readonly string[]): Command {
  const base = { type: 'call-model', key: `call-model:${step}`, step } as const;
  return repair === undefined ? base : { ...base, repair };
}

/** While the model still streams, only calls that change nothing may begin. */
function callsToMake(run: Run, step: Step): Command[] {
  return step.calls
    .filter(({ result }) => result === undefined)
    .map((state): CallTool => {
      const tool = toolOf(run, state.call.wire_name);
      const base = { type: 'call-tool', key: `call-tool:${state.call.call_id}`, state } as const;
      return tool === undefined ? base : { ...base, tool };
    })
    .filter(({ tool }) => step.finish_reason !== null || tool?.read_only || tool?.idempotent)
    .slice(0, MAX_PARALLEL_CALLS);
}

/** The tool that the model knows by this name. */
export function toolOf(run: Run, wireName: string): ServerTool | undefined {
  // Asked for every call at every event: a list of all tools would be made thousands of times.
  for (const { end } of run.servers) {
    const found = end?.tools?.find((tool) => tool.wire_name === wireName);
    if (found !== undefined) return found;
  }
  return undefined;
}

function reasonToEnd(run: Run): RunEnd | null {
  return (
    sizeLimit(run) ??
    serverFailure(run) ??
    referenceFailure(run) ??
    callFailure(run) ??
    stepEnd(run)
  );
}

function sizeLimit(run: Run): RunEnd | null {
  if (run.size <= MAX_STORED_CHARACTERS) return null;
  const message = `The run wrote more than the ${MAX_STORED_CHARACTERS} characters it may keep.`;
  return failedEnd(faultData('max_stored_bytes', message));
}

function serverFailure(run: Run): RunEnd | null {
  const failed = run.servers.find(({ end }) => end !== undefined && !end.ok && !end.is_document);
  return failed === undefined ? null : failedEnd(withServer(failed));
}

function withServer({ server, end }: ServerState): FaultData {
  const error = end?.error ?? faultData('server_error');
  return { ...error, detail: { ...error.detail, server: server.label, url: server.url } };
}

function referenceFailure(run: Run): RunEnd | null {
  if (run.request.urls.on_error !== 'fail') return null;
  const failed = [...run.references.values()].find(({ ok }) => !ok);
  if (failed === undefined) return null;
  const why = failed.error?.message ?? 'it could not be read';
  return failedEnd(faultData('reference_failed', `${failed.url}: ${why}`));
}

/** What no further step can mend. */
const FATAL_IN_CALLS: ReadonlySet<FaultCode> = new Set(['login_required', 'tools_changed']);

/** A call that failed for good. */
function callFailure(run: Run): RunEnd | null {
  const errors = run.steps.at(-1)?.calls.map(({ result }) => result?.error) ?? [];
  const error = errors.find((data) => data !== undefined && FATAL_IN_CALLS.has(data.code));
  return error === undefined ? null : failedEnd(error);
}

function stepEnd(run: Run): RunEnd | null {
  const last = run.steps.at(-1);
  if (last === undefined) return null;
  const unapproved = approvalMissing(run, last);
  if (unapproved !== null || last.finish_reason === null) return unapproved ?? callLimit(run);
  if (last.calls.length === 0) return answerEnd(run, last);
  return stepLimit(run, last) ?? callLimit(run);
}

/** Asking the owner is not supported yet, so a call that wants approval is never made. */
function approvalMissing(run: Run, last: Step): RunEnd | null {
  const call = last.calls.find(({ call: { server, tool } }) => {
    const owner = run.servers.find((state) => state.server.label === server)?.server;
    return owner !== undefined && tool !== undefined && wantsApproval(owner.require_approval, tool);
  })?.call;
  if (call === undefined) return null;
  const { server = '', tool = '' } = call;
  const message = `${tool} of ${server} wants approval, which cannot be asked for yet. It was not called.`;
  return failedEnd(faultData('approval_required', message, { server, tool }));
}

/** Nobody would read the results of calls after the last step, so they are not made. */
function stepLimit(run: Run, last: Step): RunEnd | null {
  const { max_steps, max_total_tokens } = run.request.limits;
  if (last.step >= max_steps) {
    return failedEnd(
      faultData('max_steps', `The run used all ${max_steps} model steps it may take.`, {
        max_steps,
      }),
    );
  }
  if (max_total_tokens !== null && run.usage.total_tokens >= max_total_tokens) {
    const message = `The run used ${run.usage.total_tokens} of the ${max_total_tokens} tokens it may spend.`;
    return failedEnd(faultData('max_total_tokens', message, { max_total_tokens }));
  }
  return null;
}

function callLimit(run: Run): RunEnd | null {
  const { max_tool_calls } = run.request.limits;
  const calls = run.steps.reduce((count, step) => count + step.calls.length, 0);
  if (calls <= max_tool_calls) return null;
  const message = `The model asked for more than the ${max_tool_calls} tool calls the run may make.`;
  return failedEnd(faultData('max_tool_calls', message, { max_tool_calls }));
}

/** An answer that does not fit its schema is asked for once more, while there is a step left. */
function answerEnd(run: Run, last: Step): RunEnd | null {
  const problems = outputProblems(run);
  if (problems.length === 0) return completedEnd(last.finish_reason ?? 'stop');
  const isRepaired = run.steps.some(({ repair }) => repair !== undefined);
  if (!isRepaired && stepLimit(run, last) === null) return null;
  const tried = isRepaired ? ', and neither did the one before' : '';
  const message = `The answer does not fit the schema that the prompt asks for${tried}. ${problems.slice(0, 5).join(' ')}`;
  return failedEnd(faultData('output_invalid', message));
}

function completedEnd(finishReason: string): RunEnd {
  const kept = ['length', 'content_filter'];
  return {
    type: 'run-end',
    status: 'completed',
    stop_reason: kept.includes(finishReason) ? finishReason : 'stop',
  };
}

/** The end of a run that a fault ended. */
export function failedEnd(error: FaultData): RunEnd {
  return { type: 'run-end', status: 'failed', stop_reason: error.code, error };
}
