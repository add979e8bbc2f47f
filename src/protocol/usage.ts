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
  const prompt_tokens = amount(usage['prompt_tokens']) ?? 0;
  const completion_tokens = amount(usage['completion_tokens']) ?? 0;
  const total_tokens = amount(usage['total_tokens']) ?? prompt_tokens + completion_tokens;
  const cost_usd = statedCost(usage);
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens,
    ...detailsOf(
      detail(usage['prompt_tokens_details'], 'cached_tokens'),
      detail(usage['completion_tokens_details'], 'reasoning_tokens'),
    ),
    ...(cost_usd === undefined ? {} : { cost_usd }),
  };
}

/**
 * What the provider says that the step cost, in US dollars. With a key of one's own at another
 * provider OpenRouter's `cost` is its fee alone, and the rest stands beside it.
 * @see https://openrouter.ai/docs/use-cases/usage-accounting
 */
function statedCost(usage: Readonly<Record<string, unknown>>): number | undefined {
  const cost = amount(usage['cost']);
  if (cost === undefined || usage['is_byok'] !== true) return cost;
  return cost + (detail(usage['cost_details'], 'upstream_inference_cost') ?? 0);
}

/**
 * The tokens of two steps together; a detail that only one of them has is kept, and what one of
 * them estimates is an estimate. Costs are added where prices are known.
 */
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
    ...(a.estimated === true || b.estimated === true ? { estimated: true } : {}),
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
  return isObject(details) ? amount(details[name]) : undefined;
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}

/** A negative or absurd amount would lift the limits of a run. */
function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
