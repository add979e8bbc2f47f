import type { Json, JsonObject } from './json.ts';

/**
 * The wire types of OpenAI's `/chat/completions` as providers really send them: every field that
 * some provider leaves out is optional here. The SDK's own types promise more than that.
 * @see https://platform.openai.com/docs/api-reference/chat
 */

/** A part of a user message or of a tool result. */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } };

/** A tool call in an assistant message. `arguments` is JSON text. */
export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
  /** Provider data that must be echoed back with the call (Gemini's thought signatures). */
  readonly extra_content?: Json;
}

export interface SystemMessage {
  readonly role: 'system';
  readonly content: string;
}

export interface UserMessage {
  readonly role: 'user';
  readonly content: string | readonly ContentPart[];
}

export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content: string | null;
  readonly tool_calls?: readonly ChatToolCall[];
  /** Reasoning of providers that want it back. */
  readonly reasoning_content?: string;
  readonly reasoning_details?: Json;
  /** Provider data of the message itself, to be echoed back. */
  readonly extra_content?: Json;
}

export interface ToolMessage {
  readonly role: 'tool';
  readonly tool_call_id: string;
  readonly content: string | readonly ContentPart[];
}

export type ChatMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

/** A function tool as the model sees it. */
export interface ChatTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters: JsonObject;
  };
}

/** Tokens of one model step; the sum over steps is the usage of a run. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
  /** US dollars, where the provider itself says what the step cost. */
  readonly cost_usd?: number;
  /** Set when the provider said nothing and these tokens are our own estimate. */
  readonly estimated?: true;
}

/** One `chat.completion.chunk`. */
export interface ChatChunk {
  readonly id?: string;
  readonly model?: string;
  readonly choices?: readonly ChunkChoice[];
  readonly usage?: Partial<Usage> | null;
  readonly error?: unknown;
}

export interface ChunkChoice {
  readonly index?: number;
  readonly delta?: ChunkDelta | null;
  readonly finish_reason?: string | null;
}

export interface ChunkDelta {
  readonly role?: string;
  /** Text; Mistral's reasoning models send a list of `text` and `thinking` parts instead. */
  readonly content?: string | readonly Json[] | null;
  /** OpenAI's words when the model declines. */
  readonly refusal?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly reasoning_details?: Json;
  readonly tool_calls?: readonly ToolCallDelta[] | null;
  readonly extra_content?: Json;
}

/** A piece of a tool call. Providers omit index or id, repeat the name, or send arguments whole. */
export interface ToolCallDelta {
  readonly index?: number;
  readonly id?: string | null;
  readonly type?: string | null;
  readonly function?: {
    readonly name?: string | null;
    readonly arguments?: string | JsonObject | null;
  };
  readonly extra_content?: Json;
}
