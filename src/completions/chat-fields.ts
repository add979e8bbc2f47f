import type { Problem } from '../parse/problem.ts';
import type { ChatMessage, ChatTool } from '../protocol/chat.ts';
import { isObject, type Json, type JsonObject } from '../protocol/json.ts';
import type { CompletionView } from './completion-chunk.ts';

/** What is wrong with a request, in one sentence, and the field that it is about. */
export interface ChatRefusal {
  readonly message: string;
  readonly param: string | null;
  /** Of the document in a system message, with lines and columns of that message. */
  readonly problems?: readonly Problem[];
}

/** Settings of a run that a request holds, by their names. */
export type Settings = Readonly<Record<string, unknown>>;

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

/** What no model would take, and what nobody here can do; null for a request that can be read. */
export function refusalOf(body: JsonObject): ChatRefusal | null {
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

function isMessage(value: unknown): boolean {
  if (!isObject(value) || typeof value['role'] !== 'string') return false;
  const content = value['content'] ?? '';
  return typeof content === 'string' || (Array.isArray(content) && content.every(isObject));
}

/** Providers take fields in messages that nobody here knows: they stay. */
export function chatMessages(messages: readonly JsonObject[]): readonly ChatMessage[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked as far as it is used
  return messages as unknown as readonly ChatMessage[];
}

/** The conversation. */
export function messagesIn(body: JsonObject): readonly ChatMessage[] {
  return chatMessages(jsonMessages(body));
}

/** The same as JSON, before anything is said of what stands in it. */
export function jsonMessages({ messages }: JsonObject): readonly JsonObject[] {
  return Array.isArray(messages)
    ? messages.filter((each): each is JsonObject => isObject(each))
    : [];
}

/** The same request with the conversation as the model is to see it. */
export function withMessages(body: JsonObject, messages: readonly ChatMessage[]): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- messages are JSON, and came as such
  return { ...body, messages: messages as unknown as Json };
}

/** The entries of `tools`: servers, functions of the caller, and `url_context`. */
export function toolsOf(body: JsonObject): readonly JsonObject[] {
  const { tools } = body;
  return Array.isArray(tools) ? tools.filter((tool): tool is JsonObject => isObject(tool)) : [];
}

function isServer({ type }: JsonObject): boolean {
  return typeof type === 'string' && SERVER_TYPES.has(type);
}

/** Whether an entry is the model's to call and the caller's to answer. */
export function isFunction(tool: JsonObject): tool is JsonObject & ChatTool {
  return !isServer(tool) && tool['type'] !== 'url_context';
}

/** What the request sets of the run; its model is not among it. */
export function settingsOf(body: JsonObject): Settings {
  const keys = SETTINGS.filter((key) => body[key] !== undefined && body[key] !== null);
  return Object.fromEntries(keys.map((key) => [key, body[key]]));
}

/** The entry that asks for the URLs of the conversation to be read. */
export function urlContextOf(body: JsonObject): JsonObject | undefined {
  return toolsOf(body).find(({ type }) => type === 'url_context');
}

/**
 * The tool servers of the request.
 * @param mcpAuthorization the bearer for the only one of them
 */
export function serversOf(
  body: JsonObject,
  mcpAuthorization: string | null | undefined,
): readonly JsonObject[] {
  const servers = toolsOf(body).filter(isServer);
  const [only] = servers;
  if (typeof mcpAuthorization !== 'string' || only === undefined || servers.length > 1) {
    return servers;
  }
  return [{ authorization: mcpAuthorization, ...only }];
}

/** Fields that go to the model as they came. */
export function ownFields(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !OWN.has(key)));
}

/**
 * The setting `urls` that a `url_context` stands for; `max_context_length` is what it calls the
 * tokens of all context together.
 */
export function policyOf({
  type: _type,
  max_context_length,
  policy,
  ...rest
}: JsonObject): JsonObject {
  const tokens = max_context_length === undefined ? {} : { max_tokens: max_context_length };
  return { ...rest, ...tokens, policy: policy ?? 'all' };
}

/** The text in which URLs are looked for. */
export function lastUserText(messages: readonly ChatMessage[]): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n\n');
}

/** What the answer shows beside the model's words. */
export function viewOf(view: Json | undefined): CompletionView {
  return view === 'text' || view === 'reasoning' ? view : 'markdown';
}
