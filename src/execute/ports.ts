import type { ToolServer, UrlPolicy } from '../normalize/request.ts';
import type { ChatChunk, ChatMessage, ChatTool, ContentPart } from '../protocol/chat.ts';
import type { Json, JsonObject } from '../protocol/json.ts';
import type { EventBody, ReferenceEnd, RunEvent } from '../run/event.ts';

/**
 * What the engine needs of the world. The Durable Object, the command line and the fetch proxy
 * are three sets of these under the same `executeRun`.
 */
export interface Ports {
  readonly model: Model;
  readonly servers: ToolServers;
  readonly references: References;
  readonly log: RunLog;
  readonly clock: Clock;
}

/** The append-only log of one run. */
export interface RunLog {
  /** All events so far, in order. */
  read(): readonly RunEvent[];
  /** Stamps and keeps the events, durably before it returns; after `run-end` nothing is kept. */
  append(bodies: readonly EventBody[]): readonly RunEvent[];
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so many milliseconds, or rejects when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** How long text may wait to be written, in milliseconds; 0 writes every chunk. */
  readonly flushMs: number;
}

/** One request to a model. */
export interface ModelCall {
  readonly provider: string;
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[];
  readonly parameters: JsonObject;
}

/** Any `/chat/completions` endpoint, or the built-in demo model. */
export interface Model {
  /**
   * Streams the answer. Ends normally only after a chunk with a `finish_reason` or `[DONE]`.
   * @throws Fault `model_*`; `detail.retryable` and `detail.retry_after` (seconds) say whether
   *   asking again can help.
   */
  complete(call: ModelCall, signal: AbortSignal): AsyncIterable<ChatChunk>;
}

/** A tool as its server describes it. */
export interface ToolDescription {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema: JsonObject;
  readonly readOnly?: boolean;
  readonly idempotent?: boolean;
}

/** What a tool answered. */
export interface ToolOutcome {
  readonly isError: boolean;
  readonly parts: readonly ContentPart[];
  readonly structured?: Json;
  readonly cut?: boolean;
}

/** A tool server that answered. */
export interface Connection {
  readonly name?: string;
  readonly protocolVersion: string;
  readonly instructions?: string;
  readonly tools: readonly ToolDescription[];
  /**
   * Calls one tool.
   * @throws Fault `server_*` or `login_required` when no tool answered
   */
  call(
    tool: string,
    args: JsonObject,
    options: { signal: AbortSignal; onProgress?: (progress: ToolProgressReport) => void },
  ): Promise<ToolOutcome>;
  close(): Promise<void>;
}

export interface ToolProgressReport {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

export interface ToolServers {
  /**
   * Connects and lists the tools, within a bounded time.
   * @throws Fault `server_*`, `login_required`, `address_refused`, `secret_missing`
   */
  connect(server: ToolServer, signal: AbortSignal): Promise<Connection>;
}

export interface References {
  /** Reads one context URL. What failed is in the event; it throws only when aborted. */
  read(
    reference: { readonly url: string; readonly section?: string },
    policy: UrlPolicy,
    signal: AbortSignal,
  ): Promise<Omit<ReferenceEnd, 'type'>>;
}
