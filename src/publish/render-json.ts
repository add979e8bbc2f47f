import type { CompletionRequest } from '../normalize/request.ts';
import type { Problem } from '../parse/problem.ts';
import type { Usage } from '../protocol/chat.ts';
import { isObject, type Json, type JsonObject } from '../protocol/json.ts';
import type { CallbackView } from '../run/callback-view.ts';
import type { CallState, Step } from '../run/run.ts';
import type { ReferenceView, RunView, ServerView } from '../run/view.ts';
import { actionJson } from './action-words.ts';
import { isoTime } from './iso-time.ts';
import { mediaTypeOf } from './media-type.ts';
import { fileUrl, type RunUrls } from './run-urls.ts';
import { callStatus, serverStatus } from './run-words.ts';

/**
 * Everything a viewer may know of a run. Every key is always there; what is not known is null.
 * @param urls the addresses of the run; null for one that has none
 * @see spec/rendering.md, JSON
 */
export function renderJson(view: RunView, urls: RunUrls | null): JsonObject {
  return {
    id: view.id,
    object: 'run',
    status: view.status,
    created_at: isoTime(view.created_at),
    started_at: timeOrNull(view.started_at),
    ended_at: timeOrNull(view.ended_at),
    expires_at: timeOrNull(view.expires_at),
    urls: urls === null ? null : { ...urls },
    prompt: view.prompt,
    request: view.request === null ? null : requestJson(view.request),
    references: view.references.map(referenceJson),
    servers: view.servers.map(serverJson),
    steps: view.steps.flatMap((step) => [modelStepJson(step), ...step.calls.map(callJson(step))]),
    output: view.output,
    output_json: view.output_json,
    files: view.files.map(({ path }) => fileJson(path, urls)),
    usage: usageJson(view.usage, view.cost_usd),
    stop_reason: view.stop_reason,
    required_action: firstAction(view, urls),
    required_actions: view.required_actions.map((action) => actionJson(action, urls)),
    callback: view.callback === null ? null : callbackJson(view.callback),
    problems: view.problems.map(problemJson),
    error: view.error === null ? null : jsonOf(view.error),
  };
}

function callbackJson({ disabled, events }: CallbackView): JsonObject {
  return {
    disabled,
    events: events.map(({ delivered_at, next_at, ...event }) => ({
      ...event,
      delivered_at: timeOrNull(delivered_at),
      next_at: timeOrNull(next_at),
    })),
  };
}

/** One after the other is enough for most programs: the next one is there when this one is done. */
function firstAction(view: RunView, urls: RunUrls | null): JsonObject | null {
  const [first] = view.required_actions;
  return first === undefined ? null : actionJson(first, urls);
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
  const { models, ...rest } = request;
  return {
    model: models[0]?.model ?? null,
    provider: models[0]?.provider ?? null,
    models: jsonOf(models),
    messages: jsonOf(rest.messages),
    title: rest.title ?? null,
    name: rest.name ?? null,
    description: rest.description ?? null,
    parameters: rest.parameters,
    input: rest.input,
    output: jsonOf(rest.output),
    references: jsonOf(rest.references),
    urls: jsonOf(rest.urls),
    limits: jsonOf(rest.limits),
    allowed_tools: jsonOf(rest.allowed_tools ?? null),
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
  const facts = [
    'ok',
    'status',
    'final_url',
    'media_type',
    'bytes',
    'tokens',
    'sha256',
    'cut',
    'error',
  ] as const;
  return { url, ...known(end, facts) };
}

function serverJson(server: ServerView): JsonObject {
  return {
    label: server.label,
    url: server.url,
    from: server.from,
    status: serverStatus(server),
    ...known(server.end, ['name', 'protocol_version', 'ms', 'error']),
    tools: jsonOf(server.end?.tools ?? []),
    ...(server.end?.left_out === undefined ? {} : { left_out: jsonOf(server.end.left_out) }),
  };
}

/** The named facts of something that may not have happened yet; null for what is not known. */
function known<T extends object>(source: T | undefined, keys: readonly (keyof T & string)[]) {
  return Object.fromEntries(keys.map((key) => [key, jsonOf(source?.[key])]));
}

function modelStepJson(step: Step): JsonObject {
  return {
    type: 'model',
    step: step.step,
    attempt: step.attempt,
    provider: step.provider,
    model: step.model,
    repair: jsonOf(step.repair),
    failed_attempts: jsonOf(step.failed),
    started_at: isoTime(step.started_at),
    ended_at: timeOrNull(step.ended_at),
    text: step.text,
    reasoning: step.reasoning,
    finish_reason: step.finish_reason,
    usage: step.usage === null ? null : usageJson(step.usage, step.cost_usd),
  };
}

/** What was used, and whether that is the provider's word or our estimate. */
function usageJson(usage: Usage, cost_usd: number | null): JsonObject {
  return { ...usage, estimated: usage.estimated === true, cost_usd };
}

function callJson(step: Step): (state: CallState) => JsonObject {
  return (state) => ({
    type: 'tool',
    step: step.step,
    ...known(state.call, ['call_id', 'wire_name', 'server', 'tool', 'arguments']),
    started_at: isoTime(state.started_at),
    status: callStatus(state),
    content: state.result === undefined ? null : jsonOf(state.result.parts),
    ...known(state.result, ['structured', 'cut', 'ms', 'error']),
  });
}

function fileJson(path: string, urls: RunUrls | null): JsonObject {
  const url = urls === null ? null : fileUrl(urls, path);
  return { path, media_type: mediaTypeOf(path).mediaType, url };
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}

/** Plain data as JSON: interfaces have no index signature, and what is undefined becomes null. */
function jsonOf(value: unknown): Json {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, jsonOf(part)]));
  }
  const scalar =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return scalar ? value : null;
}
