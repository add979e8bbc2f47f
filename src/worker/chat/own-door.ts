import { readChatRequest } from '../../completions/chat-request.ts';
import type { ChatRequest } from '../../completions/chat-request.ts';
import { pricedProviders } from '../../execute/model/prices.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { refusalResponse } from '../../proxy/openai-error.ts';
import { operatorServersFor, providersFor } from '../account/user-providers.ts';
import { ownOrigins } from '../guards.ts';
import { userOf } from '../post/read-prompt.ts';
import { readChatBody } from './chat-body.ts';
import { completionId, ownCaller } from './chat-caller.ts';
import type { ChatAsked, ChatCaller } from './chat-caller.ts';
import { chatPorts } from './chat-ports.ts';
import { answerAsked } from './published-chat.ts';

/**
 * `POST /v1/chat/completions`: the server's own providers, with `provider/model`.
 * @throws Fault `unauthorized`, `rate_limited`, and as {@link readChatBody} does
 * @see spec/completions.md CC-11
 */
export async function ownChat(asked: ChatAsked): Promise<Response> {
  const caller = await ownCaller(asked);
  const { body } = await readChatBody(asked.request);
  return answerOwn(asked, caller, body);
}

/**
 * Answers with the server's own models.
 * @param change the request as it is run, where it is not what the body alone says
 */
export async function answerOwn(
  asked: ChatAsked,
  caller: ChatCaller,
  body: JsonObject,
  change: (chat: ChatRequest) => ChatRequest = (chat) => chat,
): Promise<Response> {
  const { request, settings } = asked;
  const read = readChatRequest(body, {
    ...(await pricedProviders(providersFor(settings, caller.principal))),
    mcpAuthorization: request.headers.get('x-mcp-authorization'),
    ownOrigins: ownOrigins(request, settings),
    operatorServers: operatorServersFor(settings, caller.isTrusted),
    takesDocuments: true,
  });
  if ('message' in read) return refusalResponse(read);
  userOf(read.user);
  const chat = change(read);
  const [first] = chat.request.models;
  return answerAsked(asked, caller, chat, {
    ports: chatPorts(asked, caller, chat),
    signal: request.signal,
    waitUntil: asked.waitUntil,
    id: completionId(),
    model: first === undefined ? '' : `${first.provider}/${first.model}`,
    loginUrl: (action) => `${caller.origin}/connect/${action}`,
    refusal: () => null,
  });
}
