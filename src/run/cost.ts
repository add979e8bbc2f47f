import type { ModelChoice } from '../normalize/request.ts';
import type { Usage } from '../protocol/chat.ts';
import { costOf, withoutNoise } from '../protocol/price.ts';
import { tokensOfLength } from '../protocol/token-estimate.ts';
import type { Run, Step } from './run.ts';

/** What the steps of a run cost. */
export interface Cost {
  /** US dollars, as far as prices are known. */
  readonly usd: number;
  /** False once something was used whose price nobody knows. */
  readonly isKnown: boolean;
}

export const NO_COST: Cost = { usd: 0, isKnown: true };

/** US dollars; null where a part is not known. */
export function knownCost({ usd, isKnown }: Cost): number | null {
  return isKnown ? usd : null;
}

/**
 * Whether somebody is likely to pay for a step that did not end: its model had begun to answer.
 */
export function hasSpoken(step: Step): boolean {
  return step.text !== '' || step.reasoning !== '' || step.calls.length > 0;
}

/** Our own estimate of a step as far as it has come, where its provider does not say anything. */
export function estimatedUsage(step: Step): Usage {
  const prompt_tokens = step.input_estimate;
  const written = step.calls.reduce(
    (sum, { call }) => sum + call.wire_name.length + call.arguments.length,
    step.text.length + step.reasoning.length,
  );
  const completion_tokens = tokensOfLength(written);
  const total_tokens = prompt_tokens + completion_tokens;
  return { prompt_tokens, completion_tokens, total_tokens, estimated: true };
}

/** What a step cost as far as it has come, in US dollars; null where nobody knows. */
export function costOfStep({ request }: Pick<Run, 'request'>, step: Step): number | null {
  return costOfUsage(request.models, step, step.usage ?? estimatedUsage(step));
}

/**
 * What these tokens cost: as the provider says itself, else by the price of the model.
 * @param models of the request, with their prices
 * @param asked which of them was asked
 */
export function costOfUsage(
  models: readonly ModelChoice[],
  asked: Pick<ModelChoice, 'provider' | 'model'>,
  usage: Usage,
): number | null {
  if (usage.cost_usd !== undefined) return usage.cost_usd;
  const price = models.find(
    ({ provider, model }) => provider === asked.provider && model === asked.model,
  )?.price;
  return price === undefined ? null : costOf(price, usage);
}

/** What the run cost until now, with the step that is under way. */
export function spentUsd(run: Run): number {
  const last = run.steps.at(-1);
  const isOpen = run.ended_at === null && last?.finish_reason === null && hasSpoken(last);
  return run.cost.usd + (isOpen ? (costOfStep(run, last) ?? 0) : 0);
}

/** The cost with that of one more step; what is not known is left out of the sum. */
export function withCost(cost: Cost, usd: number | null): Cost {
  return usd === null
    ? { ...cost, isKnown: false }
    : { ...cost, usd: withoutNoise(cost.usd + usd) };
}
