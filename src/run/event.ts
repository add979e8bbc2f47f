import type { FaultData } from '../fault/fault.ts';
import type { CompletionRequest } from '../normalize/request.ts';
import type { Problem } from '../parse/problem.ts';
import type { ChatToolCall, ContentPart, Usage } from '../protocol/chat.ts';
import type { Json, JsonObject } from '../protocol/json.ts';

/**
 * What happened in a run. The log of these events is the run: state is their fold, and SSE frames,
 * SQLite rows, the JSON export and the live page all use this one type.
 * @see spec/run-events.md
 */
export type RunEvent = Stamp & EventBody;

/** Place and time of an event; given by the log. */
export interface Stamp {
  /** Dense, from 1. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export type EventBody =
  | RunStart
  | ReferenceEnd
  | ServerEnd
  | StepStart
  | TextDelta
  | ReasoningDelta
  | ToolCall
  | ToolSent
  | ToolProgress
  | ToolResult
  | StepEnd
  | ActionRequired
  | ActionResolved
  | RunEnd;

export type EventType = EventBody['type'];

export interface RunStart {
  readonly type: 'run-start';
  readonly version: 1;
  readonly id: string;
  /** The source text of the prompt. */
  readonly prompt: string;
  readonly request: CompletionRequest;
  readonly problems: readonly Problem[];
  /** Milliseconds since 1970, or null for never. */
  readonly expires_at: number | null;
}

/** A context URL was read, or could not be. */
export interface ReferenceEnd {
  readonly type: 'reference-end';
  readonly url: string;
  readonly ok: boolean;
  readonly final_url?: string;
  readonly status?: number;
  readonly media_type?: string;
  /** Bytes of the body after decompression, as far as read. */
  readonly bytes?: number;
  /** Estimated tokens of `parts`. */
  readonly tokens?: number;
  readonly sha256?: string;
  /** True when a limit cut the document. */
  readonly cut?: boolean;
  /** What the model is given. */
  readonly parts?: readonly ContentPart[];
  readonly error?: FaultData;
}

/** A tool as its server describes it, fixed for the whole run. */
export interface ServerTool {
  readonly name: string;
  /** The name the model sees: `label__tool`, unique in the run. */
  readonly wire_name: string;
  readonly description?: string;
  readonly input_schema: JsonObject;
  readonly read_only?: boolean;
  readonly idempotent?: boolean;
  /** SHA-256 of name, description and schema, hexadecimal. */
  readonly hash: string;
}

/** A tool server is connected, or could not be. */
export interface ServerEnd {
  readonly type: 'server-end';
  readonly label: string;
  readonly url: string;
  readonly ok: boolean;
  readonly name?: string;
  readonly protocol_version?: string;
  readonly instructions?: string;
  readonly tools?: readonly ServerTool[];
  /** Tools that the run would offer if they could be used. */
  readonly left_out?: readonly LeftOutTool[];
  /** True when a URL of the body answered, but is a document: it becomes a reference. */
  readonly is_document?: boolean;
  /** True when the server was sent a login of the run's owner. */
  readonly used_login?: boolean;
  /** Milliseconds. */
  readonly ms: number;
  readonly error?: FaultData;
}

/** A tool that a server lists and that cannot be used. */
export interface LeftOutTool {
  /** As the server wrote it. */
  readonly name: string;
  /** A sentence. */
  readonly why: string;
}

/** A request to the model is about to be sent. A new attempt supersedes the text of the last. */
export interface StepStart {
  readonly type: 'step-start';
  /** From 1. */
  readonly step: number;
  /** From 1; above 1 the text of the attempts before is void. */
  readonly attempt: number;
  readonly provider: string;
  readonly model: string;
  /** Set when the step asks for the answer anew: where the last one did not fit its schema. */
  readonly repair?: readonly string[];
  /** Tokens that it sends, by our own estimate. */
  readonly input_estimate?: number;
  /** Why the attempt before gave no answer; absent for the first, and when the process died. */
  readonly failed?: FaultData;
}

export interface TextDelta {
  readonly type: 'text-delta';
  readonly step: number;
  readonly text: string;
}

export interface ReasoningDelta {
  readonly type: 'reasoning-delta';
  readonly step: number;
  readonly text: string;
}

/** The model asked for a tool: the intent of a call. */
export interface ToolCall {
  readonly type: 'tool-call';
  readonly step: number;
  /** Unique in the run. */
  readonly call_id: string;
  /** The name the model used, whether it exists or not. */
  readonly wire_name: string;
  /** Set when the name belongs to a tool of the run. */
  readonly server?: string;
  readonly tool?: string;
  /** JSON text as the model wrote it; empty means `{}`. */
  readonly arguments: string;
}

/** The call is on its way: after a crash its outcome is unknown and it is never sent again. */
export interface ToolSent {
  readonly type: 'tool-sent';
  readonly call_id: string;
}

/** The server reported progress on a call. */
export interface ToolProgress {
  readonly type: 'tool-progress';
  readonly call_id: string;
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

export interface ToolResult {
  readonly type: 'tool-result';
  readonly call_id: string;
  readonly is_error: boolean;
  /** What the model is given. */
  readonly parts: readonly ContentPart[];
  readonly structured?: Json;
  /** True when a limit cut the result. */
  readonly cut?: boolean;
  /** True when the server was sent a login of the run's owner. */
  readonly used_login?: boolean;
  /** Milliseconds. */
  readonly ms: number;
  /** Set when the call failed before a tool could answer. */
  readonly error?: FaultData;
}

/** The model finished a step. */
export interface StepEnd {
  readonly type: 'step-end';
  readonly step: number;
  /** As the provider said it: `stop`, `tool_calls`, `length`, `content_filter`, … */
  readonly finish_reason: string;
  /** As the provider said it, else our own estimate. */
  readonly usage?: Usage;
  /** The calls as they go back to the model. */
  readonly tool_calls: readonly ChatToolCall[];
  /** Provider fields of the message that go back to the model unchanged. */
  readonly echo?: JsonObject;
}

/** The run waits for a person. */
export interface ActionRequired {
  readonly type: 'action-required';
  /** Unguessable; shown to the owner only. */
  readonly action_id: string;
  readonly action: RequestedAction;
  /** Milliseconds since 1970. */
  readonly expires_at: number;
}

/** What a person is to do. */
export type RequestedAction = AuthorizationAction | ElicitationAction | ApprovalAction;

/** The owner is to say whether a call may be made. */
export interface ApprovalAction {
  readonly kind: 'approval';
  readonly server: string;
  readonly tool: string;
  readonly call_id: string;
  /** JSON text as the model wrote it. */
  readonly arguments: string;
  /** SHA-256 of what is approved: the server's address, the tool and the arguments; hexadecimal. */
  readonly hash: string;
}

/** Somebody has to log in to a tool server. */
export interface AuthorizationAction {
  readonly kind: 'authorization';
  /** Label of the server. */
  readonly server: string;
  readonly url: string;
  /** The call that was refused and is made again after the login; absent while connecting. */
  readonly call_id?: string;
}

/** A tool asks a person something in the middle of a call. */
export interface ElicitationAction {
  readonly kind: 'elicitation';
  readonly server: string;
  readonly call_id: string;
  readonly mode: 'form' | 'url';
  readonly message: string;
  /** Of a form: an object of flat fields. */
  readonly schema?: JsonObject;
  /** Of the mode `url`: what the person shall open. */
  readonly url?: string;
}

/** The run needs to wait for it no longer. */
export interface ActionResolved {
  readonly type: 'action-resolved';
  readonly action_id: string;
  /**
   * `done`: logged in, approved, or answered with `content`. A call is `cancelled` where nobody can
   * approve it.
   */
  readonly outcome: 'done' | 'declined' | 'cancelled' | 'expired';
  readonly content?: JsonObject;
}

/** The end; written once, nothing follows. */
export interface RunEnd {
  readonly type: 'run-end';
  readonly status: 'completed' | 'failed' | 'cancelled' | 'expired';
  /** `stop`, `length`, `content_filter`, `tool_calls` for functions of the caller, or the code of a fault. */
  readonly stop_reason: string;
  readonly error?: FaultData;
}
