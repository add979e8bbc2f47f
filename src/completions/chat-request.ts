import { pricedModel } from '../normalize/models.ts';
import { normalizePrompt } from '../normalize/normalize-prompt.ts';
import type {
  CompletionRequest,
  ModelChoice,
  NormalizeContext,
  Normalized,
} from '../normalize/request.ts';
import { parsePrompt } from '../parse/parse-prompt.ts';
import { tooManyServers } from '../normalize/servers.ts';
import type { Problem } from '../parse/problem.ts';
import type { ChatMessage, ChatTool } from '../protocol/chat.ts';
import { isObject, type Json, type JsonObject } from '../protocol/json.ts';
import { withoutLiterals } from './caller-secrets.ts';
import { systemDocument, withDocument, withFound } from './system-document.ts';
import type { SystemDocument } from './system-document.ts';
import type { CompletionView } from './completion-chunk.ts';
import { readEarlier, type EarlierStep } from './earlier-steps.ts';
import { withEarlierCalls } from './earlier-turns.ts';

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

/** What is wrong with a request, in one sentence, and the field that it is about. */
export interface ChatRefusal {
  readonly message: string;
  readonly param: string | null;
  /** Of the document in a system message, with lines and columns of that message. */
  readonly problems?: readonly Problem[];
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

type Settings = Readonly<Record<string, unknown>>;

/** Settings of a run that a request may hold beside the fields of the model. */
const SETTINGS = [
  'allowed_tools',
  'disallowed_tools',
  'max_steps',
  'max_tool_calls',
  'max_total_tokens',
  'max_cost',
  'on_auth',
  'profile',
  'publish',
  'require_approval',
  'store',
  'timeout',
  'ttl',
] as const;

/** Fields that are read here and not sent to the model. */
const OWN: ReadonlySet<string> = new Set([
  ...SETTINGS,
  'model',
  'messages',
  'tools',
  'stream',
  'stream_options',
  'view',
  'user',
]);

/** Types of tools that are ours; all others go to the model as they are. */
const SERVER_TYPES: ReadonlySet<string> = new Set(['mcp', 'openapi']);

/** Whether the request asks for something that the provider itself does not do. */
export function wantsServers(body: JsonObject): boolean {
  return toolsOf(body).some((tool) => isServer(tool) || tool['type'] === 'url_context');
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
  const { tools, secrets } = withoutLiterals(serversOf(body, context));
  const written = context.takesDocuments === true ? systemDocument(messagesIn(said)) : null;
  const { request, problems } =
    written === null
      ? normalizeBody(said, context, { ...settingsOf(body, context), tools })
      : normalizeDocument(
          said,
          context,
          { ...settingsOf(body, context), ...given(tools) },
          written,
        );
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

function refusalOf(body: JsonObject): ChatRefusal | null {
  const { messages, tools, view } = body;
  if (!Array.isArray(messages) || messages.length === 0 || !messages.every(isMessage)) {
    const message =
      'messages must be a list of messages, each with a role, and content that is text or a list of parts.';
    return { message, param: 'messages' };
  }
  if (tools !== undefined && tools !== null && !Array.isArray(tools)) {
    return { message: 'tools must be a list.', param: 'tools' };
  }
  const hosted = toolsOf(body).find((tool) => 'connector_id' in tool || 'tunnel_id' in tool);
  if (hosted !== undefined) {
    const message = 'connector_id and tunnel_id name services of one vendor; give a server_url.';
    return { message, param: 'tools' };
  }
  if (toolsOf(body).some(({ type }) => type === 'custom')) {
    const message = 'Tools of the type custom cannot be used here. Describe it as a function.';
    return { message, param: 'tools' };
  }
  if (view !== undefined && viewOf(view) !== view) {
    return { message: 'view must be markdown, text or reasoning.', param: 'view' };
  }
  return null;
}

function problemRefusal(problems: readonly Problem[], written: SystemDocument | null): ChatRefusal {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const message = errors.map((error) => error.message).join(' ');
  return { message, param: null, ...(written === null ? {} : { problems }) };
}

function isMessage(value: unknown): boolean {
  if (!isObject(value) || typeof value['role'] !== 'string') return false;
  const content = value['content'] ?? '';
  return typeof content === 'string' || (Array.isArray(content) && content.every(isObject));
}

/** Providers take fields in messages that nobody here knows: they stay. */
function chatMessages(messages: readonly JsonObject[]): readonly ChatMessage[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked as far as it is used
  return messages as unknown as readonly ChatMessage[];
}

function messagesIn(body: JsonObject): readonly ChatMessage[] {
  return chatMessages(jsonMessages(body));
}

function jsonMessages({ messages }: JsonObject): readonly JsonObject[] {
  return Array.isArray(messages)
    ? messages.filter((each): each is JsonObject => isObject(each))
    : [];
}

/** The same request with the conversation as the model is to see it. */
function withMessages(body: JsonObject, messages: readonly ChatMessage[]): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- messages are JSON, and came as such
  return { ...body, messages: messages as unknown as Json };
}

function toolsOf(body: JsonObject): readonly JsonObject[] {
  const { tools } = body;
  return Array.isArray(tools) ? tools.filter((tool): tool is JsonObject => isObject(tool)) : [];
}

function isServer({ type }: JsonObject): boolean {
  return typeof type === 'string' && SERVER_TYPES.has(type);
}

function isFunction(tool: JsonObject): tool is JsonObject & ChatTool {
  return !isServer(tool) && tool['type'] !== 'url_context';
}

function settingsOf(body: JsonObject, context: ChatContext): Settings {
  const keys = SETTINGS.filter((key) => body[key] !== undefined && body[key] !== null);
  const settings = Object.fromEntries(keys.map((key) => [key, body[key]]));
  const isChosen = context.model === undefined && (body['model'] ?? null) !== null;
  return isChosen ? { ...settings, model: body['model'] } : settings;
}

/** Nobody waits at a request that does not say so: a login is answered with its link. */
function waitsForLogin({ on_auth, sources }: CompletionRequest): boolean {
  return on_auth === 'wait' && sources['on_auth']?.from !== 'default';
}

function given(tools: readonly JsonObject[]): Settings {
  return tools.length === 0 ? {} : { tools };
}

function urlContextOf(body: JsonObject): JsonObject | undefined {
  return toolsOf(body).find(({ type }) => type === 'url_context');
}

function serversOf(body: JsonObject, { mcpAuthorization }: ChatContext): readonly JsonObject[] {
  const servers = toolsOf(body).filter(isServer);
  const [only] = servers;
  if (typeof mcpAuthorization !== 'string' || only === undefined || servers.length > 1) {
    return servers;
  }
  return [{ authorization: mcpAuthorization, ...only }];
}

/** What the document sets goes along where the request does not say it itself, by either name. */
function parametersOf(body: JsonObject, { parameters }: CompletionRequest): JsonObject {
  const own = Object.fromEntries(Object.entries(body).filter(([key]) => !OWN.has(key)));
  const { max_tokens, ...others } = parameters;
  const isSaid = max_tokens === undefined || 'max_completion_tokens' in own;
  return { ...others, ...(isSaid ? {} : { max_tokens }), ...own };
}

/** `max_context_length` is what the tool calls the tokens of all context together. */
function policyOf({ type: _type, max_context_length, policy, ...rest }: JsonObject): JsonObject {
  const tokens = max_context_length === undefined ? {} : { max_tokens: max_context_length };
  return { ...rest, ...tokens, policy: policy ?? 'all' };
}

function lastUserText(messages: readonly ChatMessage[]): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n\n');
}

function viewOf(view: Json | undefined): CompletionView {
  return view === 'text' || view === 'reasoning' ? view : 'markdown';
}
