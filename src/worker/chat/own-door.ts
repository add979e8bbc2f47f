import { readChatRequest } from '../../completions/chat-request.ts';
import { providerChoices } from '../../execute/model/providers.ts';
import { faultData } from '../../fault/fault.ts';
import { answerChat } from '../../proxy/answer-chat.ts';
import { errorResponse } from '../../proxy/openai-error.ts';
import { ownOrigins } from '../guards.ts';
import { readChatBody } from './chat-body.ts';
import { completionId, countedChat, ownCaller } from './chat-caller.ts';
import type { ChatAsked } from './chat-caller.ts';
import { chatPorts } from './chat-ports.ts';

/**
 * `POST /v1/chat/completions`: the server's own providers, with `provider/model`.
 * @throws Fault `unauthorized`, `rate_limited`, and as {@link readChatBody} does
 * @see spec/completions.md CC-11
 */
export async function ownChat(asked: ChatAsked): Promise<Response> {
  const { request, settings } = asked;
  const caller = await ownCaller(asked);
  const { body } = await readChatBody(request);
  const chat = readChatRequest(body, {
    providers: providerChoices(settings.providers),
    mcpAuthorization: request.headers.get('x-mcp-authorization'),
    ownOrigins: ownOrigins(request, settings),
    operatorServers: settings.operatorServers,
  });
  if ('message' in chat) return errorResponse(faultData('bad_request', chat.message), chat.param);
  const [first] = chat.request.models;
  const id = completionId();
  return answerChat(chat, {
    onEnd: await countedChat(asked, caller, chat, id),
    ports: chatPorts(asked, caller, chat),
    signal: request.signal,
    id,
    model: first === undefined ? '' : `${first.provider}/${first.model}`,
    loginUrl: (action) => `${caller.origin}/connect/${action}`,
    refusal: () => null,
  });
}
