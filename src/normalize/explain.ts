import type { JsonObject } from '../protocol/json.ts';
import { estimateTokens } from '../protocol/token-estimate.ts';
import type { CompletionRequest, Normalized } from './request.ts';
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
    problems: problems.map(({ at, ...problem }) => toJsonObject({ ...problem, ...at })),
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
    servers: servers.map((server) => toJsonObject({ ...server })),
    references: references.map((reference) => toJsonObject({ ...reference })),
    limits: toJsonObject({ ...limits }),
    ...toJsonObject(rest),
  };
}

function estimate(request: CompletionRequest): JsonObject {
  const parts = request.messages.flatMap(({ content }) =>
    typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? []),
  );
  const context = request.references.filter(({ as }) => as === 'context').length;
  return {
    prompt_tokens: estimateTokens(parts),
    max_context_tokens: context === 0 ? 0 : request.urls.max_tokens,
    method: 'one token for four characters; context and tool definitions are not read yet',
  };
}
