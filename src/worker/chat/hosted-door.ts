import { wantsServers } from '../../completions/chat-fields.ts';
import { readChatRequest } from '../../completions/chat-request.ts';
import { pricesFor } from '../../execute/model/prices.ts';
import { providerHosts } from '../../execute/model/provider-hosts.ts';
import type { ProviderHost } from '../../execute/model/provider-hosts.ts';
import { Secret } from '../../execute/model/secret.ts';
import { faultData } from '../../fault/fault.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { CallersModel } from '../../proxy/callers-model.ts';
import { errorResponse, refusalResponse } from '../../proxy/openai-error.ts';
import { operatorServersFor } from '../account/user-providers.ts';
import { ownOrigins } from '../guards.ts';
import { network } from '../network.ts';
import { userOf } from '../post/read-prompt.ts';
import { readChatBody } from './chat-body.ts';
import { completionId, hostedCaller } from './chat-caller.ts';
import type { ChatAsked, ChatCaller } from './chat-caller.ts';
import { chatPorts } from './chat-ports.ts';
import { answerAsked } from './published-chat.ts';
import { hasKey, passedBack, passOn, providerHeaders } from './provider-pass.ts';

const CHAT = '/chat/completions';

/**
 * `/{provider-host}/…`: a provider as it is, and its `/chat/completions` with tool servers.
 * @returns null when the first part of the path is no provider that this server knows
 * @see spec/completions.md CC-12
 */
export async function hostedDoor(asked: ChatAsked): Promise<Response | null> {
  const { request, settings } = asked;
  const { pathname, search } = new URL(request.url);
  const [, name = ''] = pathname.split('/', 2);
  const host = providerHosts(settings.providerHosts).get(name);
  if (host === undefined) return null;
  // Through a tunnel anybody could use, and change, what answers every key in the operator's network.
  const isInside = host.origin.startsWith('http:');
  if (isInside && !(await hostedCaller(asked, host.host)).isTrusted) {
    const message = `${host.host} is in this server's own network, for its people alone: sign in.`;
    return errorResponse(faultData('unauthorized', message));
  }
  if (!host.isOperators && !hasKey(request)) {
    const message = `Send your key for ${host.host}, as you would send it there.`;
    return errorResponse(faultData('unauthorized', message));
  }
  const path = `${pathname.slice(name.length + 1)}${search}`;
  if (request.method !== 'POST' || !pathname.endsWith(CHAT)) {
    return passed(asked, host, path, request.body);
  }
  const { bytes, body } = await readChatBody(request);
  const caller = await callerWithServers(asked, host, body);
  if (caller === null) return passed(asked, host, path, bytes);
  return withServers(asked, host, { basePath: path.slice(0, path.indexOf(CHAT)), body, caller });
}

/** Who asks, where tool servers take part; null for all others, who need not be known. */
async function callerWithServers(
  asked: ChatAsked,
  { host }: ProviderHost,
  body: JsonObject,
): Promise<ChatCaller | null> {
  const { settings } = asked;
  const isWanted = wantsServers(body);
  if (!isWanted && settings.operatorServers.length === 0) return null;
  const caller = await hostedCaller(asked, host);
  const areThere = operatorServersFor(settings, caller.isTrusted).length > 0;
  return isWanted || areThere ? caller : null;
}

function passed(
  { request, settings, env }: ChatAsked,
  host: ProviderHost,
  path: string,
  body: BodyInit | null,
): Promise<Response> {
  const outside = network({ env, settings, origin: null, isTrusted: false });
  return passOn(request, { host, path, body }, (url, init) => outside.direct(url, init));
}

async function withServers(
  asked: ChatAsked,
  host: ProviderHost,
  { basePath, body, caller }: { basePath: string; body: JsonObject; caller: ChatCaller },
): Promise<Response> {
  const { request, settings } = asked;
  const { model } = body;
  if (typeof model !== 'string') {
    return errorResponse(faultData('bad_request', 'model must be a text.'), 'model');
  }
  const chat = readChatRequest(body, {
    providers: [{ id: host.host, defaultModel: model }],
    model: { provider: host.host, model },
    priceOf: await pricesFor([{ id: host.host, url: host.origin }]),
    mcpAuthorization: request.headers.get('x-mcp-authorization'),
    ownOrigins: ownOrigins(request, settings),
    operatorServers: operatorServersFor(settings, caller.isTrusted),
  });
  if ('message' in chat) return refusalResponse(chat);
  userOf(chat.user);
  const baseUrl = `${host.origin}${basePath}`;
  const callers = new CallersModel(providerOf(request, host, baseUrl));
  return answerAsked(asked, caller, chat, {
    ports: chatPorts(asked, caller, chat, (outside) => callers.model(outside.forModel(baseUrl))),
    signal: request.signal,
    waitUntil: asked.waitUntil,
    id: completionId(),
    model,
    loginUrl: (action) => `${caller.origin}/connect/${action}`,
    refusal: () => {
      const refused = callers.refused();
      return refused === null ? null : passedBack(refused);
    },
  });
}

/** The provider of one request: its key is the caller's and goes with it. */
function providerOf(request: Request, host: ProviderHost, baseUrl: string) {
  const headers = providerHeaders(request);
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1];
  for (const name of ['accept', 'content-type', 'authorization']) headers.delete(name);
  return {
    id: host.host,
    baseUrl,
    key: bearer === undefined ? null : new Secret(bearer),
    defaultModel: '',
    headers: Object.fromEntries(headers),
    ...(host.sendsUsageUnasked === undefined ? {} : { sendsUsageUnasked: host.sendsUsageUnasked }),
  };
}
