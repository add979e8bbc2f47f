import { readChatRequest, wantsServers } from '../completions/chat-request.ts';
import type { GuardedFetch } from '../egress/guarded-fetch.ts';
import { Secret } from '../execute/model/secret.ts';
import type { Ports } from '../execute/ports.ts';
import { references } from '../execute/references/references.ts';
import { systemClock } from '../execute/system-clock.ts';
import { asFault, faultData } from '../fault/fault.ts';
import { randomBase62 } from '../login/base62.ts';
import type { ChatRequest } from '../completions/chat-request.ts';
import { parseJsonObject, type JsonObject } from '../protocol/json.ts';
import { answerChat } from './answer-chat.ts';
import { CallersModel } from './callers-model.ts';
import { errorResponse } from './openai-error.ts';
import type { AppUser, ChatCompletionsProxyOptions } from './proxy-options.ts';
import type { UserLogins } from './user-logins.ts';

const CHAT = '/chat/completions';

/** What the drop-in `fetch` is made of. */
export interface FetchProxyOptions {
  readonly options: ChatCompletionsProxyOptions;
  readonly who: AppUser;
  readonly logins: UserLogins;
  /** The real one. */
  readonly fetch: typeof globalThis.fetch;
  /** Reaches what requests name. */
  readonly guarded: GuardedFetch;
  readonly loginUrl: (actionId: string) => string;
}

/**
 * A `fetch` that runs requests to `…/chat/completions` which name tool servers, and gives every
 * other one to the real `fetch` as it came.
 * @see spec/completions.md, The library
 */
export function fetchProxy(parts: FetchProxyOptions): typeof globalThis.fetch {
  return async (input, init): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase();
    const isChat = method === 'POST' && url.pathname.endsWith(CHAT);
    const body = isChat ? parseJsonObject((await textOf(input, init)) ?? '') : null;
    if (body === null || !wantsServers(body)) return parts.fetch(input, init);
    const headers = new Headers(
      init?.headers ?? (input instanceof Request ? input.headers : undefined),
    );
    const signal = init?.signal ?? (input instanceof Request ? input.signal : null);
    signal?.throwIfAborted();
    try {
      return await answered(parts, { url, headers, body, signal });
    } catch (error) {
      signal?.throwIfAborted();
      return errorResponse(asFault(error).toJSON());
    }
  };
}

interface Asked {
  readonly url: URL;
  readonly headers: Headers;
  readonly body: JsonObject;
  readonly signal: AbortSignal | null;
}

async function answered(parts: FetchProxyOptions, asked: Asked): Promise<Response> {
  const { options } = parts;
  const { url, headers, signal } = asked;
  const { model } = asked.body;
  if (typeof model !== 'string') {
    return errorResponse(faultData('bad_request', 'model must be a text.'), 'model');
  }
  const chat = readChatRequest(withDefaults(asked.body, options), {
    providers: [{ id: url.host, defaultModel: model }],
    model: { provider: url.host, model },
    mcpAuthorization: headers.get('x-mcp-authorization'),
  });
  if ('message' in chat) return errorResponse(faultData('bad_request', chat.message), chat.param);
  const callers = new CallersModel(providerOf(asked, model));
  const send: typeof globalThis.fetch = (_url, init) => parts.fetch(url, init);
  const { onUserMessage } = options;
  const response = await answerChat(chat, {
    ports: portsOf(parts, chat, callers.model(send)),
    signal: signal ?? new AbortController().signal,
    id: `chatcmpl-${randomBase62(29)}`,
    model,
    loginUrl: parts.loginUrl,
    refusal: () => callers.refused(),
    ...(onUserMessage === undefined ? {} : { onUserMessage: safely(onUserMessage) }),
  });
  // A fetch that was aborted fails and does not answer.
  signal?.throwIfAborted();
  return response;
}

/** What the request does not say itself, the app says. */
function withDefaults(body: JsonObject, options: ChatCompletionsProxyOptions): JsonObject {
  const { onUserMessage, maxSteps, view } = options;
  const onAuth = options.onAuth ?? (onUserMessage === undefined ? 'link' : 'wait');
  return {
    on_auth: onAuth,
    ...(maxSteps === undefined ? {} : { max_steps: maxSteps }),
    ...(view === undefined ? {} : { view }),
    ...body,
  };
}

function portsOf(
  { options, who, logins, guarded }: FetchProxyOptions,
  chat: ChatRequest,
  model: Ports['model'],
): Omit<Ports, 'log'> {
  const { profile } = chat.request;
  const tokens = logins.forRun(profile === 'default' ? who : { ...who, profile }, chat.user);
  const secrets = (name: string): string | null =>
    chat.secrets.get(name) ?? options.secrets?.(name) ?? null;
  const own = async (): Promise<null> => null;
  return {
    model,
    logins: tokens,
    servers: {
      connect: async (server, signal) => {
        const { toolServers } = await import('../execute/servers/tool-servers.ts');
        const { clientInfo } = options;
        const servers = toolServers({ fetch: guarded, own, secrets, tokens, clientInfo });
        return servers.connect(server, signal);
      },
    },
    references: references({ fetch: guarded }),
    clock: systemClock(0),
    isDirect: true,
    canAnswer: false,
  };
}

/** The provider of one request: its key is the caller's and goes with it. */
function providerOf({ url, headers }: Asked, model: string) {
  const rest = new Headers(headers);
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1];
  const ours = ['accept', 'content-type', 'content-length', 'host', 'x-mcp-authorization'];
  for (const name of ours) rest.delete(name);
  if (bearer !== undefined) rest.delete('authorization');
  return {
    id: url.host,
    baseUrl: `${url.origin}${url.pathname.slice(0, -CHAT.length)}`,
    key: bearer === undefined ? null : new Secret(bearer),
    defaultModel: model,
    headers: Object.fromEntries(rest),
  };
}

/** The body as text; null for one that is no text, which is then not looked at. */
async function textOf(input: string | URL | Request, init?: RequestInit): Promise<string | null> {
  const body = init?.body;
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array || body instanceof ArrayBuffer) {
    return new TextDecoder().decode(body);
  }
  if (body !== undefined && body !== null) return null;
  return input instanceof Request ? await input.clone().text() : null;
}

/** What the app does with a message must not end the completion. */
function safely(
  told: NonNullable<ChatCompletionsProxyOptions['onUserMessage']>,
): (url: string, message: string) => void {
  return (url, message) => {
    void Promise.resolve()
      .then(() => told(url, message))
      .catch(() => undefined);
  };
}
