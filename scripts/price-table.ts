/**
 * Writes `src/execute/model/price-table.ts`: what the chat models of the providers that we know
 * cost, from the catalogue `@pydantic/genai-prices`. The catalogue is half a megabyte with matching
 * rules in six kinds and prices of pages, seconds and searches; this is the part that a run pays by.
 * A test compares the table with the catalogue.
 */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import {
  findProvider,
  type ConditionalPrice,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
} from '@pydantic/genai-prices';

/**
 * Host of a provider that we know → its name in the catalogue. OpenRouter is not among them: its 700
 * models are those of others, and it says itself what each step cost.
 */
export const CATALOGUE_IDS: Readonly<Record<string, string>> = {
  'api.openai.com': 'openai',
  'api.anthropic.com': 'anthropic',
  'api.groq.com': 'groq',
  'api.cerebras.ai': 'cerebras',
  'api.x.ai': 'x-ai',
  'api.deepseek.com': 'deepseek',
  'generativelanguage.googleapis.com': 'google',
  'api.mistral.ai': 'mistral',
  'api.together.xyz': 'together',
  'api.cloudflare.com': 'cloudflare',
};

/** Input, cached input, output. */
type Triple = readonly [number, number, number];

/** The tiers of one price; the first begins above no token. */
type Tiers = ReadonlyMap<number, Triple>;

const HEAD = `// Generated from the catalogue @pydantic/genai-prices by scripts/price-table.ts; a test compares them.
/* oxlint-disable max-lines -- a table of data */

/** The host that is paid → its models, one a line: names, \`=\`, prices. Read by \`price-list.ts\`. */
export const PRICE_TABLE: Readonly<Record<string, string>> = {
`;

/** The whole module, as it is written. */
export function priceTable(): string {
  const entries = Object.entries(CATALOGUE_IDS).map(([host, providerId]) => {
    const provider = findProvider({ providerId });
    if (provider === undefined) throw new Error(`The catalogue has no provider ${providerId}.`);
    const lines = mergedLines(provider.models.flatMap(lineOf));
    const text = lines.map(({ names, prices }) => `${names.join(' ')} = ${prices}`).join('\n');
    return `  '${host}': \`\n${text}\n\`,\n`;
  });
  return `${HEAD}${entries.join('')}};\n`;
}

/** In place of prices: the model is known, and what it costs is not. */
const NO_PRICE = '-';

interface Line {
  readonly names: readonly string[];
  readonly prices: string;
}

/**
 * The first line that fits counts, so what has no price goes before what it could be taken for. Where
 * every name is spelled out the order means nothing.
 */
function mergedLines(all: readonly Line[]): Line[] {
  const unpriced = all.filter(({ prices }) => prices === NO_PRICE).flatMap(({ names }) => names);
  const lines = all.filter(({ prices }) => prices !== NO_PRICE);
  if (unpriced.length > 0) return [{ names: unpriced, prices: NO_PRICE }, ...lines];
  if (lines.some(({ names }) => names.some((name) => name.includes('*')))) return [...lines];
  const byPrice = Map.groupBy(lines, ({ prices }) => prices);
  return [...byPrice].map(([prices, same]) => ({
    names: same.flatMap(({ names }) => names),
    prices,
  }));
}

/** No line for what has no price that anybody filled in, and what is sold elsewhere. */
function lineOf(model: ModelInfo): Line[] {
  const prices = isOfText(model) ? pricesOf(model) : NO_PRICE;
  const all = [...new Set(namesOf(model.match).map((name) => name.toLowerCase()))];
  // Google has Claude in its cloud, which is another address than the one that we know.
  const names = all.filter((name) => !name.startsWith('*claude'));
  if (prices === null || names.length === 0) return [];
  const bad = names.find((name) => !/^[-\w.:/~@#*+]+$/.test(name));
  if (bad !== undefined) throw new Error(`The name ${bad} does not fit into the table.`);
  return [{ names, prices }];
}

/** \`*\` at an end stands for any text, \`#\` for a digit. */
function namesOf(match: MatchLogic): string[] {
  if ('or' in match) return match.or.flatMap(namesOf);
  if ('equals' in match) return [match.equals];
  if ('starts_with' in match) return [`${match.starts_with}*`];
  if ('ends_with' in match) return [`*${match.ends_with}`];
  if ('contains' in match) return [`*${match.contains}*`];
  if ('regex' in match) return [globOf(match.regex)];
  // What is excepted speaks and is no chat model.
  const [kept, ...others] = match.and.filter((part) => !isNoSpeech(part));
  if (kept === undefined || others.length > 0) throw new Error('A rule has too many parts.');
  return namesOf(kept);
}

function isNoSpeech(match: MatchLogic): boolean {
  return 'regex' in match && match.regex === '^(?!.*-[tT][tT][sS](?:$|-))';
}

/** The few regular expressions of the catalogue are names with digits at their end. */
function globOf(regex: string): string {
  const isOpen = !regex.endsWith('$');
  const glob = regex
    .replace(/^\^/, '')
    .replace(/\$$/, '')
    .replace(/\\d(?:\{(\d+)\})?/g, (_, count: string | undefined) => '#'.repeat(Number(count ?? 1)))
    .replaceAll('\\.', '.');
  if (!regex.startsWith('^') || /[\\[\](){}|?+^$]/.test(glob)) {
    throw new Error(`The rule ${regex} is no name with digits.`);
  }
  return isOpen ? `${glob}*` : glob;
}

/** The prices in order of the day from which they hold; null for what is no chat model. */
function pricesOf({ prices }: ModelInfo): string | null {
  const all: readonly ConditionalPrice[] = Array.isArray(prices) ? prices : [{ prices }];
  // Prices that change over the day: what is kept is the dearest, so that no limit is overrun.
  const hours = all.filter(({ constraint }) => constraint?.type === 'time_of_date');
  const dated = all.filter((each) => !hours.includes(each));
  const texts = dated.map(({ constraint, prices: own }) => {
    const tiers = [own, ...hours.map((each) => each.prices)].map(tiersOf);
    const [first, ...others] = tiers;
    if (first === null || first === undefined) return null;
    const text = tiersText(others.reduce<Tiers>((a, b) => dearest(a, b ?? a), first));
    return constraint?.type === 'start_date' ? `@${constraint.start_date} ${text}` : text;
  });
  const known = texts.filter((text) => text !== null);
  return known.length === 0 ? null : known.join(' ').replace(/^@\S+ /, '');
}

function tiersOf(prices: ModelPrice): Tiers | null {
  const { input_mtok: input, output_mtok: output, cache_read_mtok: cached = input } = prices;
  if (input === undefined || output === undefined) return null;
  const parts = [input, cached, output] as const;
  const starts = parts.flatMap((part) =>
    typeof part === 'number' || part === undefined ? [] : part.tiers.map(({ start }) => start),
  );
  const sorted = [...new Set([0, ...starts])].toSorted((a, b) => a - b);
  return new Map(
    sorted.map((above) => [above, [at(input, above), at(cached, above), at(output, above)]]),
  );
}

/** What also draws or speaks costs more than its words, and says in no usage how much of which. */
function isOfText({ id, prices }: ModelInfo): boolean {
  if (id.endsWith('-tts')) return false;
  const all = Array.isArray(prices) ? prices.map((each) => each.prices) : [prices];
  return !all.some((each) =>
    ['output_image_mtok', 'output_audio_mtok', 'output_video_mtok'].some((key) => key in each),
  );
}

/** The price where the input is just longer than so many tokens. */
function at(price: ModelPrice[string], above: number): number {
  if (price === undefined) return 0;
  if (typeof price === 'number') return price;
  return price.tiers.findLast(({ start }) => start <= above && above > 0)?.price ?? price.base;
}

function dearest(a: Tiers, b: Tiers): Tiers {
  if (a.size > 1 || b.size > 1) throw new Error('A model has tiers and hours.');
  const [x = [0, 0, 0]] = a.values();
  const [y = [0, 0, 0]] = b.values();
  return new Map([[0, [Math.max(x[0], y[0]), Math.max(x[1], y[1]), Math.max(x[2], y[2])]]]);
}

function tiersText(tiers: Tiers): string {
  return [...tiers]
    .map(([above, prices]) =>
      above === 0 ? tripleText(prices) : `>${above} ${tripleText(prices)}`,
    )
    .join(' ');
}

/** Cached input that costs the same as other input is left out. */
function tripleText([input, cached, output]: Triple): string {
  return cached === input ? `${input} ${output}` : `${input} ${cached} ${output}`;
}

if (argv[1] === import.meta.filename) {
  writeFileSync(new URL('../src/execute/model/price-table.ts', import.meta.url), priceTable());
}
