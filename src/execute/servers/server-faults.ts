import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { Fault, type FaultCode } from '../../fault/fault.ts';

const MAX_CAUSES = 8;

/** The `Fault` that an error is or carries; the SDK wraps what its fetch throws. */
export function faultWithin(error: unknown): Fault | null {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    if (current instanceof Fault) return current;
    if (current instanceof ProtocolError && current.data instanceof Fault) return current.data;
    current = current.cause;
  }
  return null;
}

/**
 * What failed, as one of the `server_*` codes. The server's own words are not repeated: they may
 * hold what was sent to it.
 * @param host how the server is called in messages
 * @see spec/tool-servers.md, Faults
 */
export function serverFault(error: unknown, host: string): Fault {
  const known = faultWithin(error);
  if (known !== null) return known;
  if (error instanceof SdkHttpError) return statusFault(error.status, host, error);
  if (error instanceof SdkError) return sdkFault(error, host);
  if (error instanceof ProtocolError) {
    const detail = { rpc_code: error.code };
    const message = `${host} refused with the JSON-RPC error ${error.code}.`;
    return new Fault('server_error', message, { detail, cause: error });
  }
  // A list nested so deep that reading it overflows the stack.
  if (error instanceof RangeError) return limitFault(`${host} sent something nested too deep.`);
  return new Fault('server_garbage', `${host} sent something that is not MCP.`, { cause: error });
}

/** An HTTP status that is no answer. 404 and 405 say that nothing there speaks MCP. */
export function statusFault(status: number, host: string, cause?: unknown): Fault {
  const options = { detail: { status }, cause };
  if (status === 401) return new Fault('login_required', loginText(host), options);
  if (status === 404 || status === 405) return notMcp(host, options);
  return refusedFault(status, host, cause);
}

/** An MCP server, as far as one can tell, that answered with an HTTP error. */
export function refusedFault(status: number, host: string, cause?: unknown): Fault {
  const message = `${host} answered with HTTP status ${status}.`;
  return new Fault('server_error', message, { detail: { status }, cause });
}

/** The address answers, and definitely not as an MCP server. */
export function notMcp(
  host: string,
  options: { detail?: Fault['detail']; cause?: unknown } = {},
): Fault {
  return new Fault(
    'server_not_mcp',
    `${host} answers, but not as an MCP server. Is the address whole? Many end in /mcp.`,
    options,
  );
}

/** A task of a server that ended without a result. */
export function refusedTask(host: string, how: string): Fault {
  return new Fault('server_error', `The task of ${host} ${how}.`);
}

/** More than a run may hold, or than it waits for. */
export function limitFault(message: string): Fault {
  return new Fault('server_limit', message);
}

/** Why work was given up from outside; keeps a fault that the caller aborted with. */
export function abortFault(signal: AbortSignal): Fault {
  return faultWithin(signal.reason) ?? new Fault('cancelled');
}

/** A server that a person can log in to. @see spec/tool-servers.md, Login */
export function loginFault(host: string, status: number): Fault {
  const detail = { host, status, can_login: true };
  return new Fault('login_required', loginText(host), { detail });
}

/** Whether a `WWW-Authenticate` header asks for more than the token may do. @see RFC 6750 section 3.1 */
export function isInsufficientScope(challenge: string | null): boolean {
  return /(?:^|[\s,])error\s*=\s*"?insufficient_scope(?![\w.-])/i.test(challenge ?? '');
}

function loginText(host: string): string {
  return `${host} wants a login. Where it takes a bearer token, give one with \`authorization:\`.`;
}

function sdkFault(error: SdkError, host: string): Fault {
  const [code, what] = SDK_FAULTS[error.code] ?? [
    'server_garbage',
    'sent something that is not MCP',
  ];
  return new Fault(code, `${host} ${what}.`, { cause: error });
}

const SDK_FAULTS: Partial<Record<string, readonly [FaultCode, string]>> = {
  [SdkErrorCode.RequestTimeout]: ['server_timeout', 'did not answer in time'],
  [SdkErrorCode.ConnectionClosed]: ['server_unreachable', 'closed the connection'],
  [SdkErrorCode.NotConnected]: ['server_unreachable', 'closed the connection'],
  [SdkErrorCode.SendFailed]: ['server_unreachable', 'closed the connection'],
  [SdkErrorCode.ListPaginationExceeded]: ['server_limit', 'lists its tools without end'],
  [SdkErrorCode.UnsupportedResultType]: [
    'server_unsupported',
    'wants more than a plain call: input from a person, or a task that goes on by itself',
  ],
};
