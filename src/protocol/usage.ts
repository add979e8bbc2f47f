import type { Usage } from './chat.ts';
import { isObject } from './json.ts';

/** Nothing was used. */
export const NO_USAGE: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

/**
 * What a provider says of its tokens. Of its details those stay that callers pay by: tokens that
 * were read from a cache, and tokens that went into reasoning.
 * @see spec/providers.md PR-USAGE-3
 */
export function usageOf(usage: Readonly<Record<string, unknown>>): Usage {
  const prompt_tokens = tokens(usage['prompt_tokens']) ?? 0;
  const completion_tokens = tokens(usage['completion_tokens']) ?? 0;
  const total_tokens = tokens(usage['total_tokens']) ?? prompt_tokens + completion_tokens;
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens,
    ...detailsOf(
      detail(usage['prompt_tokens_details'], 'cached_tokens'),
      detail(usage['completion_tokens_details'], 'reasoning_tokens'),
    ),
  };
}

/** The usage of two steps together; a detail that only one of them has is kept. */
export function sumUsage(a: Usage, b: Usage): Usage {
  return {
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
    ...detailsOf(
      sum(a.prompt_tokens_details?.cached_tokens, b.prompt_tokens_details?.cached_tokens),
      sum(
        a.completion_tokens_details?.reasoning_tokens,
        b.completion_tokens_details?.reasoning_tokens,
      ),
    ),
  };
}

function detailsOf(
  cached_tokens: number | undefined,
  reasoning_tokens: number | undefined,
): Partial<Usage> {
  return {
    ...(cached_tokens === undefined ? {} : { prompt_tokens_details: { cached_tokens } }),
    ...(reasoning_tokens === undefined ? {} : { completion_tokens_details: { reasoning_tokens } }),
  };
}

function detail(details: unknown, name: string): number | undefined {
  return isObject(details) ? tokens(details[name]) : undefined;
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}

/** A negative or absurd count would lift the token limit of a run. */
function tokens(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
