import { providerChoices } from '../../execute/model/providers.ts';
import type { Provider } from '../../execute/model/providers.ts';
import { Fault, faultData } from '../../fault/fault.ts';
import { normalizePrompt } from '../../normalize/normalize-prompt.ts';
import { parsePrompt } from '../../parse/parse-prompt.ts';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { errorResponse } from '../../proxy/openai-error.ts';
import { keyedProvidersFor, keyRefused } from '../account/user-providers.ts';
import { network } from '../network.ts';
import { admitWork } from '../principal/admission.ts';
import { isGuest } from '../principal/principal-name.ts';
import { readChatBody } from './chat-body.ts';
import { completionId, ownCaller } from './chat-caller.ts';
import type { ChatAsked, ChatCaller } from './chat-caller.ts';
import { keyHeaders } from './provider-key.ts';
import { passedBack } from './provider-pass.ts';

/** Milliseconds after which a provider has surely answered or not. */
const LONGEST_MS = 180_000;

/**
 * `POST /v1/embeddings`: the server's own providers, with `provider/model`; everything else goes to
 * the provider as it came, and its answer comes back. Counts like a run: the server's key pays.
 * @throws Fault `unauthorized`, `rate_limited`, `model_not_found`, `model_unauthorized`,
 *   `model_unavailable`
 * @see spec/completions.md CC-17
 */
export async function embed(asked: ChatAsked): Promise<Response> {
  const { env, settings, request } = asked;
  const caller = await ownCaller(asked);
  const { body } = await readChatBody(request);
  const found = modelOf(body['model'], await keyedProvidersFor(env, settings, caller.principal));
  if (typeof found === 'string') return errorResponse(faultData('bad_request', found), 'model');
  const until = Date.now() + LONGEST_MS;
  const release = await admitWork({ env, settings, request, id: completionId(), until }, caller);
  return embedded(asked, caller, found, body).finally(release);
}

async function embedded(
  asked: ChatAsked,
  caller: ChatCaller,
  { provider, baseUrl, model }: Chosen,
  body: JsonObject,
): Promise<Response> {
  const { request } = asked;
  const outside = network({ ...asked, origin: caller.origin, isTrusted: caller.isTrusted });
  const response = await outside
    .forModel(baseUrl)(`${baseUrl.replace(/\/$/, '')}/embeddings`, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...keyHeaders(provider),
      },
      body: JSON.stringify({ ...body, model }),
      // A redirect would take the key to a host that is not in the table.
      redirect: 'manual',
      signal: request.signal,
    })
    .catch((cause: unknown) => {
      throw new Fault('model_unavailable', `${provider.id} gave no answer.`, { cause });
    });
  // What a provider says about a wrong key quotes parts of it, and this one is the server's.
  if ([401, 403].includes(response.status)) {
    throw isGuest(caller.principal) ? keyRefused(response.status) : new Fault('model_unauthorized');
  }
  return passedBack(response);
}

interface Chosen {
  readonly provider: Provider;
  readonly baseUrl: string;
  readonly model: string;
}

/** The model that a name means here, by the rules of prompts; else what is wrong, in words. */
function modelOf(name: Json | undefined, providers: readonly Provider[]): Chosen | string {
  if (typeof name !== 'string' || name === '') return 'model must be a text.';
  const context = { providers: providerChoices(providers) };
  const { request, problems } = normalizePrompt(parsePrompt('embeddings'), context, {
    overrides: { model: [name] } satisfies JsonObject,
  });
  const choice = request?.models[0];
  const provider = providers.find(({ id }) => id === choice?.provider);
  if (choice === undefined || provider === undefined) {
    return problems.map(({ message }) => message).join(' ');
  }
  const { baseUrl } = provider;
  if (baseUrl === null) return `${provider.id} makes no embeddings.`;
  return { provider, baseUrl, model: choice.model };
}
