import type { ModelPrice, TokenPrices } from '../../protocol/price.ts';
import { PRICE_TABLE } from './price-table.ts';

/** Authors of models as OpenRouter names them → the host where each sells them itself. */
const AUTHORS: Readonly<Record<string, string>> = {
  openai: 'api.openai.com',
  anthropic: 'api.anthropic.com',
  google: 'generativelanguage.googleapis.com',
  'x-ai': 'api.x.ai',
  mistralai: 'api.mistral.ai',
  deepseek: 'api.deepseek.com',
};

/** Passes on the models of others for what they cost there. */
const RESELLER = 'openrouter.ai';
const FREE: ModelPrice = { input: 0, cached_input: 0, output: 0 };

/**
 * What a model costs at a provider by the kept catalogue.
 * @param host of the provider's address
 * @param model as the provider knows it
 * @param now milliseconds since 1970: some prices hold from a day on
 * @returns null where it is not known
 * @see spec/providers.md, Prices
 */
export function listedPrice(host: string, model: string, now: number): ModelPrice | null {
  const name = model.toLowerCase();
  if (host === RESELLER) return resoldPrice(name, now);
  const lines = Object.hasOwn(PRICE_TABLE, host) ? (PRICE_TABLE[host] ?? '').split('\n') : [];
  const line = lineFor(name, lines) ?? lineFor(withDashedDay(name), lines);
  return line === undefined ? null : priceIn(line, now);
}

/** For the limit before and while a step runs; what it did cost OpenRouter says itself. */
function resoldPrice(name: string, now: number): ModelPrice | null {
  if (name.endsWith(':free')) return FREE;
  const [author = '', model = ''] = name.split('/', 2);
  const host = Object.hasOwn(AUTHORS, author) ? AUTHORS[author] : undefined;
  return host === undefined ? null : listedPrice(host, model, now);
}

function lineFor(name: string, lines: readonly string[]): string | undefined {
  return lines.find((line) => {
    const [names = '', prices] = line.split(' = ');
    return prices !== undefined && names.split(' ').some((pattern) => isNamed(name, pattern));
  });
}

/** `*` at an end stands for any text, `#` for a digit. */
function isNamed(name: string, pattern: string): boolean {
  const isOpenStart = pattern.startsWith('*');
  const isOpenEnd = pattern.endsWith('*');
  const core = pattern.slice(isOpenStart ? 1 : 0, isOpenEnd ? -1 : undefined);
  if (isOpenStart) return isOpenEnd ? name.includes(core) : name.endsWith(core);
  const start = isOpenEnd ? name.slice(0, core.length) : name;
  return core.includes('#') ? isSpelled(start, core) : start === core;
}

function isSpelled(name: string, core: string): boolean {
  const fits = (wanted: string, at: number): boolean =>
    wanted === '#' ? /\d/.test(name.charAt(at)) : name.charAt(at) === wanted;
  return name.length === core.length && core.split('').every(fits);
}

/** Providers write a day as 20260214 and as 2026-02-14. */
function withDashedDay(name: string): string {
  return name.replace(/-(20\d\d)([01]\d)([0-3]\d)(?![\d])/g, '-$1-$2-$3');
}

/** The prices of the last day that has come. */
function priceIn(line: string, now: number): ModelPrice | null {
  const [first = '', ...dated] = line.slice(line.indexOf(' = ') + 3).split(' @');
  if (first === '-') return null;
  const begun = dated.findLast((text) => Date.parse(text.slice(0, 10)) <= now);
  const text = begun === undefined ? first : begun.slice(11);
  const [base = '', ...tiers] = text.split(' >');
  const prices = pricesIn(base);
  if (tiers.length === 0) return prices;
  return { ...prices, tiers: tiers.map(tierIn) };
}

function tierIn(text: string): TokenPrices & { readonly above: number } {
  const space = text.indexOf(' ');
  return { above: Number(text.slice(0, space)), ...pricesIn(text.slice(space + 1)) };
}

function pricesIn(text: string): TokenPrices {
  const numbers = text.split(' ').map(Number);
  const [input = 0, cached_input = input] = numbers;
  return {
    input,
    cached_input: numbers.length === 2 ? input : cached_input,
    output: numbers.at(-1) ?? 0,
  };
}
