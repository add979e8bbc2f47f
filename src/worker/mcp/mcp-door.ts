import {
  createMcpHandler,
  isInitializeRequest,
  isLegacyRequest,
} from '@modelcontextprotocol/server';
import type { AuthInfo, McpServerFactory } from '@modelcontextprotocol/server';
import { isObject } from '../../protocol/json.ts';
import { readBytes } from '../post/read-body.ts';
import { saysTasks } from './task-extension.ts';

/** Bytes of one message: a prompt of a megabyte and what JSON puts around it. */
export const MAX_MESSAGE = 4_194_304;

/**
 * Milliseconds between signs of life. Who closed a stream, which cancels the call, is noticed when
 * something is written to them.
 */
const KEEP_ALIVE_MS = 3000;

/**
 * The same for a client that takes tasks: within a second its call is answered with one, and then the
 * run of whoever closed the stream before would go on for nobody.
 */
const TASK_ALIVE_MS = 200;

/** What stands behind an endpoint. */
export interface McpDoor {
  /** Makes the server of one request; a server in use has one transport. */
  readonly server: McpServerFactory;
  /** Who asks; what handlers get as `ctx.http.authInfo`. */
  readonly authInfo: AuthInfo;
  /** Takes the requests that belong to a session of 2025-11-25 or older, and those that begin one. */
  readonly session: (request: Request) => Promise<Response>;
  /** Whether a call of this tool takes long, so that its stream must begin at once and be kept open. */
  readonly isHeld: (tool: string) => boolean;
}

/**
 * Answers a request to an MCP endpoint: statelessly in the revision of 2026-07-28, in a session
 * where the client begins one, and without one for older clients that do not care.
 * @throws Fault `too_large`
 * @see spec/mcp.md MCP-1
 */
export async function answerMcp(request: Request, door: McpDoor): Promise<Response> {
  const text = new TextDecoder().decode(await readBytes(request, MAX_MESSAGE));
  const message = parsed(text);
  if (await isOfSession(request, message)) return door.session(withBody(request, text));
  const handler = createMcpHandler(door.server, {
    maxRequestBodySize: MAX_MESSAGE,
    responseMode: isHeldCall(message, door) ? 'sse' : 'auto',
    keepAliveMs: takesTasksIn(message) ? TASK_ALIVE_MS : KEEP_ALIVE_MS,
  });
  const { authInfo } = door;
  if (message === undefined) return handler.fetch(withBody(request, text), { authInfo });
  return handler.fetch(request, { authInfo, parsedBody: message });
}

async function isOfSession(request: Request, message: unknown): Promise<boolean> {
  if (request.method !== 'POST') return true;
  if (message === undefined || !(await isLegacyRequest(request, message))) return false;
  return request.headers.has('mcp-session-id') || isInitializeRequest(message);
}

function isHeldCall(message: unknown, { isHeld }: McpDoor): boolean {
  if (!isObject(message) || message['method'] !== 'tools/call') return false;
  const params = message['params'];
  return isObject(params) && typeof params['name'] === 'string' && isHeld(params['name']);
}

function takesTasksIn(message: unknown): boolean {
  const params = isObject(message) ? message['params'] : null;
  return isObject(params) && saysTasks(params['_meta']);
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The request again, with the body that was read and without what proved who sent it. */
function withBody({ url, method, headers: given }: Request, text: string): Request {
  const headers = new Headers(given);
  for (const name of ['authorization', 'cookie', 'content-length']) headers.delete(name);
  return new Request(url, { method, headers, ...(text === '' ? {} : { body: text }) });
}
