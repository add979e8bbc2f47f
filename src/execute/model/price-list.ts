import type { ModelPrice, TokenPrices } from '../../protocol/price.ts';
import { PRICE_TABLE } from './price-table.ts';

/**
 * What a model costs at a provider by the kept catalogue.
 * @param host of the provider's address
 * @param model as the provider knows it
 * @param now milliseconds since 1970: some prices hold from a day on
 * @returns null where it is not known
 * @see spec/providers.md, Prices
 */
export function listedPrice(host: string, model: string, now: number): ModelPrice | null {
  const lines = Object.hasOwn(PRICE_TABLE, host) ? (PRICE_TABLE[host] ?? '').split('\n') : [];
  const name = model.toLowerCase();
  const line = lineFor(name, lines) ?? lineFor(withDashedDay(name), lines);
  return line === undefined ? null : priceIn(line, now);
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
  const [input = 0, cached_input = 0, output = 0] = text.split(' ').map(Number);
  return { input, cached_input, output };
}
