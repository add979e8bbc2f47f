import { faultData } from '../fault/fault.ts';
import type { ModelChoice } from '../normalize/request.ts';
import { costOf } from '../protocol/price.ts';
import { spentUsd } from './cost.ts';
import type { RunEnd } from './event.ts';
import { estimateInput } from './input-estimate.ts';
import { failedEnd } from './run-end.ts';
import type { Run } from './run.ts';

/** The end of a run that has cost more than it may, the step under way included; else null. */
export function costLimit(run: Run): RunEnd | null {
  const { max_cost } = run.request.limits;
  if (max_cost === null) return null;
  const spent = spentUsd(run);
  if (spent <= max_cost) return null;
  const message = `The run cost about ${dollars(spent)}, more than the ${dollars(max_cost)} it may cost.`;
  return failedEnd(faultData('max_cost', message, { max_cost, cost_usd: rounded(spent) }));
}

/**
 * The end of a run that cannot pay for asking this model once more; else null. Before a step only
 * its input is known, so this is the least that it costs.
 * @param estimate tokens of what the step sends, where that was estimated before: with many tools it
 *   takes as long as writing the request
 */
export function nextCostLimit(
  run: Run,
  { provider, price }: ModelChoice,
  estimate?: number,
): RunEnd | null {
  const { max_cost } = run.request.limits;
  if (max_cost === null) return null;
  if (price === undefined) return costLimit(run);
  const input = estimate ?? estimateInput(run, provider);
  const usage = { prompt_tokens: input, completion_tokens: 0, total_tokens: input };
  const spent = spentUsd(run);
  const next = costOf(price, usage);
  if (spent + next <= max_cost) return null;
  const message =
    `The run cost ${dollars(spent)} of the ${dollars(max_cost)} it may cost, and what the next ` +
    `step sends costs about ${dollars(next)} more.`;
  return failedEnd(faultData('max_cost', message, { max_cost, cost_usd: rounded(spent) }));
}

/** Small amounts with the digits that matter: `$0.0012`. */
function dollars(usd: number): string {
  return `$${rounded(usd)}`;
}

/** Without the noise of adding fractions, and never as `1e-7`. */
function rounded(usd: number): number {
  return Number(usd.toFixed(6));
}
