import type { Provider } from '../../execute/model/providers.ts';
import { Fault } from '../../fault/fault.ts';
import { isObject, parseJsonObject, type JsonObject } from '../../protocol/json.ts';
import { network } from '../network.ts';
import type { Network, NetworkUse } from '../network.ts';
import { decoded, readBytes } from '../post/read-body.ts';
import { json } from '../../connect/responses.ts';
import { ownCaller } from './chat-caller.ts';
import type { ChatAsked } from './chat-caller.ts';
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
  const { isTrusted, origin } = await ownCaller(asked);
  const data = await serverModels({ env, settings, origin, isTrusted }, request.signal);
  return json({ object: 'list', data });
}

/** The models of this server, each as an item of OpenAI's list. */
export async function serverModels(
  use: NetworkUse,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const outside = network(use);
  const lists = await Promise.all(
    use.settings.providers.map(async (provider) =>
      (await modelsOf(provider, outside, signal)).map((model) => modelJson(provider, model)),
    ),
  );
  return lists.flat();
}

/** The default model is always there, and first. */
async function modelsOf(
  provider: Provider,
  outside: Network,
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  const { models, baseUrl, defaultModel } = provider;
  if (models !== undefined) return models.map((id) => ({ id, created: 0 }));
  const asked = baseUrl === null ? [] : await askFor(provider, baseUrl, outside, signal);
  const known = asked.find(({ id }) => id === defaultModel) ?? { id: defaultModel, created: 0 };
  return [known, ...asked.filter(({ id }) => id !== defaultModel)];
}

interface Listed {
  readonly id: string;
  /** Seconds since 1970, 0 where nobody says. */
  readonly created: number;
}

async function askFor(
  provider: Provider,
  baseUrl: string,
  outside: Network,
  signal: AbortSignal,
): Promise<readonly Listed[]> {
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

function listedIn(body: JsonObject | null): readonly Listed[] {
  const data = body?.['data'];
  if (!Array.isArray(data)) return [];
  const listed = new Map<string, Listed>();
  for (const model of data.slice(0, MAX_MODELS)) {
    if (!isObject(model)) continue;
    const { id, created } = model;
    if (typeof id !== 'string' || !MODEL_ID.test(id) || listed.has(id)) continue;
    listed.set(id, { id, created: typeof created === 'number' ? created : 0 });
  }
  return [...listed.values()];
}

function modelJson({ id: owner }: Provider, { id, created }: Listed): JsonObject {
  return { id: `${owner}/${id}`, object: 'model', created, owned_by: owner };
}
