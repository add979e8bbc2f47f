import { faultData, type FaultCode, type FaultData } from '../fault/fault.ts';
import { isUnanswerable } from './approval.ts';
import { costLimit } from './cost-limit.ts';
import type { RunEnd } from './event.ts';
import { callersCalls } from './functions.ts';
import { outputProblems } from './output-problems.ts';
import { completedEnd, expiredEnd, failedEnd, handedOverEnd } from './run-end.ts';
import type { Run, ServerState, Step } from './run.ts';

/** What a model, tools and documents may write into one run: a stream without end meets this. */
export const MAX_STORED_CHARACTERS = 16_000_000;

/** Why the run is over now, or null while it goes on. */
export function reasonToEnd(run: Run): RunEnd | null {
  return (
    sizeLimit(run) ??
    loginFailure(run) ??
    approvalExpiry(run) ??
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

/** A login that was refused or never made. */
function loginFailure(run: Run): RunEnd | null {
  for (const { required, resolved } of run.actions) {
    if (required.action.kind !== 'authorization' || resolved === undefined) continue;
    const { server, url } = required.action;
    const detail = { server, url };
    if (resolved.outcome === 'expired') {
      const message = `Nobody logged in to ${server} in time. Run the prompt again to get a new link.`;
      return expiredEnd(faultData('login_expired', message, detail));
    }
    if (resolved.outcome === 'done') continue;
    return failedEnd(faultData('login_denied', `The login to ${server} was refused.`, detail));
  }
  return null;
}

/** A call that nobody allowed or refused in time. */
function approvalExpiry(run: Run): RunEnd | null {
  for (const { required, resolved } of run.actions) {
    if (required.action.kind !== 'approval' || resolved?.outcome !== 'expired') continue;
    const { server, tool } = required.action;
    const message = `Nobody said in time whether ${tool} of ${server} may be called. It was not called. Run the prompt again.`;
    return expiredEnd(faultData('approval_expired', message, { server, tool }));
  }
  return null;
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
const FATAL_IN_CALLS: ReadonlySet<FaultCode> = new Set([
  'login_required',
  'tools_changed',
  'approval_mismatch',
]);

/** A call that failed for good. */
function callFailure(run: Run): RunEnd | null {
  const errors = run.steps.at(-1)?.calls.map(({ result }) => result?.error) ?? [];
  const error = errors.find((data) => data !== undefined && FATAL_IN_CALLS.has(data.code));
  return error === undefined ? null : failedEnd(error);
}

function stepEnd(run: Run): RunEnd | null {
  const last = run.steps.at(-1);
  if (last === undefined) return null;
  if (last.finish_reason === null) return callLimit(run) ?? costLimit(run);
  if (last.calls.length === 0) return answerEnd(run, last);
  if (last.calls.some((call) => isUnanswerable(run, call))) return unapproved(run, last);
  if (callersCalls(run, last).length > 0) return callLimit(run) ?? handOver(run, last);
  return stepLimit(run, last) ?? callLimit(run);
}

/** The caller runs its own functions, and goes on with another request. */
function handOver(run: Run, last: Step): RunEnd | null {
  const waiting = last.calls.filter(({ result }) => result === undefined);
  return waiting.length === callersCalls(run, last).length ? handedOverEnd() : null;
}

/** Nobody can allow what wants it: the run ends when the other calls of the step have been made. */
function unapproved(run: Run, last: Step): RunEnd | null {
  const own = callersCalls(run, last);
  const open = last.calls.filter((state) => state.result === undefined && !own.includes(state));
  const first = open.find((state) => isUnanswerable(run, state));
  if (first === undefined || !open.every((state) => isUnanswerable(run, state))) return null;
  const { server = '', tool = '' } = first.call;
  const message =
    `${tool} of ${server} wants approval, and nobody can give it here. It was not called. ` +
    'Run the prompt where you can answer: on a terminal, with `--approve`, or with a key of the ' +
    'server. Or let the prompt say `require_approval: never`.';
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
  return costLimit(run);
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
