/**
 * The variables of a server, read once and checked: `npm start` refuses to start with a malformed
 * one, a deployed Worker answers 503 `misconfigured` until it is right.
 * @see spec/http-api.md, Environment
 */

/** Variables by name, as the process or the Worker's bindings hold them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Somebody who may run prompts by sending a key. */
export interface ApiKey {
  readonly name: string;
  readonly key: string;
}

/** What the operator decided. */
export interface Settings {
  /** Whose runs these are when no key comes: the one person of a local server, or nobody. */
  readonly localOwner: boolean;
  /** Origin that the launcher listens on, such as `http://127.0.0.1:8787`; null when deployed. */
  readonly localOrigin: string | null;
  /** Origin under which others know this server. */
  readonly publicOrigin: string | null;
  /** Signs run ids and owner tokens. */
  readonly idKey: string;
  readonly apiKeys: readonly ApiKey[];
  /** Whether anybody may run prompts. */
  readonly publicRuns: boolean;
  /** Tool servers that are added to every run. */
  readonly operatorServers: readonly string[];
  /** `host:port` pairs on loopback that prompts may reach; always empty when deployed. */
  readonly egressAllow: string;
}

/** A setting that is wrong: which, and what it should be. Its value is never repeated. */
export interface SettingProblem {
  readonly name: string;
  readonly message: string;
}

/** Every variable of the server that is not a provider's key, with the sentence said when it is malformed. */
export const VARIABLES = {
  PUBLIC_URL: 'must be one http or https origin, such as https://prompts.example',
  ID_KEY: 'must be set to a secret of at least 32 characters',
  VAULT_KEY: 'must be a secret of at least 32 characters',
  API_KEYS: 'must be name:key pairs with commas between; keys have at least 16 characters',
  PUBLIC_RUNS: 'must be 1 or 0',
  MCP_SERVER_ENDPOINTS: 'must be http or https URLs with commas between',
  EGRESS_ALLOW:
    'must be host:port pairs on loopback with commas between, and is only for npm start',
  DEBUG_OUTPUT: 'is accepted as it is',
  LOCAL_OWNER: 'is set by the launcher alone',
  LOCAL_ORIGIN: 'is set by the launcher alone',
} as const satisfies Record<string, string>;

type VariableName = keyof typeof VARIABLES;

/** Settings, or what is wrong with them. */
export type SettingsResult =
  | { readonly settings: Settings; readonly problems: readonly [] }
  | { readonly settings: null; readonly problems: readonly SettingProblem[] };

/** Reads and checks all variables but those of the model providers. */
export function readSettings(variables: Variables): SettingsResult {
  const value = (name: VariableName) => variables[name] ?? '';
  const localOwner = value('LOCAL_OWNER') === '1';
  const apiKeys = readApiKeys(value('API_KEYS'));
  const operatorServers = list(value('MCP_SERVER_ENDPOINTS'));
  const publicOrigin = readOrigin(value('PUBLIC_URL'));
  const wrong: Record<VariableName, boolean> = {
    PUBLIC_URL: publicOrigin === undefined,
    ID_KEY: value('ID_KEY').length < 32,
    VAULT_KEY: value('VAULT_KEY') !== '' && value('VAULT_KEY').length < 32,
    API_KEYS: apiKeys === undefined,
    PUBLIC_RUNS: !/^(?:|[01]|true|false)$/.test(value('PUBLIC_RUNS')),
    MCP_SERVER_ENDPOINTS: !operatorServers.every(isWebUrl),
    EGRESS_ALLOW: !isAllowList(value('EGRESS_ALLOW')) || (!localOwner && value('EGRESS_ALLOW') !== ''),
    DEBUG_OUTPUT: false,
    LOCAL_OWNER: false,
    LOCAL_ORIGIN: localOwner && !isWebUrl(value('LOCAL_ORIGIN')),
  };
  const problems = Object.entries(VARIABLES)
    .filter(([name]) => wrong[name as VariableName])
    .map(([name, message]) => ({ name, message }));
  if (problems.length > 0 || apiKeys === undefined || publicOrigin === undefined) {
    return { settings: null, problems };
  }
  return {
    settings: {
      localOwner,
      localOrigin: localOwner ? new URL(value('LOCAL_ORIGIN')).origin : null,
      publicOrigin,
      idKey: value('ID_KEY'),
      apiKeys,
      publicRuns: ['1', 'true'].includes(value('PUBLIC_RUNS')),
      operatorServers,
      egressAllow: localOwner ? value('EGRESS_ALLOW') : '',
    },
    problems: [],
  };
}

function list(text: string): string[] {
  return text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

/** An origin without path, query or credentials; null when unset, undefined when malformed. */
function readOrigin(text: string): string | null | undefined {
  if (text === '') return null;
  if (!isWebUrl(text)) return undefined;
  const url = new URL(text);
  const bare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return bare ? url.origin : undefined;
}

function readApiKeys(text: string): ApiKey[] | undefined {
  const keys = list(text).map((pair) => /^([\w.-]{1,64}):([!-~]{16,})$/.exec(pair));
  const found = keys.flatMap((match) =>
    match?.[1] === undefined || match[2] === undefined ? [] : [{ name: match[1], key: match[2] }],
  );
  return found.length === keys.length ? found : undefined;
}
