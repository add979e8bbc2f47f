import type { ChatRequest } from '../../completions/chat-request.ts';
import { openaiModel } from '../../execute/model/openai-model.ts';
import type { Provider } from '../../execute/model/providers.ts';
import type { Model, Ports } from '../../execute/ports.ts';
import type { Network } from '../network.ts';
import { enginePorts } from '../run-ports.ts';
import { passedBack } from './provider-pass.ts';
import type { ChatAsked, ChatCaller } from './chat-caller.ts';

/**
 * The engine's ports for a run inside of one request.
 * @param model asked instead of the server's own
 * @throws Fault `misconfigured`
 */
export function chatPorts(
  { env }: ChatAsked,
  caller: ChatCaller,
  chat: ChatRequest,
  model?: (outside: Network) => Model,
): Omit<Ports, 'log'> {
  const ports = enginePorts({
    env,
    use: {
      principal: caller.canLogIn ? caller.principal : null,
      isTrusted: caller.isTrusted,
      origin: caller.origin,
      user: chat.user,
      profile: chat.request.profile,
      run: null,
    },
    secrets: (name) => chat.secrets.get(name) ?? null,
    ...(model === undefined ? {} : { model }),
    flushMs: () => 0,
  });
  return { ...ports, isDirect: true, canAnswer: false };
}

/** A provider with the caller's key, and what it answered when it refused. */
export class CallersModel {
  readonly #provider: Provider;
  #refusal: Response | null = null;

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  /** The last answer that was no 2xx, as a caller may have it. */
  refused(): Response | null {
    return this.#refusal === null ? null : passedBack(this.#refusal);
  }

  model(send: typeof globalThis.fetch): Model {
    const remembering: typeof globalThis.fetch = async (input, init) => {
      const response = await send(input, init);
      if (response.ok) return response;
      // Read by two: the engine, which says what failed, and the caller, who knows the provider.
      const [engines, callers] = response.body === null ? [null, null] : response.body.tee();
      const { status, headers } = response;
      this.#refusal = new Response(callers, { status, headers });
      return new Response(engines, { status, headers });
    };
    return openaiModel({ providers: [this.#provider], fetchFor: () => remembering });
  }
}
