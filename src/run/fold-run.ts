import type { Usage } from '../protocol/chat.ts';
import { NO_USAGE, sumUsage } from '../protocol/usage.ts';
import { openActions, withAction, withResolution } from './actions.ts';
import { costOfStep, estimatedUsage, hasSpoken, NO_COST, withCost } from './cost.ts';
import type { ActionRequired, RunEnd, RunEvent, RunStart, ServerEnd, StepStart } from './event.ts';
import { eventSize } from './event-size.ts';
import { nextLoginUse, startedLoginUse, UNSTORED_MS } from './publication.ts';
import { isTerminal, type Run, type ServerState } from './run.ts';
import { changeCall, changeStep, newStep, withStep, type CallState, type Step } from './step.ts';

/**
 * The state after all events of a log.
 * @throws TypeError when the log does not begin with `run-start`
 */
export function foldRun(events: readonly RunEvent[]): Run {
  const [first, ...rest] = events;
  if (first?.type !== 'run-start') throw new TypeError('A run log begins with run-start.');
  return rest.reduce(applyEvent, startedRun(first));
}

/** The state that the first event makes. */
export function startedRun(event: RunEvent & RunStart): Run {
  return {
    id: event.id,
    status: 'queued',
    created_at: event.at,
    started_at: null,
    ended_at: null,
    expires_at: event.expires_at,
    prompt: event.prompt,
    request: event.request,
    problems: event.problems,
    references: new Map(),
    servers: event.request.servers.map((server) => ({ server })),
    steps: [],
    actions: [],
    waiting_since: null,
    waited: 0,
    login_use: startedLoginUse(event.request),
    usage: NO_USAGE,
    cost: NO_COST,
    stop_reason: null,
    error: null,
    seq: event.seq,
    size: 0,
  };
}

/** The state after one more event; the given run is not changed. */
export function applyEvent(run: Run, event: RunEvent): Run {
  const next = applyBody(run, event);
  if (next.actions.length === 0 || isTerminal(next.status)) return next;
  return withWaiting(next, event.at);
}

/** Whether the run waits, and how long it did. */
function withWaiting(run: Run, at: number): Run {
  const since = run.waiting_since;
  if (openActions(run).length > 0) {
    return { ...run, status: 'requires_action', waiting_since: since ?? at };
  }
  const waited = run.waited + (since === null ? 0 : at - since);
  return { ...run, status: 'running', waiting_since: null, waited };
}

function applyBody(run: Run, event: RunEvent): Run {
  const running: Run = {
    ...run,
    seq: event.seq,
    size: run.size + eventSize(event),
    status: run.status === 'queued' ? 'running' : run.status,
    started_at: run.started_at ?? event.at,
    login_use: nextLoginUse(run.login_use, event),
  };
  switch (event.type) {
    case 'run-start':
      throw new TypeError('A run starts once.');
    case 'reference-end':
      return { ...running, references: new Map(run.references).set(event.url, event) };
    case 'server-end':
      return { ...running, servers: withServerEnd(run.servers, event) };
    case 'step-start':
      return startedStep(withBrokenOff(running), event, event.at);
    case 'run-end':
      return endedRun(withBrokenOff(running), event, event.at);
    default:
      return applyStepEvent(running, event);
  }
}

type StepEvent = Exclude<
  RunEvent,
  { type: 'run-start' | 'reference-end' | 'server-end' | 'step-start' | 'run-end' }
>;

function applyStepEvent(run: Run, event: StepEvent): Run {
  switch (event.type) {
    case 'text-delta':
      return inStep(run, event.step, (step) => ({ ...step, text: step.text + event.text }));
    case 'reasoning-delta':
      return inStep(run, event.step, (step) => ({
        ...step,
        reasoning: step.reasoning + event.text,
      }));
    case 'tool-call':
      return inStep(run, event.step, (step) => ({
        ...step,
        calls: [...step.calls, { call: event, started_at: event.at, sent: false, refusals: 0 }],
      }));
    case 'tool-sent':
      return inCall(run, event.call_id, (call) => ({ ...call, sent: true }));
    case 'tool-progress': {
      const { type: _type, call_id, seq: _seq, at: _at, ...progress } = event;
      return inCall(run, call_id, (call) => ({ ...call, progress }));
    }
    case 'tool-result':
      return inCall(run, event.call_id, (call) => ({ ...call, result: event }));
    case 'action-required':
      return asked(run, event, event.at);
    case 'action-resolved':
      return { ...run, actions: withResolution(run.actions, event) };
    case 'step-end': {
      const ended = inStep(run, event.step, (step) => ({
        ...step,
        ended_at: event.at,
        finish_reason: event.finish_reason,
        usage: event.usage ?? null,
        tool_calls: event.tool_calls,
        echo: event.echo ?? null,
      }));
      return event.usage === undefined ? ended : withUsage(ended, event.usage);
    }
  }
}

function startedStep(run: Run, event: StepStart, at: number): Run {
  const before = run.steps.find(({ step }) => step === event.step);
  return { ...run, steps: withStep(run.steps, newStep(event, at, before)) };
}

/** What a model said before it broke off is void, and paid for all the same. */
function withBrokenOff(run: Run): Run {
  const last = run.steps.at(-1);
  const isPaid = last?.finish_reason === null && hasSpoken(last);
  return isPaid ? withUsage(run, estimatedUsage(last)) : run;
}

/** The sums with those of the last step. */
function withUsage(run: Run, usage: Usage): Run {
  const last = run.steps.at(-1);
  const cost_usd = last === undefined ? null : costOfStep(run, last);
  return {
    ...run,
    usage: sumUsage(run.usage, usage),
    cost: withCost(run.cost, cost_usd),
    steps: last === undefined ? [] : withStep(run.steps, { ...last, cost_usd }),
  };
}

/** A call that was refused for want of a login was not executed: it is as if it had not been sent. */
function asked(run: Run, event: ActionRequired, at: number): Run {
  const { action, expires_at } = event;
  const waiting = { ...run, actions: withAction(run.actions, event, at) };
  if (action.kind !== 'authorization') return waiting;
  const kept = { ...waiting, expires_at: expiryWhileWaiting(run, expires_at) };
  if (action.call_id === undefined) return kept;
  return inCall(kept, action.call_id, (call) => ({
    ...call,
    sent: false,
    refusals: call.refusals + 1,
  }));
}

/** A run lives as long as the login it waits for, unless its author set its time exactly. */
function expiryWhileWaiting({ expires_at, request }: Run, until: number): number | null {
  return expires_at === null || request.ttl !== null ? expires_at : Math.max(expires_at, until);
}

function withServerEnd(servers: readonly ServerState[], end: ServerEnd): ServerState[] {
  return servers.map((state) => (state.server.label === end.label ? { ...state, end } : state));
}

function endedRun(run: Run, end: RunEnd, at: number): Run {
  return {
    ...run,
    status: end.status,
    ended_at: at,
    expires_at: run.expires_at ?? expiryAfter(run, at),
    stop_reason: end.stop_reason,
    error: end.error ?? null,
  };
}

/** What a login gave is kept for a day, where nobody said otherwise. */
function expiryAfter({ request, login_use }: Run, ended: number): number | null {
  const isUndecided = request.store === null && request.ttl === null;
  return isUndecided && login_use.used ? ended + UNSTORED_MS : null;
}

function inStep(run: Run, number: number, change: (step: Step) => Step): Run {
  return { ...run, steps: changeStep(run.steps, number, change) };
}

function inCall(run: Run, id: string, change: (call: CallState) => CallState): Run {
  return { ...run, steps: changeCall(run.steps, id, change) };
}
