import { pricedModel } from '../normalize/models.ts';
import { normalizePrompt } from '../normalize/normalize-prompt.ts';
import type {
  CompletionRequest,
  ModelChoice,
  NormalizeContext,
  Normalized,
} from '../normalize/request.ts';
import { tooManyServers } from '../normalize/servers.ts';
import { parsePrompt } from '../parse/parse-prompt.ts';
import type { Problem } from '../parse/problem.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { withoutLiterals } from './caller-secrets.ts';
import {
  chatMessages,
  isFunction,
  jsonMessages,
  lastUserText,
  messagesIn,
  ownFields,
  policyOf,
  refusalOf,
  serversOf,
  settingsOf,
  toolsOf,
  urlContextOf,
  viewOf,
  withMessages,
  type ChatRefusal,
  type Settings,
} from './chat-fields.ts';
import type { CompletionView } from './completion-chunk.ts';
import { readEarlier, type EarlierStep } from './earlier-steps.ts';
import { withEarlierCalls } from './earlier-turns.ts';
import { systemDocument, withDocument, withFound } from './system-document.ts';
import type { SystemDocument } from './system-document.ts';

/** A request to `/chat/completions`, read. */
export interface ChatRequest {
  /** For the engine; the caller's functions are among it. */
  readonly request: CompletionRequest;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly view: CompletionView;
  /** Whether a missing login is a 401 and no answer. */
  readonly failsOnAuth: boolean;
  /** A label of the caller's inside its principal; '' for none. */
  readonly user: string;
  /** Values of headers that came with the request, by the names that stand in their place. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Steps of the answer before, from whose approvals the run goes on. */
  readonly earlier: readonly EarlierStep[];
  readonly problems: readonly Problem[];
}

/** What a door knows of who is asked. */
export interface ChatContext extends NormalizeContext {
  /** The model to ask, where the door decides what the caller's `model` means. */
  readonly model?: ModelChoice;
  /** `X-MCP-Authorization`: the bearer for the only server of the request. */
  readonly mcpAuthorization?: string | null;
  /** Whether a system message may be a prompt document. */
  readonly takesDocuments?: boolean;
}

/** A request without a document: its messages as they came, and URLs only where it asks for them. */
function normalizeBody(body: JsonObject, context: ChatContext, settings: Settings): Normalized {
  const messages = messagesIn(body);
  const urls = urlContextOf(body);
  const text = urls === undefined ? 'chat' : `---\n---\n${lastUserText(messages)}`;
  const policy = urls === undefined ? 'none' : policyOf(urls);
  const overrides = { ...settings, urls: policy };
  const normalized = normalizePrompt(parsePrompt(text), context, { overrides });
  const { request } = normalized;
  return request === null ? normalized : { ...normalized, request: { ...request, messages } };
}

/** The same where a system message holds settings; what the request itself says wins. */
function normalizeDocument(
  body: JsonObject,
  context: ChatContext,
  settings: Settings,
  written: SystemDocument,
): Normalized {
  const normalized = withDocument(written, messagesIn(body), context, settings);
  const { request, problems } = normalized;
  if (request === null || urlContextOf(body) === undefined) return normalized;
  const found = normalizeBody(body, { ...context, operatorServers: [] }, {});
  if (found.request === null) return found;
  const joined = withFound(request, found.request);
  const tooMany = tooManyServers(joined.servers.length);
  if (tooMany !== null) return { request: null, problems: [tooMany], worst: 'error' };
  return {
    ...normalized,
    request: joined,
    problems: [...problems, ...found.problems],
  };
}

/**
 * Reads the body of a request to `/chat/completions`: tool servers and limits are ours, everything
 * else goes to the model as it came.
 * @see spec/completions.md CC-1
 */
export function readChatRequest(body: JsonObject, context: ChatContext): ChatRequest | ChatRefusal {
  const refusal = refusalOf(body);
  if (refusal !== null) return refusal;
  const earlier = readEarlier(jsonMessages(body));
  if ('message' in earlier) return earlier;
  const said = withMessages(body, withEarlierCalls(chatMessages(earlier.messages)));
  const { tools, secrets } = withoutLiterals(serversOf(body, context.mcpAuthorization));
  const settings = { ...settingsOf(body), ...chosenModel(body, context) };
  const written = context.takesDocuments === true ? systemDocument(messagesIn(said)) : null;
  const { request, problems } =
    written === null
      ? normalizeBody(said, context, { ...settings, tools })
      : normalizeDocument(said, context, { ...settings, ...given(tools) }, written);
  if (request === null) return problemRefusal(problems, written);
  const functions = toolsOf(body).filter(isFunction);
  const options = body['stream_options'];
  const user = body['user'];
  return {
    request: {
      ...request,
      ...(context.model === undefined ? {} : { models: [pricedModel(context.model, context)] }),
      // The 401 says where to log in, so that is asked for.
      on_auth: waitsForLogin(request) ? 'wait' : 'link',
      parameters: parametersOf(body, request),
      ...(functions.length === 0 ? {} : { functions }),
    },
    stream: body['stream'] === true,
    includeUsage: isObject(options) && options['include_usage'] === true,
    view: viewOf(body['view']),
    failsOnAuth: request.on_auth === 'fail',
    user: typeof user === 'string' ? user : '',
    secrets,
    earlier: earlier.steps,
    problems,
  };
}

function problemRefusal(problems: readonly Problem[], written: SystemDocument | null): ChatRefusal {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const message = errors.map((error) => error.message).join(' ');
  return { message, param: null, ...(written === null ? {} : { problems }) };
}

/** The caller's `model`, where the door leaves it to the caller. */
function chosenModel(body: JsonObject, context: ChatContext): Settings {
  const isChosen = context.model === undefined && (body['model'] ?? null) !== null;
  return isChosen ? { model: body['model'] } : {};
}

function given(tools: readonly JsonObject[]): Settings {
  return tools.length === 0 ? {} : { tools };
}

/** Nobody waits at a request that does not say so: a login is answered with its link. */
function waitsForLogin({ on_auth, sources }: CompletionRequest): boolean {
  return on_auth === 'wait' && sources['on_auth']?.from !== 'default';
}

/** What the document sets goes along where the request does not say it itself, by either name. */
function parametersOf(body: JsonObject, { parameters }: CompletionRequest): JsonObject {
  const own = ownFields(body);
  const { max_tokens, ...others } = parameters;
  const isSaid = max_tokens === undefined || 'max_completion_tokens' in own;
  return { ...others, ...(isSaid ? {} : { max_tokens }), ...own };
}
