import type { Provider } from '../../execute/model/providers.ts';
import { Fault } from '../../fault/fault.ts';
import { isObject, parseJsonList, parseJsonObject } from '../../protocol/json.ts';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { network } from '../network.ts';
import type { Network, NetworkUse } from '../network.ts';
import { decoded, readBytes } from '../post/read-body.ts';
import { json } from '../../connect/responses.ts';
import { accountClient } from '../account/account-client.ts';
import { keyedProvidersFor } from '../account/user-providers.ts';
import { isGuest } from '../principal/principal-name.ts';
import { ownCaller } from './chat-caller.ts';
import type { ChatAsked } from './chat-caller.ts';
import { askAlways, keptModels } from './kept-models.ts';
import type { KeptModels, ListedModel } from './kept-models.ts';
import { keyHeaders } from './provider-key.ts';

/** Milliseconds for one provider to say its models. */
const LIST_MS = 3000;
/** Bytes of such a list; that of OpenRouter has half a megabyte. */
const MAX_LIST = 4_194_304;
/** Models of one provider. */
const MAX_MODELS = 2000;
const MODEL_ID = /^[!-~]{1,200}$/;

/**
 * `GET /v1/models`: what `model` may be at this server, in the form of OpenAI's list. Providers are
 * asked for their lists at the same time; of one that says none, the default model is there.
 * @throws Fault `unauthorized`
 * @see spec/completions.md CC-16
 */
export async function listModels(asked: ChatAsked): Promise<Response> {
  const { env, settings, request } = asked;
  const { principal, isTrusted, origin } = await ownCaller(asked);
  const data = await modelsFor({ env, settings, origin, isTrusted }, principal, request.signal);
  return json({ object: 'list', data });
}

/**
 * `GET /v1/models/{model}`: one of that list, whose name may have its slashes encoded or not.
 * @throws Fault `unauthorized`, `not_found`
 */
export async function oneModel(asked: ChatAsked): Promise<Response> {
  const { env, settings, request } = asked;
  const { principal, isTrusted, origin } = await ownCaller(asked);
  const models = await modelsFor({ env, settings, origin, isTrusted }, principal, request.signal);
  const path = new URL(request.url).pathname;
  const id = path.slice('/v1/models/'.length).replaceAll(/%2f/gi, '/').replaceAll(/%3a/gi, ':');
  const found = models.find((model) => isObject(model) && model['id'] === id);
  if (found === undefined) {
    throw new Fault('not_found', 'There is no such model in the list at /v1/models.');
  }
  return json(found);
}

/**
 * The models that a caller may name, each as an item of OpenAI's list.
 * @param principal as `principalName` says it; null for nobody we know
 */
export async function modelsFor(
  use: NetworkUse,
  principal: string | null,
  signal: AbortSignal,
): Promise<readonly Json[]> {
  if (principal !== null && isGuest(principal)) return listOfUser(use, principal, signal);
  const { providers } = use.settings;
  // Whoever sits at the machine loads models into it and wants to see them at once.
  if (principal === 'local') return listOf(providers, network(use), signal);
  return listOf(providers, network(use), signal, keptModels(use));
}

/**
 * What a user's key can ask. OpenRouter is asked once in some minutes for each user: its list is
 * long, and every editor that opens wants it.
 */
async function listOfUser(
  use: NetworkUse,
  principal: string,
  signal: AbortSignal,
): Promise<readonly Json[]> {
  const { env, settings } = use;
  const account = accountClient(env, principal);
  const kept = parseJsonList((await account.models()) ?? '');
  if (kept !== null) return kept;
  const providers = await keyedProvidersFor(env, settings, principal).catch(() => []);
  const data = await listOf(providers, network(use), signal);
  // The default models alone mean that OpenRouter was away: it is asked again the next time.
  if (data.length > providers.length) await account.keepModels(JSON.stringify(data));
  return data;
}

async function listOf(
  providers: readonly Provider[],
  outside: Network,
  signal: AbortSignal,
  kept: KeptModels = askAlways,
): Promise<JsonObject[]> {
  const ask = (provider: Provider, url: string) =>
    kept(provider, () => askFor(provider, url, outside, signal));
  const lists = await Promise.all(
    providers.map(async (provider) =>
      (await modelsOf(provider, ask)).map((model) => modelJson(provider, model)),
    ),
  );
  return lists.flat();
}

/** The default model is always there, and first. */
async function modelsOf(
  provider: Provider,
  ask: (provider: Provider, url: string) => Promise<readonly ListedModel[]>,
): Promise<readonly ListedModel[]> {
  const { models, baseUrl, defaultModel } = provider;
  if (models !== undefined) return models.map((id) => ({ id, created: 0 }));
  const asked = baseUrl === null ? [] : await ask(provider, baseUrl);
  const known = asked.find(({ id }) => id === defaultModel) ?? { id: defaultModel, created: 0 };
  return [known, ...asked.filter(({ id }) => id !== defaultModel)];
}

async function askFor(
  provider: Provider,
  baseUrl: string,
  outside: Network,
  signal: AbortSignal,
): Promise<readonly ListedModel[]> {
  try {
    const response = await outside.forModel(baseUrl)(`${baseUrl.replace(/\/$/, '')}/models`, {
      headers: { accept: 'application/json', ...keyHeaders(provider) },
      // A redirect would take the key to a host that is not in the table.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]),
    });
    if (!response.ok) throw new Fault('model_unavailable');
    return listedIn(parseJsonObject(decoded(await readBytes(response, MAX_LIST))));
  } catch {
    // A provider that is away must not hide the models of the others.
    return [];
  }
}

function listedIn(body: JsonObject | null): readonly ListedModel[] {
  const data = body?.['data'];
  if (!Array.isArray(data)) return [];
  const listed = new Map<string, ListedModel>();
  for (const model of data.slice(0, MAX_MODELS)) {
    if (!isObject(model)) continue;
    const { id, created } = model;
    if (typeof id !== 'string' || !MODEL_ID.test(id) || listed.has(id)) continue;
    listed.set(id, { id, created: typeof created === 'number' ? created : 0 });
  }
  return [...listed.values()];
}

function modelJson({ id: owner }: Provider, { id, created }: ListedModel): JsonObject {
  return { id: `${owner}/${id}`, object: 'model', created, owned_by: owner };
}
