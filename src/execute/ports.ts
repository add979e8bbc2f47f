import type { Refusal } from '../login/login.ts';
import type { ToolServer, UrlPolicy } from '../normalize/request.ts';
import type { ChatChunk, ChatMessage, ChatTool, ContentPart } from '../protocol/chat.ts';
import type { Json, JsonObject } from '../protocol/json.ts';
import type { EventBody, LeftOutTool, ReferenceEnd, RunEvent } from '../run/event.ts';

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
  /** Absent where nobody can log in: a server that wants it then ends the run. */
  readonly logins?: Logins;
  /**
   * The reader sees text at once and cannot be told that it is void, and retries a refused request
   * by itself: the first request to the model is made once, and no step is asked again after it spoke.
   */
  readonly isDirect?: boolean;
  /** Whether somebody can answer what a tool asks in the middle of a call; else it is told no. */
  readonly canAnswer?: boolean;
  /** Whether somebody can say which calls may be made, where that is not `canAnswer`. */
  readonly canApprove?: boolean;
}

/**
 * Logging in to tool servers as the principal of the run.
 * @see spec/tool-servers.md, Login
 */
export interface Logins extends ServerTokens {
  /**
   * Asks the principal to log in to a server. Asked again while the run still waits for it, the
   * same action is given again.
   * @returns what the run waits for, or null when nobody can log in for it
   */
  ask(server: ToolServer): Promise<LoginAsked | null>;
}

/** What a connection to a server needs of the logins. */
export interface ServerTokens {
  /** The access token to send, refreshed when it is about to expire; null without a login. */
  token(server: ToolServer, signal: AbortSignal): Promise<string | null>;
  /**
   * After a server refused a request: remembers what it asked for.
   * @returns another token to try once, or null when a person has to log in
   */
  refused(server: ToolServer, refusal: Refusal, signal: AbortSignal): Promise<string | null>;
}

/**
 * What was found out about tool servers, so that the next connection needs fewer round trips. It
 * belongs to one principal; the keys tell apart servers and the credentials that they were sent.
 * @see spec/tool-servers.md, Memory
 */
export interface ServerMemory {
  /** What was kept under a key of 64 hexadecimal digits, or null. */
  recall(key: string): Promise<ServerMemo | null>;
  /** Keeps at most 512 K characters of JSON under a key; null forgets it. */
  keep(key: string, memo: ServerMemo | null): Promise<void>;
}

/** What is known of a server; plain JSON without anything secret. */
export interface ServerMemo {
  /** How it is spoken to. */
  readonly era: 'stateless' | 'handshake' | 'sse';
  /** Milliseconds since 1970; a server may change. */
  readonly until: number;
  /** Of a stateless server: its answer to `server/discover`. */
  readonly discover?: unknown;
  /** Its tools for as long as it allowed to keep them. */
  readonly tools?: { readonly list: readonly unknown[]; readonly until: number };
}

/** A login that a run waits for. */
export interface LoginAsked {
  /** Unguessable; the link is `/connect/{action_id}`. */
  readonly action_id: string;
  /** Milliseconds since 1970. */
  readonly expires_at: number;
}

/** The append-only log of one run. */
export interface RunLog {
  /** All events so far, in order. */
  read(): readonly RunEvent[];
  /** Stamps and keeps the events, durably before it returns; after `run-end` nothing is kept. */
  append(bodies: readonly EventBody[]): readonly RunEvent[];
  /**
   * Tells of every event that is kept from now on, whoever appends it: a person who answers, a
   * login that was made, an owner who cancels.
   * @returns stops it
   */
  subscribe(onAppend: (events: readonly RunEvent[]) => void): () => void;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so many milliseconds, or rejects when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** How long text may wait to be written, in milliseconds; 0 writes every chunk. */
  readonly flushMs: number;
  /** Absent where somebody always reads along. */
  readonly audience?: Audience;
}

/** Who reads a run while it is made, for whom its text is written soon. */
export interface Audience {
  /** Whether somebody is there now; the first piece of a text may wait too while nobody is. */
  readonly isThere: boolean;
  /**
   * Tells when somebody looks or comes to stay: what waits is then to be written before this returns.
   * @returns stops it
   */
  onLook(listener: () => void): () => void;
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

/** What a call of a tool may use. */
export interface CallOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ToolProgressReport) => void;
  /** Asks a person for what the tool wants to know; absent where nobody can answer. */
  readonly onElicit?: (elicitation: Elicitation, signal: AbortSignal) => Promise<ElicitAnswer>;
}

/** What a tool asks a person in the middle of a call. @see MCP 2025-11-25, Elicitation */
export interface Elicitation {
  /** `url`: the person shall open an address by themselves; it is never opened by us. */
  readonly mode: 'form' | 'url';
  readonly message: string;
  /** Of a form: an object of flat fields. */
  readonly schema?: JsonObject;
  readonly url?: string;
}

/** What the person said. */
export interface ElicitAnswer {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: JsonObject;
}

/** A tool server that answered. */
export interface Connection {
  readonly name?: string;
  readonly protocolVersion: string;
  readonly instructions?: string;
  readonly tools: readonly ToolDescription[];
  /** Tools that the server lists and that cannot be used. */
  readonly leftOut?: readonly LeftOutTool[];
  /** Whether the server was sent a login of the principal, so far. */
  readonly usedLogin?: boolean;
  /**
   * Calls one tool.
   * @throws Fault `server_*` or `login_required` when no tool answered
   */
  call(tool: string, args: JsonObject, options: CallOptions): Promise<ToolOutcome>;
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
   * @throws Fault `server_*`, `login_required`, `address_refused`, `secret_missing`, `secret_refused`
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
