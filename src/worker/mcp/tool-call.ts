import type {
  CallToolResult,
  ClientCapabilities,
  ServerContext,
} from '@modelcontextprotocol/server';
import { asFault } from '../../fault/fault.ts';
import type { Env } from '../env.ts';
import { NO_PROOF } from '../principal/principal.ts';
import type { Proof } from '../principal/principal.ts';
import type { Settings } from '../settings.ts';
import type { McpCaller } from './mcp-caller.ts';

/** Everything that a tool of ours knows besides its arguments. */
export interface McpCall {
  readonly env: Env;
  readonly settings: Settings;
  readonly caller: McpCaller;
  readonly context: ServerContext;
  /** Signs what a client is to bring back. */
  readonly sealRun: (run: HeldRun) => Promise<string>;
  /** What the client can do. */
  readonly capabilities: () => ClientCapabilities | undefined;
  /** The revision that is spoken. */
  readonly protocolVersion: () => string;
}

/** How far a client was told that its run is. */
export interface ToldProgress {
  /** UTF-16 units that models said. */
  readonly units: number;
  /** The last number that was sent; below 0 for none. */
  readonly last: number;
}

/** A run that a call waits for, while its client asks somebody. */
export interface HeldRun extends ToldProgress {
  readonly id: string;
  /** The actions that the client was told of. */
  readonly asked: readonly string[];
  /** Number of the last event that was looked at. */
  readonly seen: number;
}

/**
 * What a caller proves about any run: who they are, and which program acts for them. The object of the
 * run knows whether they made it; a run of somebody else is shown as the public sees it, and so is
 * every run to a program that was not let near them.
 */
export function proofOfCaller({ principal, scopes, clientId }: McpCaller): Proof {
  if (!scopes.includes('runs')) return NO_PROOF;
  const whose = { holdsToken: false, principal };
  return clientId === null ? whose : { ...whose, program: clientId };
}

/** The HTTP request of a call. */
export function requestOf({ context }: McpCall): Request {
  const request = context.http?.req;
  if (request === undefined) throw new TypeError('The MCP endpoint is reached over HTTP only.');
  return request;
}

/** A result as text and as data. */
export function answered(text: string, structuredContent: object): CallToolResult {
  return { content: [{ type: 'text', text }], structuredContent };
}

/** An error that the model can read and that says what happened. */
export function failed(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

/** What the work gives; a fault becomes a result that says so, with its code. */
export async function reported<Result>(
  work: () => Promise<Result>,
): Promise<Result | CallToolResult> {
  try {
    return await work();
  } catch (error) {
    const { code, message, detail } = asFault(error);
    const seconds = detail?.['retry_after'];
    const later = typeof seconds === 'number' ? ` Try again in ${seconds} seconds.` : '';
    return failed(`${message}${later} (${code})`);
  }
}
