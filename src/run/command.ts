import type { ToolServer, UrlPolicy } from '../normalize/request.ts';
import type { ActionResolved, RunEnd, ServerTool, ToolCall } from './event.ts';
import type { CallState } from './run.ts';

/**
 * What should be going on now. Commands are keyed: the executor starts those whose key is new and
 * aborts those whose key is gone, so parallel work, early starts and cancelling need no special case.
 */
export type Command =
  | ResolveReference
  | ConnectServer
  | CallModel
  | CallTool
  | AskApproval
  | Wait
  | (Keyed & { readonly type: 'end'; readonly end: RunEnd });

interface Keyed {
  readonly key: string;
}

export interface ResolveReference extends Keyed {
  readonly type: 'resolve-reference';
  readonly reference: { readonly url: string; readonly section?: string };
  readonly policy: UrlPolicy;
}

export interface ConnectServer extends Keyed {
  readonly type: 'connect-server';
  readonly server: ToolServer;
}

export interface CallModel extends Keyed {
  readonly type: 'call-model';
  readonly step: number;
  /** Where the last answer did not fit its schema, when the step is to correct it. */
  readonly repair?: readonly string[];
}

export interface CallTool extends Keyed {
  readonly type: 'call-tool';
  readonly state: CallState;
  /** Absent when the model asked for a tool that the run does not have. */
  readonly tool?: ServerTool;
}

/** Asks the owner about all calls of a step that want it, in one go. */
export interface AskApproval extends Keyed {
  readonly type: 'ask-approval';
  readonly calls: readonly HeldCall[];
}

/** A call that is held back, with all that its owner approves. */
export interface HeldCall {
  readonly call: ToolCall;
  readonly server: ToolServer;
  readonly tool: ServerTool;
}

export interface Wait extends Keyed {
  readonly type: 'wait';
  /** Milliseconds since 1970. */
  readonly until: number;
  /** What is written then. */
  readonly event: RunEnd | ActionResolved;
}
