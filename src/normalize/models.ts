import { isObject } from '../protocol/json.ts';
import { isHostModel } from './families/host-models.ts';
import type { Given, Settings } from './given.ts';
import { nameList, shortName } from './name-list.ts';
import type { ModelChoice, NormalizeContext, ProviderChoice } from './request.ts';

/** Providers that many prompts name, with the variable that switches each on. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  openrouter: 'OPENROUTER_API_KEY',
  groq: 'GROQ_API_KEY',
  cerebras: 'CEREBRAS_API_KEY',
  xai: 'XAI_API_KEY',
  deepseek: 'DEEPSEEK_API_KEY',
  gemini: 'GEMINI_API_KEY',
  mistral: 'MISTRAL_API_KEY',
  together: 'TOGETHER_API_KEY',
  ollama: 'OPENAI_BASE_URL',
  lmstudio: 'OPENAI_BASE_URL',
  vllm: 'OPENAI_BASE_URL',
};

/** What other tools call a well-known provider. */
const OTHER_IDS: Readonly<Record<string, string>> = { googleai: 'gemini', vertexai: 'gemini' };

/** Models that are tried in order; a request of one megabyte could name a hundred thousand. */
const MAX_MODELS = 32;

interface Unresolved {
  readonly code: 'unknown_model' | 'unknown_provider';
  readonly message: string;
}

/**
 * The models to ask, in order. `a/b` is model `b` of provider `a` where that provider is
 * configured; any other name is a model of the default provider.
 *
 * Reports `unknown_model`, `unknown_provider`, `no_provider`. In a list an unknown name is only a
 * warning as long as another one is known.
 * @see spec/prompt-format.md MODEL
 */
export function resolveModels(settings: Settings, context: NormalizeContext): ModelChoice[] {
  return chosenModels(settings, context).map((choice) => pricedModel(choice, context));
}

/** The same model with its price, as far as that is known. */
export function pricedModel(
  choice: ModelChoice,
  { priceOf }: Pick<NormalizeContext, 'priceOf'>,
): ModelChoice {
  const price = priceOf?.(choice) ?? null;
  return price === null ? choice : { ...choice, price };
}

function chosenModels(settings: Settings, context: NormalizeContext): ModelChoice[] {
  const base = chooseProvider(settings, context);
  if (base === null) {
    return [];
  }
  const given = settings.given('model')[0];
  const names = given === undefined ? [] : modelNames(given, settings);
  if (given === undefined || names === null || names.length === 0) {
    return [{ provider: base.provider.id, model: base.provider.defaultModel }];
  }
  const { provider } = base;
  const aliases = new Set(names.filter((name) => isAlias(name, context.providers)));
  reportAliases(settings, given, [...aliases], provider);
  const resolved = names.map((name) =>
    aliases.has(name)
      ? { provider: provider.id, model: provider.defaultModel }
      : resolveModel(name, base, context.providers),
  );
  const models = resolved.filter((found) => 'model' in found);
  const severity = models.length === 0 ? 'error' : 'warning';
  const at = settings.position(given.place);
  for (const found of resolved) {
    if ('code' in found) {
      settings.report(severity, found.code, found.message, at);
    }
  }
  return unique(models);
}

/** A name that a provider does know is no alias, whatever it means elsewhere. */
function isAlias(name: string, providers: readonly ProviderChoice[]): boolean {
  const isHere = providers.some(
    ({ id, models = [] }) => models.includes(name) || name.startsWith(`${id}/`),
  );
  return isHostModel(name) && !isHere;
}

function reportAliases(
  settings: Settings,
  given: Given,
  aliases: readonly string[],
  { defaultModel }: ProviderChoice,
): void {
  if (aliases.length > 0) {
    const message = `${nameList(aliases, 10)}: a name that only another tool has for a model; the default model ${defaultModel} is used.`;
    settings.report('info', 'host_model', message, settings.position(given.place));
  }
}

interface Base {
  readonly provider: ProviderChoice;
  /** Whether the prompt named it, so that the model's name is taken as it is. */
  readonly named: boolean;
}

/** The provider that `base_url` names, else the first. */
function chooseProvider(settings: Settings, context: NormalizeContext): Base | null {
  const first = context.providers[0];
  if (first === undefined) {
    settings.report('error', 'no_provider', 'This server has no model provider.');
    return null;
  }
  const given = settings.given('base_url')[0];
  if (given === undefined) {
    return { provider: first, named: false };
  }
  const wanted = typeof given.value === 'string' ? given.value : '';
  const provider = context.providers.find(
    ({ id, url }) => id === wanted || (url !== undefined && sameUrl(url, wanted)),
  );
  if (provider !== undefined) {
    return { provider, named: true };
  }
  // Only hosts the operator chose: a prompt that names its own would be sent the server's context.
  const message = `There is no provider ${wanted} here. ${switchOn(wanted)}${listProviders(context.providers)}`;
  settings.report('error', 'unknown_provider', message, settings.position(given.place));
  return null;
}

function sameUrl(a: string, b: string): boolean {
  return plainUrl(a) === plainUrl(b);
}

function plainUrl(url: string): string {
  const href = URL.canParse(url) ? new URL(url).href : url;
  return href.endsWith('/') ? href.slice(0, -1) : href;
}

/** The names under `model`: one, a list, or prompty's map with an `id`. */
function modelNames(given: Given, settings: Settings): string[] | null {
  const { value } = given;
  const single = isObject(value) ? (value['id'] ?? value['name'] ?? value['model'] ?? []) : value;
  const list: readonly unknown[] = Array.isArray(single) ? single : [single];
  if (!list.every((name) => typeof name === 'string')) {
    settings.wrong(given.place, 'must be the name of a model or a list of names');
    return null;
  }
  const names = list.flatMap((name) => name.split(',')).map((name) => name.trim());
  const different = [...new Set(names.filter((name) => name !== ''))];
  if (different.length > MAX_MODELS) {
    settings.wrong(given.place, `must not name more than ${MAX_MODELS} models`);
    return null;
  }
  return different;
}

function resolveModel(
  name: string,
  base: Base,
  providers: readonly ProviderChoice[],
): ModelChoice | Unresolved {
  const slash = name.indexOf('/');
  if (slash === -1) {
    return name === 'demo' && providers.some(({ id }) => id === 'demo')
      ? { provider: 'demo', model: 'demo' }
      : known(base.provider, name, providers);
  }
  const written = name.slice(0, slash);
  const prefix = providerId(written, providers);
  const named = providers.find(({ id }) => id === prefix);
  if (named !== undefined && (!base.named || named === base.provider)) {
    return known(named, name.slice(slash + 1), providers);
  }
  const isWellKnown = Object.hasOwn(WELL_KNOWN, prefix);
  if (isWellKnown && !base.named && base.provider.id !== 'openrouter') {
    const message = `There is no provider ${written} here. ${switchOn(prefix)}${listProviders(providers)}`;
    return { code: 'unknown_provider', message };
  }
  return known(base.provider, name, providers);
}

/** The id that a provider has here; one that the operator chose goes first. */
function providerId(written: string, providers: readonly ProviderChoice[]): string {
  const isHere = providers.some(({ id }) => id === written);
  return isHere || !Object.hasOwn(OTHER_IDS, written) ? written : (OTHER_IDS[written] ?? written);
}

function known(
  provider: ProviderChoice,
  model: string,
  providers: readonly ProviderChoice[],
): ModelChoice | Unresolved {
  if (provider.models === undefined || provider.models.includes(model)) {
    return { provider: provider.id, model };
  }
  const models = provider.models.slice(0, 20).join(', ');
  const message = `There is no model ${shortName(model)} at ${provider.id}, which has: ${models}. ${listProviders(providers)}${demoAlone(providers)}`;
  return { code: 'unknown_model', message };
}

function switchOn(provider: string): string {
  const variable = Object.hasOwn(WELL_KNOWN, provider) ? WELL_KNOWN[provider] : undefined;
  return variable === undefined ? '' : `${variable} switches it on. `;
}

/** Where nothing is configured, a model of a provider is what somebody misses first. */
function demoAlone(providers: readonly ProviderChoice[]): string {
  const isAlone = providers.every(({ id }) => id === 'demo');
  return isAlone ? ' OPENAI_API_KEY or the key of another provider switches one on.' : '';
}

function listProviders(providers: readonly ProviderChoice[]): string {
  return `Providers: ${providers.map(({ id }) => id).join(', ')}.`;
}

function unique(models: readonly ModelChoice[]): ModelChoice[] {
  const seen = new Map(models.map((choice) => [`${choice.provider}/${choice.model}`, choice]));
  return [...seen.values()];
}
