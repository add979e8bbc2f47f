import type { ProviderChoice } from '../../normalize/request.ts';
import { Secret } from './secret.ts';

/** A `/chat/completions` endpoint that the operator switched on. */
export interface Provider {
  /** First half of `provider/model`. */
  readonly id: string;
  /** Absolute URL below which `/chat/completions` lies; null for the demo, which is no endpoint. */
  readonly baseUrl: string | null;
  /** Null when the endpoint wants none. */
  readonly key: Secret | null;
  readonly defaultModel: string;
  /** All models it has, when that is known. */
  readonly models?: readonly string[];
  /** Sends usage by itself and answers 422 to `stream_options` (Mistral). */
  readonly sendsUsageUnasked?: boolean;
  /** Says with each answer what it cost. */
  readonly statesCost?: boolean;
  /** Sent with every request, beside the key. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface KnownProvider {
  readonly id: string;
  readonly baseUrl: string;
  /** The environment variable that holds the key and switches the provider on. */
  readonly variable: string;
  readonly defaultModel: string;
  readonly sendsUsageUnasked?: boolean;
  readonly statesCost?: boolean;
}

/**
 * Every host that a server's key may be sent to. Hosts are looked up here and never put together
 * from names in a prompt: `provider: evil.example` must not make us send a key there.
 */
export const KNOWN_PROVIDERS: readonly KnownProvider[] = [
  {
    id: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    variable: 'OPENAI_API_KEY',
    defaultModel: 'gpt-5-mini',
  },
  {
    id: 'anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    variable: 'ANTHROPIC_API_KEY',
    defaultModel: 'claude-sonnet-4-5',
  },
  {
    id: 'openrouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    variable: 'OPENROUTER_API_KEY',
    defaultModel: 'openrouter/auto',
    statesCost: true,
  },
  {
    id: 'groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    variable: 'GROQ_API_KEY',
    defaultModel: 'openai/gpt-oss-120b',
  },
  {
    id: 'cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    variable: 'CEREBRAS_API_KEY',
    defaultModel: 'gpt-oss-120b',
  },
  {
    id: 'xai',
    baseUrl: 'https://api.x.ai/v1',
    variable: 'XAI_API_KEY',
    defaultModel: 'grok-4',
  },
  {
    id: 'deepseek',
    baseUrl: 'https://api.deepseek.com/v1',
    variable: 'DEEPSEEK_API_KEY',
    defaultModel: 'deepseek-chat',
  },
  {
    id: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    variable: 'GEMINI_API_KEY',
    defaultModel: 'gemini-2.5-flash',
  },
  {
    id: 'mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    variable: 'MISTRAL_API_KEY',
    defaultModel: 'mistral-small-latest',
    sendsUsageUnasked: true,
  },
  {
    id: 'together',
    baseUrl: 'https://api.together.xyz/v1',
    variable: 'TOGETHER_API_KEY',
    defaultModel: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  },
];

const DEMO: Provider = {
  id: 'demo',
  baseUrl: null,
  key: null,
  defaultModel: 'demo',
  models: ['demo'],
};

type Environment = Readonly<Record<string, string | undefined>>;

/** What the normalizer may know of the providers: no key. */
export function providerChoices(providers: readonly Provider[]): readonly ProviderChoice[] {
  return providers.map(({ id, defaultModel, baseUrl, models, statesCost }) => ({
    id,
    defaultModel,
    ...(baseUrl === null ? {} : { url: baseUrl }),
    ...(models === undefined ? {} : { models }),
    ...(statesCost === undefined ? {} : { statesCost }),
  }));
}

/**
 * The providers that these variables switch on, in the order of the table, `demo` last; the one
 * that `DEFAULT_MODEL` names comes first, because the first is the default.
 * @throws TypeError naming the variable that is malformed, never its value
 * @see spec/providers.md
 */
export function configuredProviders(env: Environment): Provider[] {
  const baseUrl = baseUrlFrom(env);
  const configured: Provider[] = [];
  for (const { variable, ...known } of KNOWN_PROVIDERS) {
    const key = keyFrom(env, variable);
    const own = known.id === 'openai' ? baseUrl : null;
    if (key !== null || own !== null) {
      configured.push({ ...known, baseUrl: own ?? known.baseUrl, key });
    }
  }
  return withDefaultModel([...configured, DEMO], setting(env, 'DEFAULT_MODEL'));
}

/** Empty is unset; the line end that a secret file leaves is no part of the value. */
function setting(env: Environment, variable: string): string | null {
  return env[variable]?.trim() || null;
}

function keyFrom(env: Environment, variable: string): Secret | null {
  const value = setting(env, variable);
  if (value === null) return null;
  // Anything else would break out of the Authorization header or be refused by fetch.
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new TypeError(`${variable} must be one word of printable ASCII characters.`);
  }
  return new Secret(value);
}

function baseUrlFrom(env: Environment): string | null {
  const value = setting(env, 'OPENAI_BASE_URL');
  if (value === null) return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TypeError('OPENAI_BASE_URL must be an absolute http or https URL.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError('OPENAI_BASE_URL must hold no credentials, query or fragment.');
  }
  return url.href.replace(/(?<!\/)\/+$/, '');
}

function withDefaultModel(providers: Provider[], wanted: string | null): Provider[] {
  if (wanted === null) return providers;
  const slash = wanted.indexOf('/');
  const named = providers.find(({ id }) => id === (slash < 0 ? wanted : wanted.slice(0, slash)));
  // `openai/gpt-oss-120b` is also a model of Groq: only a configured provider's id is one.
  const chosen = named ?? providers[0] ?? DEMO;
  const model = named === undefined ? wanted : wanted.slice(named.id.length + 1);
  if (chosen.models !== undefined && model !== '' && !chosen.models.includes(model)) {
    throw new TypeError(
      `DEFAULT_MODEL names a model that the provider ${chosen.id} does not have; ` +
        'set the key of the provider that has it, or OPENAI_BASE_URL.',
    );
  }
  const first = model === '' ? chosen : { ...chosen, defaultModel: model };
  return [first, ...providers.filter((provider) => provider !== chosen)];
}
