import { mac } from '../../connect/keyed-hash.ts';
import { base62 } from '../../login/base62.ts';
import type { Provider } from '../../execute/model/providers.ts';
import { isObject, parseJsonObject } from '../../protocol/json.ts';
import type { NetworkUse } from '../network.ts';
import { principalClient } from '../principal/principal-client.ts';
import { keyHeaders } from './provider-key.ts';

/** A model as its provider lists it. */
export interface ListedModel {
  readonly id: string;
  /** Seconds since 1970, 0 where nobody says. */
  readonly created: number;
}

/** What a provider lists, asked for where it is not known. */
export type KeptModels = (
  provider: Provider,
  ask: () => Promise<readonly ListedModel[]>,
) => Promise<readonly ListedModel[]>;

/** Milliseconds for which a provider is not asked again. */
const KEPT_MS = 60_000;

/** Not the name of anybody: what is kept under it is the operator's, and the same for every caller. */
const OPERATOR = 'operator';

/** Nothing is known. */
export const askAlways: KeptModels = (_provider, ask) => ask();

/**
 * The lists of this server's own providers, each kept for a minute: a caller who asks for models in a
 * loop would else ask every provider with the operator's key. They are kept under the provider, its
 * address and a hash of the key, and never for providers that a caller pays.
 * @see spec/completions.md CC-16
 */
export function keptModels({ env, settings, origin }: NetworkUse): KeptModels {
  const kept = principalClient(env, { principal: OPERATOR, origin: origin ?? '' });
  return async (provider, ask) => {
    const shown = JSON.stringify([provider.id, provider.baseUrl, keyHeaders(provider)]);
    const key = base62(await mac(settings.idKey, `models:${shown}`), 43);
    const known = parseJsonObject((await kept.recall(key)) ?? '');
    if (typeof known?.['until'] === 'number' && known['until'] > Date.now()) {
      const { models } = known;
      if (Array.isArray(models)) return models.flatMap(listedIn);
    }
    const models = await ask();
    // One that is away is asked again the next time.
    const value = {
      until: Date.now() + KEPT_MS,
      models: models.map(({ id, created }) => ({ id, created })),
    };
    if (models.length > 0) await kept.keep(key, JSON.stringify(value));
    return models;
  };
}

function listedIn(model: unknown): readonly ListedModel[] {
  if (!isObject(model)) return [];
  const { id, created } = model;
  return typeof id === 'string' && typeof created === 'number' ? [{ id, created }] : [];
}
