import type { FaultData } from '../fault/fault.ts';
import type { CompletionRequest } from '../normalize/request.ts';
import type { Problem } from '../parse/problem.ts';
import type { ContentPart } from '../protocol/chat.ts';
import type { Json, JsonObject } from '../protocol/json.ts';
import type { CallState, Step } from '../run/run.ts';
import type { ReferenceView, RunView, ServerView } from '../run/view.ts';
import { isoTime } from './iso-time.ts';
import type { RunUrls } from './run-urls.ts';
import { callStatus, serverStatus } from './run-words.ts';

/**
 * Everything a viewer may know of a run. Every key is always there; what is not known is null.
 * @see spec/rendering.md, JSON
 */
export function renderJson(view: RunView, urls: RunUrls): JsonObject {
  return {
    id: view.id,
    object: 'run',
    status: view.status,
    created_at: isoTime(view.created_at),
    started_at: timeOrNull(view.started_at),
    ended_at: timeOrNull(view.ended_at),
    expires_at: timeOrNull(view.expires_at),
    urls: { ...urls },
    prompt: view.prompt,
    request: view.request === null ? null : requestJson(view.request),
    references: view.references.map(referenceJson),
    servers: view.servers.map(serverJson),
    steps: view.steps.flatMap((step) => [modelStepJson(step), ...step.calls.map(callJson(step))]),
    output: view.output,
    output_json: outputJson(view),
    files: [],
    usage: { ...view.usage, cost_usd: null },
    stop_reason: view.stop_reason,
    required_action: null,
    problems: view.problems.map(problemJson),
    error: faultJson(view.error),
  };
}

/** A problem of a prompt as every door reports it. */
export function problemJson(problem: Problem): JsonObject {
  return {
    code: problem.code,
    severity: problem.severity,
    message: problem.message,
    line: problem.at?.line ?? null,
    column: problem.at?.column ?? null,
    excerpt: problem.excerpt ?? null,
  };
}

/**
 * What was decided about the prompt. The callback is left out: its address is often a secret of
 * the author's, and this document is public.
 */
function requestJson(request: CompletionRequest): JsonObject {
  const { callback: _callback, models, sources: _sources, messages, ...rest } = request;
  return {
    model: models[0]?.model ?? null,
    provider: models[0]?.provider ?? null,
    models: models.map((choice) => ({ ...choice })),
    messages: plain(messages),
    title: rest.title ?? null,
    name: rest.name ?? null,
    description: rest.description ?? null,
    parameters: rest.parameters,
    input: rest.input,
    output: plain(rest.output),
    references: plain(rest.references),
    urls: plain(rest.urls),
    limits: plain(rest.limits),
    allowed_tools: rest.allowed_tools ?? null,
    disallowed_tools: rest.disallowed_tools ?? null,
    profile: rest.profile,
    on_auth: rest.on_auth,
    store: rest.store,
    ttl: rest.ttl,
    publish: rest.publish,
    metadata: rest.metadata ?? null,
  };
}

function referenceJson({ url, end }: ReferenceView): JsonObject {
  return {
    url,
    ok: end?.ok ?? null,
    status: end?.status ?? null,
    final_url: end?.final_url ?? null,
    media_type: end?.media_type ?? null,
    bytes: end?.bytes ?? null,
    tokens: end?.tokens ?? null,
    sha256: end?.sha256 ?? null,
    cut: end?.cut ?? false,
    error: faultJson(end?.error ?? null),
  };
}

function serverJson(server: ServerView): JsonObject {
  const { end } = server;
  return {
    label: server.label,
    url: server.url,
    from: server.from,
    status: serverStatus(server),
    name: end?.name ?? null,
    protocol_version: end?.protocol_version ?? null,
    ms: end?.ms ?? null,
    tools: end?.tools === undefined ? [] : plain(end.tools),
    error: faultJson(end?.error ?? null),
  };
}

function modelStepJson(step: Step): JsonObject {
  return {
    type: 'model',
    step: step.step,
    attempt: step.attempt,
    provider: step.provider,
    model: step.model,
    started_at: isoTime(step.started_at),
    ended_at: timeOrNull(step.ended_at),
    text: step.text,
    reasoning: step.reasoning,
    finish_reason: step.finish_reason,
    usage: step.usage === null ? null : { ...step.usage },
  };
}

function callJson(step: Step): (state: CallState) => JsonObject {
  return (state) => ({
    type: 'tool',
    step: step.step,
    call_id: state.call.call_id,
    wire_name: state.call.wire_name,
    server: state.call.server ?? null,
    tool: state.call.tool ?? null,
    arguments: state.call.arguments,
    started_at: isoTime(state.started_at),
    status: callStatus(state),
    content: state.result === undefined ? null : state.result.parts.map(partJson),
    structured: state.result?.structured ?? null,
    cut: state.result?.cut ?? false,
    ms: state.result?.ms ?? null,
    error: faultJson(state.result?.error ?? null),
  });
}

/** The answer as JSON where JSON was asked for and is what came. */
function outputJson(view: RunView): Json {
  const spec = view.request?.output;
  if (view.status !== 'completed' || spec === undefined) return null;
  if (spec.format !== 'json' && spec.schema === undefined) return null;
  try {
    const value: unknown = JSON.parse(view.output);
    return value as Json;
  } catch {
    return null;
  }
}

function partJson(part: ContentPart): JsonObject {
  return part.type === 'text'
    ? { type: 'text', text: part.text }
    : { type: 'image_url', image_url: { url: part.image_url.url } };
}

function faultJson(fault: FaultData | null): JsonObject | null {
  if (fault === null) return null;
  return { code: fault.code, message: fault.message, detail: fault.detail ?? null };
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}

/** Interfaces of plain data have no index signature; what they hold is JSON by their contract. */
function plain(value: object): Json {
  return value as Json;
}
