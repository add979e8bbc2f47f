import { normalizePrompt } from '../normalize/normalize-prompt.ts';
import type { CompletionRequest, ModelChoice, NormalizeContext } from '../normalize/request.ts';
import { parsePrompt } from '../parse/parse-prompt.ts';
import type { Problem } from '../parse/problem.ts';
import type { ChatMessage, ChatTool } from '../protocol/chat.ts';
import { isObject, type Json, type JsonObject } from '../protocol/json.ts';
import { withoutLiterals } from './caller-secrets.ts';
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
}

/** What is wrong with a request, in one sentence, and the field that it is about. */
export interface ChatRefusal {
  readonly message: string;
  readonly param: string | null;
}

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
  const earlier = readEarlier(messagesIn(body));
  if ('message' in earlier) return earlier;
  const messages = withEarlierCalls(chatMessages(earlier.messages));
  const urls = toolsOf(body).find(({ type }) => type === 'url_context');
  const { tools, secrets } = withoutLiterals(serversOf(body, context));
  const { request, problems } = normalizePrompt(
    parsePrompt(urls === undefined ? 'chat' : `---\n---\n${lastUserText(messages)}`),
    context,
    {
      overrides: {
        ...settingsOf(body, context),
        tools,
        urls: urls === undefined ? 'none' : policyOf(urls),
      },
    },
  );
  if (request === null) return problemRefusal(problems);
  const functions = toolsOf(body).filter(isFunction);
  const options = body['stream_options'];
  const user = body['user'];
  return {
    request: {
      ...request,
      ...(context.model === undefined ? {} : { models: [context.model] }),
      // The 401 says where to log in, so that is asked for.
      on_auth: request.on_auth === 'wait' ? 'wait' : 'link',
      messages,
      parameters: parametersOf(body),
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
    return { message: 'messages must be a list of messages, each with a role.', param: 'messages' };
  }
  if (tools !== undefined && tools !== null && !Array.isArray(tools)) {
    return { message: 'tools must be a list.', param: 'tools' };
  }
  const hosted = toolsOf(body).find((tool) => 'connector_id' in tool || 'tunnel_id' in tool);
  if (hosted !== undefined) {
    const message = 'connector_id and tunnel_id name services of one vendor; give a server_url.';
    return { message, param: 'tools' };
  }
  if (view !== undefined && viewOf(view) !== view) {
    return { message: 'view must be markdown, text or reasoning.', param: 'view' };
  }
  return null;
}

function problemRefusal(problems: readonly Problem[]): ChatRefusal {
  const errors = problems.filter(({ severity }) => severity === 'error');
  return { message: errors.map(({ message }) => message).join(' '), param: null };
}

function isMessage(value: unknown): boolean {
  return isObject(value) && typeof value['role'] === 'string';
}

/** Providers take fields in messages that nobody here knows: they stay. */
function chatMessages(messages: readonly JsonObject[]): readonly ChatMessage[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked as far as it is used
  return messages as unknown as readonly ChatMessage[];
}

function messagesIn({ messages }: JsonObject): readonly JsonObject[] {
  return Array.isArray(messages)
    ? messages.filter((each): each is JsonObject => isObject(each))
    : [];
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

function settingsOf(body: JsonObject, context: ChatContext): Record<string, unknown> {
  const given = SETTINGS.filter((key) => body[key] !== undefined && body[key] !== null);
  const settings = Object.fromEntries(given.map((key) => [key, body[key]]));
  const model = context.model === undefined ? { model: body['model'] } : {};
  return { on_auth: 'link', ...settings, ...model };
}

function serversOf(body: JsonObject, { mcpAuthorization }: ChatContext): readonly JsonObject[] {
  const servers = toolsOf(body).filter(isServer);
  const [only] = servers;
  if (typeof mcpAuthorization !== 'string' || only === undefined || servers.length > 1) {
    return servers;
  }
  return [{ authorization: mcpAuthorization, ...only }];
}

function parametersOf(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !OWN.has(key)));
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
