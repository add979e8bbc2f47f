import type { ModelChoice, NormalizeContext, ProviderChoice } from '../../normalize/request.ts';
import type { ModelPrice } from '../../protocol/price.ts';
import { providerChoices, type Provider } from './providers.ts';

/** What a model costs; null where nobody knows. */
export type PriceOf = (choice: ModelChoice) => ModelPrice | null;

/** What the normalizer may know of the providers, with what their models cost. */
export async function pricedProviders(
  providers: readonly Provider[],
): Promise<Required<Pick<NormalizeContext, 'providers' | 'priceOf'>>> {
  const choices = providerChoices(providers);
  return { providers: choices, priceOf: await pricesFor(choices) };
}

/** The demo model runs in this process. */
const FREE: ModelPrice = { input: 0, cached_input: 0, output: 0 };

/**
 * The prices of what these providers offer. A provider is known by the host that is paid, not by
 * its name: behind `OPENAI_BASE_URL` may stand anybody.
 * @param now milliseconds since 1970
 */
export async function pricesFor(
  providers: readonly Pick<ProviderChoice, 'id' | 'url'>[],
  now = Date.now(),
): Promise<PriceOf> {
  const hosts = new Map(providers.map(({ id, url }) => [id, hostOf(url)]));
  const isPaid = [...hosts.values()].some((host) => host !== null);
  // A table of some kilobytes that a server with nothing but the demo never needs.
  const list = isPaid ? await import('./price-list.ts') : null;
  return ({ provider, model }) => {
    if (provider === 'demo') return FREE;
    const host = hosts.get(provider) ?? null;
    return host === null || list === null ? null : list.listedPrice(host, model, now);
  };
}

function hostOf(url: string | undefined): string | null {
  return url !== undefined && URL.canParse(url) ? new URL(url).host : null;
}
