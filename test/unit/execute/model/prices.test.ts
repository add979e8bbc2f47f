import { readFileSync } from 'node:fs';
import { calcPrice, findProvider, type MatchLogic } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { CATALOGUE_IDS, priceTable } from '../../../../scripts/price-table.ts';
import { listedPrice } from '../../../../src/execute/model/price-list.ts';
import { pricedProviders, pricesFor } from '../../../../src/execute/model/prices.ts';
import { configuredProviders, KNOWN_PROVIDERS } from '../../../../src/execute/model/providers.ts';
import { costOf } from '../../../../src/protocol/price.ts';

const DAYS = ['2025-01-15', '2026-03-01', '2026-08-01', '2026-11-21', '2027-02-01'];
const INPUTS = [0, 1, 128_000, 128_001, 200_000, 200_001, 271_999, 272_000, 272_001, 900_000];

/** Names that the catalogue knows a model by: those that are spelled out, and a start with an end. */
function namesOf(match: MatchLogic): string[] {
  if ('or' in match) return match.or.flatMap(namesOf);
  if ('equals' in match) return [match.equals];
  if ('starts_with' in match) return [match.starts_with, `${match.starts_with}-20260101`];
  if ('regex' in match)
    return [match.regex.replace(/^\^|\$$|\\/g, '').replace(/d\{8\}/, '20260101')];
  return [];
}

const named = Object.entries(CATALOGUE_IDS).map(([host, providerId]) => {
  const models = findProvider({ providerId })?.models ?? [];
  return { host, providerId, names: models.flatMap(({ match }) => namesOf(match)) };
});

describe('the table of prices', () => {
  it('is what the script makes of the catalogue', () => {
    const url = new URL('../../../../src/execute/model/price-table.ts', import.meta.url);
    expect(readFileSync(url, 'utf8')).toBe(priceTable());
  });

  it('knows every provider that a key may be sent to, but for the one that states its costs', () => {
    const hosts = KNOWN_PROVIDERS.filter(({ statesCost }) => statesCost !== true).map(
      ({ baseUrl }) => new URL(baseUrl).host,
    );
    expect(Object.keys(CATALOGUE_IDS)).toEqual(expect.arrayContaining(hosts));
  });

  it.each(named)(
    'says of every model at $host what the catalogue says, at every length and on every day',
    ({ host, providerId, names }) => {
      let compared = 0;
      for (const name of names) {
        for (const day of DAYS) {
          // In these hours some prices are highest, and those are kept.
          const timestamp = new Date(`${day}T02:00:00Z`);
          const price = listedPrice(host, name, timestamp.getTime());
          if (price === null) continue;
          for (const input of INPUTS) {
            const usage = { prompt_tokens: input, completion_tokens: 1000, total_tokens: 0 };
            const cached = Math.floor(input / 3);
            const ours = costOf(price, {
              ...usage,
              prompt_tokens_details: { cached_tokens: cached },
            });
            const theirs = calcPrice(
              { input_tokens: input, cache_read_tokens: cached, output_tokens: 1000 },
              name,
              { providerId, timestamp },
            );
            expect([name, day, input, ours]).toEqual([
              name,
              day,
              input,
              expect.closeTo(theirs?.total_price ?? -1, 9),
            ]);
            compared += 1;
          }
        }
      }
      expect(compared).toBeGreaterThan(100);
    },
  );

  it('has a price for the default model of every provider', async () => {
    const priceOf = await pricesFor(
      KNOWN_PROVIDERS.map(({ id, baseUrl }) => ({ id, url: baseUrl })),
    );
    for (const { id, defaultModel, statesCost } of KNOWN_PROVIDERS) {
      const price = priceOf({ provider: id, model: defaultModel });
      expect([id, price !== null || statesCost === true]).toEqual([id, true]);
    }
  });
});

describe('the price of a model', () => {
  const now = Date.parse('2026-11-21T00:00:00Z');

  it('is that of its host: behind an address of the operator may stand anybody', async () => {
    const own = configuredProviders({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' });
    const { priceOf } = await pricedProviders(own);
    expect(priceOf({ provider: 'openai', model: 'gpt-5-mini' })).toBeNull();
    const { priceOf: paid } = await pricedProviders(configuredProviders({ OPENAI_API_KEY: 'x' }));
    expect(paid({ provider: 'openai', model: 'gpt-5-mini' })).toMatchObject({ output: 2 });
  });

  it('of the demo is nothing, and of a provider that nobody has is not known', async () => {
    const { priceOf } = await pricedProviders(configuredProviders({}));
    expect(priceOf({ provider: 'demo', model: 'demo' })).toEqual({
      input: 0,
      cached_input: 0,
      output: 0,
    });
    expect(priceOf({ provider: 'openai', model: 'gpt-5-mini' })).toBeNull();
  });

  it('at OpenRouter is what the author of the model asks, until OpenRouter says what it cost', () => {
    const there = listedPrice('api.anthropic.com', 'claude-sonnet-4-5', now);
    expect(there).not.toBeNull();
    expect(listedPrice('openrouter.ai', 'anthropic/claude-sonnet-4.5', now)).toEqual(there);
    expect(listedPrice('openrouter.ai', 'qwen/qwen3-coder:free', now)).toMatchObject({ output: 0 });
    for (const name of ['openrouter/auto', 'qwen/qwen3-coder', '__proto__/x', 'openai', '']) {
      expect(listedPrice('openrouter.ai', name, now)).toBeNull();
    }
  });

  it('that changes on a day is the new one from that day on', () => {
    const at = (day: string) => listedPrice('api.openai.com', 'o3', Date.parse(day))?.output;
    expect([at('2025-06-09'), at('2025-06-10')]).toEqual([40, 8]);
  });

  it('is found under a day of either spelling and under capitals', () => {
    const price = listedPrice('api.openai.com', 'gpt-4o-2024-08-06', now);
    expect(price).not.toBeNull();
    expect(listedPrice('api.openai.com', 'GPT-4o-20240806', now)).toEqual(price);
  });

  it('is not known for what draws, speaks or does not exist', () => {
    for (const name of [
      'gemini-2.5-flash-image',
      'gemini-3-pro-image',
      'gemini-2.5-pro-preview-tts',
    ])
      expect([name, listedPrice('generativelanguage.googleapis.com', name, now)]).toEqual([
        name,
        null,
      ]);
    expect(listedPrice('api.openai.com', 'no-such-model', now)).toBeNull();
    expect(listedPrice('nowhere.example', 'gpt-5', now)).toBeNull();
    expect(listedPrice('constructor', 'gpt-5', now)).toBeNull();
  });
});
