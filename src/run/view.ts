import { faultData, type FaultData } from '../fault/fault.ts';
import type { CompletionRequest, OutputSpec, ToolServer } from '../normalize/request.ts';
import { serverOrigin } from '../normalize/server-url.ts';
import type { Problem } from '../parse/problem.ts';
import type { Usage } from '../protocol/chat.ts';
import type { Json } from '../protocol/json.ts';
import type { ReferenceEnd, ServerEnd, ServerTool, ToolResult } from './event.ts';
import type { CallbackView } from './callback-view.ts';
import type { AnswerFile } from './answer-files.ts';
import { knownCost } from './cost.ts';
import { readAnswer } from './output.ts';
import { publicationOf, type Publication } from './publication.ts';
import { requiredActions, type RequiredAction } from './required-action.ts';
import type { Run, RunStatus, ServerState, Step } from './run.ts';

/** Who asks. A run's owner holds its owner token, or is the principal that made it. */
export type Viewer = 'owner' | 'public';

/**
 * What one viewer may know of a run; every door renders from this and from nothing else.
 * @see spec/runs.md
 */
export interface RunView {
  readonly viewer: Viewer;
  /** How much of the run this view holds; the owner's holds all. */
  readonly publication: Publication;
  readonly id: string;
  readonly status: RunStatus;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly expires_at: number | null;
  readonly prompt: string | null;
  readonly request: CompletionRequest | null;
  readonly problems: readonly Problem[];
  readonly references: readonly ReferenceView[];
  readonly servers: readonly ServerView[];
  readonly steps: readonly Step[];
  /** What the model said as its answer, so far. */
  readonly answer: string;
  /** What the prompt takes from the answer once the run is completed; the answer until then. */
  readonly output: string;
  /** The value of the output where JSON was asked for and came, else null. */
  readonly output_json: Json;
  readonly output_format: OutputSpec['format'];
  /** Named code blocks of the answer. */
  readonly files: readonly AnswerFile[];
  readonly usage: Usage;
  /** US dollars; null once something was used whose price nobody knows. */
  readonly cost_usd: number | null;
  readonly stop_reason: string | null;
  readonly error: FaultData | null;
  /** What its callback was told; null without one, and for everybody but the owner. */
  readonly callback: CallbackView | null;
  /** What the run waits for. */
  readonly required_actions: readonly RequiredAction[];
  readonly seq: number;
}

/** A context URL; `end` is absent while it is read. */
export interface ReferenceView {
  readonly url: string;
  readonly end?: Omit<ReferenceEnd, 'parts'>;
}

export interface ServerView {
  readonly label: string;
  readonly url: string;
  readonly end?: ServerEnd;
  readonly from: ToolServer['from'];
}

/**
 * What `viewer` may see of `run`. While it is not known whether a login of its owner will be used,
 * and its author said nothing, the public sees where it stands and no more. Header values of tool servers and the address of the callback are
 * never shown, to nobody.
 * @param callback what is kept of the run's callbacks beside its log
 */
export function viewFor(viewer: Viewer, run: Run, callback: CallbackView | null = null): RunView {
  const publication =
    viewer === 'owner' ? 'full' : publicationOf(run.request.publish, run.login_use);
  const full = publication === 'full';
  const steps = full ? run.steps : run.steps.map(answerOnly);
  // From what this viewer sees: what a model said before its calls is no answer to publish.
  const { text, output, json = null, files } = readAnswer({ ...run, steps });
  return {
    viewer,
    publication,
    id: run.id,
    status: run.status,
    created_at: run.created_at,
    started_at: run.started_at,
    ended_at: run.ended_at,
    expires_at: run.expires_at,
    prompt: full ? run.prompt : null,
    request: full ? masked(run.request) : null,
    problems: full ? run.problems : [],
    references: full ? referencesOf(run) : [],
    servers: publication === 'undecided' ? [] : run.servers.map((state) => serverView(state, full)),
    steps,
    answer: text,
    output,
    output_json: json,
    output_format: run.request.output.format,
    files,
    usage: run.usage,
    cost_usd: knownCost(run.cost),
    stop_reason: run.stop_reason,
    error: full ? run.error : bareFault(run.error),
    callback: viewer === 'owner' ? callback : null,
    required_actions: requiredActions(run, viewer === 'owner'),
    seq: run.seq,
  };
}

/** The step whose text is the answer, as `viewer` may see it; cheaper than the whole view. */
export function answerStepFor(viewer: Viewer, run: Run): Step | undefined {
  const isFull = viewer === 'owner' || publicationOf(run.request.publish, run.login_use) === 'full';
  // The same steps that {@link viewFor} shows with their text.
  return run.steps.findLast(
    ({ text, calls }) => text.trim() !== '' && (isFull || calls.length === 0),
  );
}

/** Context URLs in reading order: those of the prompt, then servers that turned out to be documents. */
function referencesOf(run: Run): ReferenceView[] {
  const planned = run.request.references.filter(({ as }) => as === 'context').map(({ url }) => url);
  return [...new Set([...planned, ...run.references.keys()])].map((url) => {
    const end = run.references.get(url);
    if (end === undefined) return { url };
    const { parts: _parts, ...record } = end;
    return { url, end: record };
  });
}

/** A request without the header values of its tool servers and without its callback. */
export function masked({ callback: _callback, ...request }: CompletionRequest): CompletionRequest {
  return {
    ...request,
    servers: request.servers.map((server) => ({
      ...server,
      headers: Object.fromEntries(Object.keys(server.headers).map((name) => [name, '***'])),
      ...(server.authorization === undefined ? {} : { authorization: '***' }),
    })),
  };
}

function serverView({ server, end }: ServerState, full: boolean): ServerView {
  const url = full ? server.url : serverOrigin(server.url);
  const base = { label: server.label, url, from: server.from };
  if (end === undefined) return base;
  return { ...base, end: full ? end : namesOnly(end) };
}

/**
 * What a server says of itself and of its tools may depend on who is logged in, and the rest of its
 * address is a part of the prompt.
 */
export function namesOnly(end: ServerEnd): ServerEnd {
  const { instructions: _instructions, left_out: _leftOut, error, tools, url, ...shown } = end;
  const bare = bareFault(error ?? null);
  return {
    ...shown,
    url: serverOrigin(url),
    ...(bare === null ? {} : { error: bare }),
    ...(tools === undefined ? {} : { tools: tools.map(nameOnly) }),
  };
}

function nameOnly({ name, wire_name, hash }: ServerTool): ServerTool {
  return { name, wire_name, hash, input_schema: {} };
}

/** A fault without its own words, which may quote what a tool or a document said. */
export function bareFault(error: FaultData | null): FaultData | null {
  return error === null ? null : faultData(error.code);
}

/** A step with the names of its tools, but nothing of what went into them or came out. */
function answerOnly(step: Step): Step {
  return {
    ...step,
    text: step.calls.length === 0 ? step.text : '',
    reasoning: '',
    ...(step.repair === undefined ? {} : { repair: [] }),
    failed: step.failed.map((attempt) => ({ ...attempt, error: bareFault(attempt.error) })),
    tool_calls: [],
    echo: null,
    calls: step.calls.map(({ call, result, started_at, sent, refusals }) => ({
      call: { ...call, arguments: '' },
      started_at,
      sent,
      refusals,
      ...(result === undefined ? {} : { result: withoutContent(result) }),
    })),
  };
}

/** A result without what the tool said. */
export function withoutContent({
  structured: _structured,
  error,
  ...result
}: ToolResult): ToolResult {
  const bare = bareFault(error ?? null);
  return { ...result, parts: [], ...(bare === null ? {} : { error: bare }) };
}
