/** Programs of others that talk to `/chat/completions`, all asked and heard in one way. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  AIMessage,
  HumanMessage,
  ToolMessage,
  type AIMessageChunk,
} from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, jsonSchema, streamText, tool, type ModelMessage, type ToolSet } from 'ai';
import Groq from 'groq-sdk';
import OpenAI from 'openai';
import OpenAI4 from 'openai-4';
import OpenAI5 from 'openai-5';
import OpenAI6 from 'openai-6';

/** A call as it stands in a message. */
export interface WireCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A message as it goes over the wire. */
export type WireMessage =
  | { readonly role: 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly tool_calls: readonly WireCall[];
    }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string };

/** A tool as it goes over the wire: a function of the caller, or a server. */
export type WireTool =
  | { readonly type: 'mcp'; readonly server_label: string; readonly server_url: string }
  | {
      readonly type: 'function';
      readonly function: { readonly name: string; readonly parameters: object };
    };

/** One question. */
export interface ClientAsk {
  /** Of the hosted door, with the provider's host in its path and nothing behind. */
  readonly door: string;
  readonly model: string;
  readonly messages: readonly WireMessage[];
  readonly tools: readonly WireTool[];
  /** Fields of the body that no client knows. */
  readonly more: Readonly<Record<string, unknown>>;
  readonly maxRetries: number;
  readonly signal: AbortSignal;
  /** Told of text as it comes. */
  readonly onText: () => void;
}

/** What a client gives its program. */
export interface Heard {
  readonly text: string;
  /** Null for a client that does not pass it on. */
  readonly reasoning: string | null;
  /** The calls that the program is to make. */
  readonly calls: readonly WireCall[];
  /** In the client's own words. */
  readonly finish: string | null;
  readonly tokens: { readonly input: number; readonly output: number } | null;
}

/** A client, and one of its ways to ask. */
export interface ChatClient {
  readonly name: string;
  readonly streams: boolean;
  readonly ask: (ask: ClientAsk) => Promise<Heard>;
}

/** What all SDKs that Stainless makes have in common; the types of one stand for all. */
type Sdk = Pick<OpenAI, 'chat'>;
type SdkMaker = (ask: ClientAsk) => Sdk;

const KEY = 'sk-callers-own-key';

const SDKS: readonly (readonly [string, SdkMaker])[] = [
  ['openai-node 4', (ask) => new OpenAI4(optionsOf(ask)) as unknown as Sdk],
  ['openai-node 5', (ask) => new OpenAI5(optionsOf(ask)) as unknown as Sdk],
  ['openai-node 6', (ask) => new OpenAI6(optionsOf(ask)) as unknown as Sdk],
  ['openai-node 7', (ask) => new OpenAI(optionsOf(ask))],
];

/** Every client with every way to ask that it has. */
export const CHAT_CLIENTS: readonly ChatClient[] = [
  ...SDKS.flatMap(([name, make]) => [
    { name: `${name}, whole`, streams: false, ask: whole(make) },
    { name: `${name}, raw stream`, streams: true, ask: raw(make) },
    { name: `${name}, stream helper`, streams: true, ask: helped(make) },
  ]),
  { name: 'groq-sdk, whole', streams: false, ask: whole(groq) },
  { name: 'groq-sdk, raw stream', streams: true, ask: raw(groq) },
  { name: 'AI SDK, generateText', streams: false, ask: generated },
  { name: 'AI SDK, streamText', streams: true, ask: streamed },
  { name: 'LangChain, invoke', streams: false, ask: invoked },
  { name: 'LangChain, stream', streams: true, ask: chained },
];

function optionsOf({ door, maxRetries }: ClientAsk) {
  return { apiKey: KEY, baseURL: `${door}/v1`, maxRetries };
}

/** Its own path begins with `/openai/v1`. */
function groq({ door, maxRetries }: ClientAsk): Sdk {
  return new Groq({ apiKey: KEY, baseURL: door, maxRetries }) as unknown as Sdk;
}

function bodyOf({ model, messages, tools, more }: ClientAsk) {
  return { model, messages, tools, ...more } as unknown as OpenAI.ChatCompletionCreateParams;
}

const USAGE = { include_usage: true };

function whole(make: SdkMaker) {
  return async (ask: ClientAsk): Promise<Heard> => {
    const { signal } = ask;
    const body = { ...bodyOf(ask), stream: false } as const;
    return completed(await make(ask).chat.completions.create(body, { signal }));
  };
}

function completed({ choices, usage }: OpenAI.ChatCompletion): Heard {
  const choice = choices[0];
  const message = choice?.message;
  return {
    text: message?.content ?? '',
    reasoning: reasoningIn(message),
    calls: (message?.tool_calls ?? []) as WireCall[],
    finish: choice?.finish_reason ?? null,
    tokens: tokensOf(usage),
  };
}

/** A field that the types do not know. */
function reasoningIn(message: object | undefined): string {
  const { reasoning_content: text } = (message ?? {}) as { readonly reasoning_content?: string };
  return text ?? '';
}

function tokensOf(usage: OpenAI.CompletionUsage | null | undefined): Heard['tokens'] {
  return usage ? { input: usage.prompt_tokens, output: usage.completion_tokens } : null;
}

function raw(make: SdkMaker) {
  return async (ask: ClientAsk): Promise<Heard> => {
    const { signal } = ask;
    const body = { ...bodyOf(ask), stream: true, stream_options: USAGE } as const;
    let text = '';
    let reasoning = '';
    let finish: string | null = null;
    let tokens: Heard['tokens'] = null;
    const calls: WireCall[] = [];
    for await (const chunk of await make(ask).chat.completions.create(body, { signal })) {
      tokens = tokensOf(chunk.usage) ?? tokens;
      for (const { delta, finish_reason } of chunk.choices) {
        finish = finish_reason ?? finish;
        text += delta.content ?? '';
        reasoning += reasoningIn(delta);
        if (delta.tool_calls !== undefined) calls.push(...(delta.tool_calls as WireCall[]));
        if (text !== '') ask.onText();
      }
    }
    return { text, reasoning, calls: calls.map(plainCall), finish, tokens };
  };
}

/** Our calls come whole, so one delta is one call. */
function plainCall({ id, type, function: { name, arguments: args } }: WireCall): WireCall {
  return { id, type, function: { name, arguments: args } };
}

function helped(make: SdkMaker) {
  return async (ask: ClientAsk): Promise<Heard> => {
    const { signal } = ask;
    const body = { ...bodyOf(ask), stream: true, stream_options: USAGE } as const;
    const sdk = make(ask) as Sdk & { beta?: { chat?: Sdk['chat'] } };
    // Version 4 has it among its experiments.
    const place = 'stream' in sdk.chat.completions ? sdk.chat : sdk.beta?.chat;
    const stream = place?.completions.stream(body, { signal });
    stream?.on('content', () => ask.onText());
    if (stream === undefined) throw new TypeError('No stream helper.');
    const heard = completed(await stream.finalChatCompletion());
    return { ...heard, calls: heard.calls.map(plainCall), reasoning: null };
  };
}

/** Servers are no tools of this SDK: they are put into the body. */
function compatible(ask: ClientAsk) {
  const servers = ask.tools.filter(({ type }) => type !== 'function');
  const provider = createOpenAICompatible({
    name: 'door',
    apiKey: KEY,
    baseURL: `${ask.door}/v1`,
    includeUsage: true,
    transformRequestBody: ({ tools = [], ...body }: Record<string, unknown>) => ({
      ...body,
      ...ask.more,
      tools: [...servers, ...(tools as object[])],
    }),
  });
  return {
    model: provider(ask.model),
    messages: ask.messages.map((message) => modelMessage(message)),
    tools: functionsOf(ask),
    maxRetries: ask.maxRetries,
    abortSignal: ask.signal,
  };
}

function functionsOf({ tools }: ClientAsk): ToolSet {
  return Object.fromEntries(
    tools.flatMap((each) =>
      each.type === 'function'
        ? [[each.function.name, tool({ inputSchema: jsonSchema(each.function.parameters) })]]
        : [],
    ),
  );
}

function modelMessage(message: WireMessage): ModelMessage {
  if (message.role === 'user') return message;
  if (message.role === 'tool') {
    const { tool_call_id: toolCallId, content: value } = message;
    const output = { type: 'text', value } as const;
    return {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId, toolName: 'pay', output }],
    };
  }
  return {
    role: 'assistant',
    content: [
      { type: 'text', text: message.content },
      ...message.tool_calls.map(({ id, function: { name, arguments: args } }) => {
        const input: unknown = JSON.parse(args);
        return { type: 'tool-call', toolCallId: id, toolName: name, input } as const;
      }),
    ],
  };
}

interface SdkCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
}

function wireCall({ toolCallId, toolName, input }: SdkCall): WireCall {
  const made = { name: toolName, arguments: JSON.stringify(input) };
  return { id: toolCallId, type: 'function', function: made };
}

async function generated(ask: ClientAsk): Promise<Heard> {
  const answer = await generateText(compatible(ask));
  return {
    text: answer.text,
    reasoning: answer.reasoningText ?? '',
    calls: answer.toolCalls.map((call) => wireCall(call)),
    finish: answer.finishReason,
    tokens: { input: answer.usage.inputTokens ?? 0, output: answer.usage.outputTokens ?? 0 },
  };
}

async function streamed(ask: ClientAsk): Promise<Heard> {
  const answer = streamText({ ...compatible(ask), onError: () => {} });
  let text = '';
  let reasoning = '';
  const calls: WireCall[] = [];
  for await (const part of answer.fullStream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'reasoning-delta') reasoning += part.text;
    if (part.type === 'tool-call') calls.push(wireCall(part));
    if (part.type !== 'text-delta') continue;
    text += part.text;
    ask.onText();
  }
  const { inputTokens = 0, outputTokens = 0 } = await answer.usage;
  const finish = await answer.finishReason;
  return { text, reasoning, calls, finish, tokens: { input: inputTokens, output: outputTokens } };
}

function chatOpenAi(ask: ClientAsk): ChatOpenAI {
  return new ChatOpenAI({
    apiKey: KEY,
    model: ask.model,
    maxRetries: ask.maxRetries,
    useResponsesApi: false,
    streamUsage: true,
    // A tool that it does not know would make it ask another interface.
    modelKwargs: { tools: ask.tools, ...ask.more },
    configuration: { baseURL: `${ask.door}/v1` },
  });
}

function chainMessage(message: WireMessage) {
  if (message.role === 'user') return new HumanMessage(message.content);
  if (message.role === 'tool') return new ToolMessage(message);
  const tool_calls = message.tool_calls.map(({ id, function: { name, arguments: args } }) => ({
    id,
    name,
    args: JSON.parse(args) as Record<string, unknown>,
  }));
  return new AIMessage({ content: message.content, tool_calls });
}

async function invoked(ask: ClientAsk): Promise<Heard> {
  const messages = ask.messages.map((message) => chainMessage(message));
  return chainHeard(await chatOpenAi(ask).invoke(messages, { signal: ask.signal }));
}

async function chained(ask: ClientAsk): Promise<Heard> {
  const messages = ask.messages.map((message) => chainMessage(message));
  const stream = await chatOpenAi(ask).stream(messages, { signal: ask.signal });
  let all: AIMessageChunk | undefined;
  for await (const chunk of stream) {
    all = all?.concat(chunk) ?? chunk;
    if (all.text !== '') ask.onText();
  }
  if (all === undefined) throw new TypeError('Nothing came.');
  return chainHeard(all);
}

interface ChainUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
}

function chainHeard(message: AIMessage): Heard {
  const { response_metadata: about } = message;
  const usage = message.usage_metadata as ChainUsage | undefined;
  const finish: unknown = about['finish_reason'];
  return {
    text: message.text,
    reasoning: null,
    calls: (message.tool_calls ?? []).map(({ id = '', name, args }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(args) },
    })),
    finish: typeof finish === 'string' ? finish : null,
    tokens: usage ? { input: usage.input_tokens, output: usage.output_tokens } : null,
  };
}
