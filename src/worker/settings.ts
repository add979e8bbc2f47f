import { parseAllowList } from '../egress/address-policy.ts';
import type { RegisteredClient } from '../login/login-client.ts';
import { readRegisteredClients } from '../login/registered-clients.ts';
import { configuredProviders, KNOWN_PROVIDERS } from '../execute/model/providers.ts';
import type { Provider } from '../execute/model/providers.ts';
import { checkSecretHosts } from '../execute/environment-secrets.ts';
import { capsOf, NO_CAP, numbersIn } from './principal/caller-caps.ts';
import type { CallerCaps } from './principal/caller-caps.ts';
import { NO_SIGN_IN, SIGN_IN_VARIABLES, signInSettings } from './sign-in/sign-in-settings.ts';
import type { SignInSettings } from './sign-in/sign-in-settings.ts';

/**
 * The variables of a server, read once and checked: `npm start` refuses to start with a malformed
 * one, a deployed Worker answers 503 `misconfigured` until it is right.
 * @see spec/http-api.md, Settings
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
  /** Origin that the launcher listens on, such as `http://127.0.0.1:8787`; null when deployed. */
  readonly localOrigin: string | null;
  /** Whose runs these are when no key comes: the one person of a local server, or nobody. */
  readonly localOwner: boolean;
  /** Origin under which others know this server. */
  readonly publicOrigin: string | null;
  /** Signs run ids and owner tokens. */
  readonly idKey: string;
  /** Seal what logging in gives: the first is used, all of them open. */
  readonly vaultKeys: readonly string[];
  readonly apiKeys: readonly ApiKey[];
  /** How people sign in who were given no key. */
  readonly signIn: SignInSettings;
  /** Whether anybody may run prompts. */
  readonly publicRuns: boolean;
  /** How much each caller may run. */
  readonly caps: CallerCaps;
  /** Tool servers that are added to every run. */
  readonly operatorServers: readonly string[];
  /** `host:port` on loopback that prompts may reach; always empty when deployed. */
  readonly egressAllow: readonly string[];
  /** Providers that are switched on; the first is the default, `demo` the last. */
  readonly providers: readonly Provider[];
  /** Origins of providers that callers may name beside the known ones. */
  readonly providerHosts: readonly string[];
  /** OAuth clients that the operator made by hand. */
  readonly loginClients: readonly RegisteredClient[];
  /** Address of the document that says who we are as an OAuth client; null where none can be read. */
  readonly clientMetadataUrl: string | null;
  /** Whether every form of a tool is answered with its defaults; never when deployed. */
  readonly acceptsElicitations: boolean;
}

/** Settings, or one sentence for everything that is wrong; each names its variable, none a secret. */
export interface SettingsResult {
  readonly settings: Settings | null;
  readonly problems: readonly string[];
}

/** Every variable that the Worker reads; those of secrets and of their hosts come on top. */
export const VARIABLES: readonly string[] = [
  'PUBLIC_URL',
  'ID_KEY',
  'VAULT_KEY',
  'API_KEYS',
  ...SIGN_IN_VARIABLES,
  'PUBLIC_RUNS',
  'RUN_RATE',
  'RUN_CONCURRENCY',
  'MCP_SERVER_ENDPOINTS',
  'PROVIDER_HOSTS',
  'EGRESS_ALLOW',
  'LOGIN_CLIENTS',
  'CLIENT_METADATA_URL',
  'ELICITATION_ANSWERS',
  'DEBUG_OUTPUT',
  'OPENAI_BASE_URL',
  'DEFAULT_MODEL',
  ...KNOWN_PROVIDERS.map(({ variable }) => variable),
];

/** Reads and checks all variables. */
export function readSettings(variables: Variables): SettingsResult {
  const problems: string[] = [];
  const read = <Value>(name: string, parse: (text: string) => Value, otherwise: Value): Value => {
    try {
      return parse(variables[name]?.trim() ?? '');
    } catch (error) {
      problems.push(error instanceof Error ? error.message : `${name} is malformed.`);
      return otherwise;
    }
  };
  const localOrigin = read('LOCAL_ORIGIN', (text) => originIn('LOCAL_ORIGIN', text), null);
  const publicOrigin = read('PUBLIC_URL', (text) => originIn('PUBLIC_URL', text), null);
  const isLocal = localOrigin !== null;
  read('HOSTS_OF_SECRET', () => checkSecretHosts(variables), undefined);
  const settings: Settings = {
    localOrigin,
    localOwner: variables['LOCAL_OWNER'] === '1' && isLocal,
    publicOrigin,
    idKey: read('ID_KEY', (text) => keyIn('ID_KEY', text), ''),
    vaultKeys: read('VAULT_KEY', vaultKeysIn, []),
    apiKeys: read('API_KEYS', apiKeysIn, []),
    signIn: read('SIGN_IN', () => signInSettings(variables, isLocal), NO_SIGN_IN),
    publicRuns: read('PUBLIC_RUNS', switchIn, false),
    caps: capsOf(
      read('RUN_RATE', (text) => numbersIn('RUN_RATE', text), NO_CAP),
      read('RUN_CONCURRENCY', (text) => numbersIn('RUN_CONCURRENCY', text), NO_CAP),
    ),
    operatorServers: read('MCP_SERVER_ENDPOINTS', serversIn, []),
    egressAllow: read('EGRESS_ALLOW', (text) => allowListIn(text, isLocal), []),
    providers: read('OPENAI_BASE_URL', () => configuredProviders(variables), []),
    providerHosts: read('PROVIDER_HOSTS', (text) => providerHostsIn(text, isLocal), []),
    loginClients: read('LOGIN_CLIENTS', readRegisteredClients, []),
    clientMetadataUrl: read(
      'CLIENT_METADATA_URL',
      (text) => metadataUrlIn(text, publicOrigin),
      null,
    ),
    acceptsElicitations: read('ELICITATION_ANSWERS', (text) => answersIn(text, isLocal), false),
  };
  return { settings: problems.length === 0 ? settings : null, problems };
}

function keyIn(name: string, text: string): string {
  if (text.length >= 32) return text;
  throw new TypeError(`${name} must be a secret of at least 32 characters.`);
}

/** Several, so that a key can be replaced while what the old one sealed still opens. */
function vaultKeysIn(text: string): string[] {
  const keys = listIn(text);
  return (keys.length === 0 ? [''] : keys).map((key) => keyIn('VAULT_KEY', key));
}

/** An origin without path, query or credentials; null when unset. */
function originIn(name: string, text: string): string | null {
  if (text === '') return null;
  const url = webUrl(text);
  const rest = url === null ? 'none' : url.username + url.password + url.search + url.hash;
  if (url?.pathname === '/' && rest === '') return url.origin;
  throw new TypeError(`${name} must be one http or https origin, such as https://prompts.example.`);
}

function apiKeysIn(text: string): ApiKey[] {
  return listIn(text).map((pair) => {
    const [, name, key] = /^([\w.-]{1,64}):([!-~]{16,})$/.exec(pair) ?? [];
    if (name !== undefined && key !== undefined) return { name, key };
    throw new TypeError(
      'API_KEYS must be name:key pairs with commas between; a key has at least 16 characters.',
    );
  });
}

function switchIn(text: string): boolean {
  if (/^(?:|0|1|true|false)$/.test(text)) return text === '1' || text === 'true';
  throw new TypeError('PUBLIC_RUNS must be 1 or 0.');
}

function serversIn(text: string): string[] {
  return listIn(text).map((entry) => {
    if (webUrl(entry.replace(/^openapi:/i, '')) !== null) return entry;
    throw new TypeError(
      'MCP_SERVER_ENDPOINTS must be http or https URLs with commas between; openapi: may stand before one.',
    );
  });
}

/** Plain http is for servers of a developer's own machine. */
function providerHostsIn(text: string, isLocal: boolean): string[] {
  return listIn(text).map((entry) => {
    const url = webUrl(entry);
    const isOrigin = url?.pathname === '/' && url.search + url.hash + url.username === '';
    if (url !== null && isOrigin && (isLocal || url.protocol === 'https:')) return url.origin;
    throw new TypeError(
      'PROVIDER_HOSTS must be https origins with commas between, such as https://llm.example; http is for npm start.',
    );
  });
}

/** Loopback is a developer's own machine; behind a deployed server it would be somebody else's. */
function allowListIn(text: string, isLocal: boolean): readonly string[] {
  const allowed = parseAllowList(text);
  if (allowed.length === 0 || isLocal) return allowed;
  throw new TypeError('EGRESS_ALLOW is for development with npm start and refused when deployed.');
}

/** Answering for a person is for tests of tool servers; on a real server somebody must be asked. */
function answersIn(text: string, isLocal: boolean): boolean {
  if (text === '') return false;
  if (text !== 'accept') throw new TypeError('ELICITATION_ANSWERS must be "accept" or not set.');
  if (isLocal) return true;
  throw new TypeError(
    'ELICITATION_ANSWERS is for development with npm start and refused when deployed.',
  );
}

/** Authorization servers fetch it, so it is https; a path keeps it apart from the origin itself. */
function metadataUrlIn(text: string, publicOrigin: string | null): string | null {
  if (text === '') {
    return publicOrigin?.startsWith('https:') === true ? `${publicOrigin}/oauth/client.json` : null;
  }
  const url = webUrl(text);
  const rest = url === null ? 'none' : url.username + url.password + url.hash;
  if (url?.protocol === 'https:' && url.pathname !== '/' && rest === '') return url.href;
  throw new TypeError('CLIENT_METADATA_URL must be an https URL with a path.');
}

function listIn(text: string): string[] {
  return text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

function webUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && ['http:', 'https:'].includes(url.protocol) ? url : null;
}
