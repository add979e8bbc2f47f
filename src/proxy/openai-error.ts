import type { ChatRefusal } from '../completions/chat-fields.ts';
import { faultData, FAULTS, type FaultData } from '../fault/fault.ts';
import { problemJson } from '../publish/render-json.ts';
import type { McpItem } from '../completions/mcp-item.ts';

/** An error as OpenAI's API words it. @see https://platform.openai.com/docs/guides/error-codes */
export interface OpenAiError {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** A fault in the form that clients of OpenAI know. */
export function errorBody({ code, message }: FaultData, param: string | null = null): OpenAiError {
  return { error: { message, type: typeOf(FAULTS[code].http), param, code } };
}

/** The response for it; a fault that is a 2xx for a run (a limit that was met) is a 422 here. */
export function errorResponse(fault: FaultData, param: string | null = null): Response {
  const { http } = FAULTS[fault.code];
  const retryAfter = fault.detail?.['retry_after'];
  return Response.json(errorBody(fault, param), {
    status: http < 400 ? 422 : http,
    headers: typeof retryAfter === 'number' ? { 'retry-after': String(retryAfter) } : {},
  });
}

/** What is wrong with a request, with the problems of the document in it where there is one. */
export function refusalResponse({ message, param, problems = [] }: ChatRefusal): Response {
  const { error } = errorBody(faultData('bad_request', message), param);
  const listed = problems.length === 0 ? {} : { problems: problems.map(problemJson) };
  return Response.json({ error: { ...error, ...listed } }, { status: 400 });
}

/** `401` that says where to log in. @see spec/completions.md CC-9 */
export function authRequired(items: readonly McpItem[]): Response {
  const providers = items.flatMap((item) =>
    item.type === 'mcp_auth_request'
      ? [{ url: item.server_url, hostname: hostOf(item.server_url), login_url: item.login_url }]
      : [],
  );
  const message = 'A tool server wants a login.';
  const error = { message, type: 'auth_required', param: null, code: 'login_required', providers };
  const headers = { 'www-authenticate': `Bearer error="login_required"` };
  return Response.json({ error }, { status: 401, headers });
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
