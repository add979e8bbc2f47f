import type { Usage } from './chat.ts';

/** What tokens cost, in US dollars for a million of them. */
export interface TokenPrices {
  readonly input: number;
  /** Of input that the provider read from its cache. */
  readonly cached_input: number;
  /** Of the answer, reasoning included. */
  readonly output: number;
}

/** What a model costs. */
export interface ModelPrice extends TokenPrices {
  /** Prices of the whole step once its input is longer than so many tokens, the shortest first. */
  readonly tiers?: readonly (TokenPrices & { readonly above: number })[];
}

const MILLION = 1_000_000;

/**
 * What the tokens of one step cost, in US dollars. Some providers leave reasoning out of
 * `completion_tokens`, and only the total has it: what is not input is paid as output.
 */
export function costOf(price: ModelPrice, usage: Usage): number {
  const { prompt_tokens, completion_tokens, total_tokens } = usage;
  const prices = price.tiers?.findLast(({ above }) => prompt_tokens > above) ?? price;
  const cached = Math.min(prompt_tokens, usage.prompt_tokens_details?.cached_tokens ?? 0);
  const output = Math.max(completion_tokens, total_tokens - prompt_tokens);
  const sum =
    (prompt_tokens - cached) * prices.input + cached * prices.cached_input + output * prices.output;
  return withoutNoise(sum / MILLION);
}

/** US dollars without the noise that adding fractions makes. */
export function withoutNoise(usd: number): number {
  return Number(usd.toFixed(12));
}
