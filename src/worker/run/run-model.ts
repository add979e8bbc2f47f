import { openaiModel } from '../../execute/model/openai-model.ts';
import type { Provider } from '../../execute/model/providers.ts';
import type { Model, ModelCall } from '../../execute/ports.ts';
import { Fault } from '../../fault/fault.ts';
import type { ChatChunk } from '../../protocol/chat.ts';
import { keyedProvidersFor, keyRefused } from '../account/user-providers.ts';
import type { Env } from '../env.ts';
import type { Network } from '../network.ts';
import { isGuest } from '../principal/principal-name.ts';
import type { Settings } from '../settings.ts';

/** Whose models a run asks. */
export interface ModelUse {
  readonly env: Env;
  readonly settings: Settings;
  readonly outside: Network;
  /** As `principalName` says it: whose key pays; null for nobody we know. */
  readonly payer: string | null;
}

/** The models of a run: the operator's, or those of the key that its user brought. */
export function runModel(use: ModelUse): Model {
  const others = isGuest(use.payer) ? usersModel(use) : openai(use.settings.providers, use);
  return {
    complete: (call, signal) =>
      call.provider === 'demo' ? demoAnswer(call, signal) : others.complete(call, signal),
  };
}

/** A server with a provider never needs the built-in model, so it starts without. */
async function* demoAnswer(call: ModelCall, signal: AbortSignal): AsyncGenerator<ChatChunk> {
  const { demoModel } = await import('../../demo/demo-model.ts');
  yield* demoModel().complete(call, signal);
}

/** The key is fetched for each call: a run never holds it, and disconnecting it counts at once. */
function usersModel(use: ModelUse): Model {
  return {
    complete: async function* (call: ModelCall, signal: AbortSignal): AsyncGenerator<ChatChunk> {
      const providers = await keyedProvidersFor(use.env, use.settings, use.payer);
      try {
        yield* openai(providers, use).complete(call, signal);
      } catch (error) {
        const status = refusalOf(error);
        throw status === null ? error : keyRefused(status);
      }
    },
  };
}

/** The status with which a key was refused; null for everything else. */
function refusalOf(error: unknown): number | null {
  if (!(error instanceof Fault) || error.code !== 'model_unauthorized') return null;
  const status = error.detail?.['status'];
  return typeof status === 'number' ? status : 401;
}

function openai(providers: readonly Provider[], { outside }: ModelUse): Model {
  return openaiModel({
    providers,
    fetchFor: ({ baseUrl }: Provider) =>
      baseUrl === null ? outside.forPrompts : outside.forModel(baseUrl),
  });
}
