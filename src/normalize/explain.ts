import type { Problem } from '../parse/problem.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import type { JsonObject } from '../protocol/json.ts';
import { estimateTokens } from '../protocol/token-estimate.ts';
import type { CompletionRequest, Normalized, ToolServer } from './request.ts';
import { toJson, toJsonObject } from './setting-type.ts';

/**
 * What would be run, as plain JSON: the reply to `?dry_run=1` and the output of `mdops explain`.
 * Nothing was fetched for it.
 *
 * @returns `{request, problems, estimate}`; `request` is null when a problem is an error
 * @see spec/http-api.md
 */
export function explain(normalized: Normalized): JsonObject {
  const { request, problems } = normalized;
  return {
    request: request === null ? null : explainRequest(request),
    problems: problems.map(explainProblem),
    estimate: request === null ? null : estimate(request),
  };
}

function explainRequest(request: CompletionRequest): JsonObject {
  const { models, servers, references, messages, limits, ...rest } = request;
  const [first] = models;
  return {
    model: first?.model ?? null,
    provider: first?.provider ?? null,
    models: toJson(models),
    messages: toJson(messages),
    servers: servers.map((server) => toJsonObject({ ...server, why: whyServer(server) })),
    references: references.map((reference) => toJsonObject({ ...reference })),
    limits: toJsonObject({ ...limits }),
    ...toJsonObject(rest),
  };
}

/** Every field is there at every door; what a problem does not have is null. */
function explainProblem({ code, severity, message, at, excerpt }: Problem): JsonObject {
  return {
    code,
    severity,
    message,
    line: at?.line ?? null,
    column: at?.column ?? null,
    excerpt: excerpt ?? null,
  };
}

/** Why an entry or an address became a tool server, in one sentence. */
export function whyServer({ from, url }: ToolServer): string {
  switch (from) {
    case 'frontmatter':
      return 'It is listed under tools.';
    case 'request':
      return 'It is listed under tools of the request.';
    case 'operator':
      return 'The operator of the server adds it to every run.';
    case 'body':
      return url.startsWith('/')
        ? 'It is a tool server of the server that runs the prompt.'
        : 'Its address in the text looks like that of an MCP server; if it is none, it is a document.';
  }
}

/**
 * Tokens before the first step. The prompt is known; of context only the most it may be; what tools
 * cost is known when their servers are connected, so it is null where there are any.
 */
function estimate({ messages, references, servers, urls }: CompletionRequest): JsonObject {
  const context = references.some(({ as }) => as === 'context');
  return {
    prompt_tokens: messages.reduce((sum, message) => sum + tokensOf(message), 0),
    max_context_tokens: context ? urls.max_tokens : 0,
    tool_tokens: servers.length === 0 ? 0 : null,
    method:
      'one token for four characters; context is read and tools are listed when the run starts',
  };
}

function tokensOf({ content }: ChatMessage): number {
  return estimateTokens(
    typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []),
  );
}
