import { wantsServers } from '../completions/chat-fields.ts';
import { readChatRequest } from '../completions/chat-request.ts';
import type { GuardedFetch } from '../egress/guarded-fetch.ts';
import { pricesFor } from '../execute/model/prices.ts';
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
import { errorResponse, refusalResponse } from './openai-error.ts';
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
  return async (input, init) => {
    const asked = await askedOf(input, init);
    return asked === null ? parts.fetch(input, init) : answeredOrRefused(parts, asked);
  };
}

/** What a request asks of us; null for one that is for the provider alone. */
async function askedOf(
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Asked | null> {
  const sent = sentBy(input);
  const { url } = sent;
  const method = init.method ?? sent.method;
  if (method.toUpperCase() !== 'POST' || !url.pathname.endsWith(CHAT)) return null;
  const body = parseJsonObject(textOf(init.body ?? (await sent.text())) ?? '');
  if (body === null || !wantsServers(body)) return null;
  const headers = new Headers(init.headers ?? sent.headers);
  return { url, headers, body, signal: init.signal ?? sent.signal };
}

/** What is sent where the second parameter of `fetch` says nothing else. */
function sentBy(input: string | URL | Request) {
  if (!(input instanceof Request)) {
    const headers = new Headers();
    return { url: new URL(input), method: 'GET', headers, signal: null, text: nothing };
  }
  const { url, method, headers, signal } = input;
  const isRead = method === 'GET' || method === 'HEAD';
  const text = async (): Promise<string | null> => (isRead ? null : input.clone().text());
  return { url: new URL(url), method, headers, signal, text };
}

async function answeredOrRefused(parts: FetchProxyOptions, asked: Asked): Promise<Response> {
  const { signal } = asked;
  signal?.throwIfAborted();
  try {
    return await answered(parts, asked);
  } catch (error) {
    signal?.throwIfAborted();
    return errorResponse(asFault(error).toJSON());
  }
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
    priceOf: await pricesFor([{ id: url.host, url: url.origin }]),
    mcpAuthorization: headers.get('x-mcp-authorization'),
  });
  if ('message' in chat) return refusalResponse(chat);
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
  return {
    model,
    logins: tokens,
    servers: {
      connect: async (server, signal) => {
        const { toolServers } = await import('../execute/servers/tool-servers.ts');
        const { clientInfo } = options;
        const servers = toolServers({ fetch: guarded, own: nothing, secrets, tokens, clientInfo });
        return servers.connect(server, signal);
      },
    },
    references: references({ fetch: guarded }),
    clock: systemClock(0),
    isDirect: true,
    canAnswer: false,
  };
}

/** An app has no tool servers inside of this library. */
async function nothing(): Promise<null> {
  return null;
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
function textOf(body: unknown): string | null {
  if (typeof body === 'string') return body;
  const isBytes = body instanceof Uint8Array || body instanceof ArrayBuffer;
  return isBytes ? new TextDecoder().decode(body) : null;
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
