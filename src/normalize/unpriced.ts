import type { Settings } from './given.ts';
import { nameList } from './name-list.ts';
import type { CompletionRequest, NormalizeContext } from './request.ts';

/**
 * Says for which models `max_cost` cannot count, instead of ignoring it in silence. No error: a model
 * on the author's own machine has no price and costs nothing, and the prompt may be shared.
 * @see spec/prompt-format.md KEY-15
 */
export function reportUnpriced(
  settings: Settings,
  { limits, models }: Pick<CompletionRequest, 'limits' | 'models'>,
  { priceOf, providers }: Pick<NormalizeContext, 'priceOf' | 'providers'>,
): void {
  if (limits.max_cost === null || priceOf === undefined) return;
  const statesCost = (provider: string): boolean =>
    providers.some((each) => each.id === provider && each.statesCost === true);
  const unpriced = models
    .filter(({ provider, price }) => price === undefined && !statesCost(provider))
    .map(({ provider, model }) => `${provider}/${model}`);
  if (unpriced.length === 0) return;
  const [given] = settings.given('max_cost');
  const message =
    `The price of ${nameList(unpriced, 5)} is not known here: max_cost counts only what the ` +
    'provider itself says that it cost. max_total_tokens is a limit that always holds.';
  const at = given === undefined ? undefined : settings.position(given.place);
  settings.report('warning', 'unpriced_model', message, at);
}
