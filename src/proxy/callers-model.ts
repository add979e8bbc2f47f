import { openaiModel } from '../execute/model/openai-model.ts';
import type { Provider } from '../execute/model/providers.ts';
import type { Model } from '../execute/ports.ts';

/** A provider with the caller's key, and what it answered when it refused. */
export class CallersModel {
  readonly #provider: Provider;
  #refusal: Response | null = null;

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  /** The last answer that was no 2xx, as it came. */
  refused(): Response | null {
    return this.#refusal;
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
