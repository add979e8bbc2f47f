import type { ChatRequest } from '../../completions/chat-request.ts';
import type { Provider } from '../../execute/model/providers.ts';
import { Fault } from '../../fault/fault.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { answeredCalls, conversationOf } from '../../run/conversation.ts';
import { isTerminal } from '../../run/run.ts';
import type { RunView } from '../../run/view.ts';
import { providersFor } from '../account/user-providers.ts';
import { NO_PROOF } from '../principal/principal.ts';
import { there, viewOf } from '../run/read-run.ts';
import type { RunRequest } from '../run/read-run.ts';
import { runClient } from '../run/run-client.ts';
import { readChatBody } from './chat-body.ts';
import { ownCaller } from './chat-caller.ts';
import type { ChatAsked } from './chat-caller.ts';
import { answerOwn } from './own-door.ts';

/**
 * `POST /{id}/chat/completions`: goes on from a run. What its asker may see of the conversation
 * goes before the messages of the request. What somebody else began has nothing that is its
 * asker's: its words could be a trap for their logins.
 * @throws Fault `unauthorized`, `not_found`, `gone`, `not_finished`
 * @see spec/completions.md CC-22, spec/identity.md ID-18
 */
export async function continueChat(asked: ChatAsked, run: RunRequest): Promise<Response> {
  const known = await ownCaller(asked);
  const view = await viewOf(run);
  if (!isTerminal(view.status)) throw new Fault('not_finished');
  const isOwn = there(await runClient(run.env, run.id).isBy(known.principal, 'words'));
  const caller = { ...known, isSuggested: !isOwn };
  const { body } = await readChatBody(asked.request);
  const whole = {
    ...modelOf(view, providersFor(asked.settings, caller.principal)),
    ...(await publishOf(run, view)),
    ...given(body),
  };
  return answerOwn(asked, caller, whole, (chat) => continued(view, chat));
}

/** A `null` is nothing that a caller chose. */
function given(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** The model that answered last, where this server still has its provider. */
function modelOf({ steps, request }: RunView, providers: readonly Provider[]): JsonObject {
  const used = steps.at(-1) ?? request?.models[0];
  const isHere = providers.some(({ id }) => id === used?.provider);
  return used === undefined || !isHere ? {} : { model: `${used.provider}/${used.model}` };
}

/** What the public was not shown of a run is not shown as a part of the next one by default. */
async function publishOf(run: RunRequest, { viewer }: RunView): Promise<JsonObject> {
  if (viewer === 'public') return {};
  const seen = await viewOf({ ...run, proof: NO_PROOF });
  return seen.publication === 'full' ? {} : { publish: 'answer' };
}

/** Context is read again: what was read then is no part of what is shown of a run. */
function continued(view: RunView, chat: ChatRequest): ChatRequest {
  const { request } = chat;
  const before = conversationOf(view, request.models[0]?.provider ?? '');
  const context = (view.request?.references ?? []).filter(({ as }) => as === 'context');
  return {
    ...chat,
    request: {
      ...request,
      messages: answeredCalls([...before, ...request.messages]),
      references: [...context, ...request.references],
    },
  };
}
