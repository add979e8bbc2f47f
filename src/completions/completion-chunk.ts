import type { ChatToolCall, Usage } from '../protocol/chat.ts';
import type { McpItem } from './mcp-item.ts';

/**
 * The `chat.completion.chunk` that callers get: OpenAI's, and tool events in places where every
 * client lets them pass.
 * @see spec/completions.md CC-3
 */
export interface CompletionChunk {
  readonly id: string;
  readonly object: 'chat.completion.chunk';
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  /** Empty in the chunk that holds the usage. */
  readonly choices: readonly CompletionChoice[];
  readonly usage?: Usage | null;
  /** Every item of the answer, on the last chunk that has a choice. */
  readonly mcp?: readonly McpItem[];
}

export interface CompletionChoice {
  readonly index: 0;
  readonly delta: CompletionDelta;
  readonly finish_reason: string | null;
  readonly logprobs: null;
}

export interface CompletionDelta {
  readonly role?: 'assistant';
  readonly content?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly (ChatToolCall & { readonly index: number })[];
  /** One item, with an index that no other has: Python's client merges by it. */
  readonly mcp?: readonly (McpItem & { readonly index: number })[];
}

/** The `chat.completion` of a request that does not stream. */
export interface Completion {
  readonly id: string;
  readonly object: 'chat.completion';
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: 0;
    readonly message: CompletionMessage;
    readonly finish_reason: string;
    readonly logprobs: null;
  }[];
  readonly usage: Usage;
}

export interface CompletionMessage {
  readonly role: 'assistant';
  readonly content: string | null;
  readonly refusal: null;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly mcp?: readonly McpItem[];
}

/** How tool events are shown beside the model's own words. @see spec/completions.md CC-6 */
export type CompletionView = 'markdown' | 'text' | 'reasoning';
