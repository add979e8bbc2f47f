import type { Provider } from '../../execute/model/providers.ts';
import { Secret } from '../../execute/model/secret.ts';
import { Fault } from '../../fault/fault.ts';
import type { Env } from '../env.ts';
import { isGuest } from '../principal/principal-name.ts';
import type { Settings } from '../settings.ts';
import { accountClient } from './account-client.ts';

/**
 * The providers that a principal may use, without the keys of users. Who signed in with OpenRouter
 * has OpenRouter with the own key, and nothing that the operator pays.
 * @param principal as `principalName` says it; null for nobody we know
 * @see spec/identity.md ID-30
 */
export function providersFor(settings: Settings, principal: string | null): readonly Provider[] {
  const { providers, signIn } = settings;
  if (!isGuest(principal)) return providers;
  const known = providers.find(({ id }) => id === 'openrouter');
  const own = {
    id: 'openrouter',
    baseUrl: `${signIn.openRouter ?? 'https://openrouter.ai'}/api/v1`,
    key: null,
    defaultModel: known?.defaultModel ?? 'openrouter/auto',
  };
  return [own, ...providers.filter(({ id }) => id === 'demo')];
}

/**
 * The tool servers of the operator that are added to a caller's runs. Their addresses may hold keys and
 * be inside, so they are for this server's people, and for anybody where the operator lets anybody run.
 * @param isTrusted whether the caller is one of this server's people
 * @see spec/identity.md ID-30
 */
export function operatorServersFor(
  { operatorServers, publicRuns }: Settings,
  isTrusted: boolean,
): readonly string[] {
  return isTrusted || publicRuns ? operatorServers : [];
}

/**
 * What {@link providersFor} gives with the user's key, fetched where it is used and kept nowhere else.
 * @throws Fault `model_unauthorized` when a user has none any more
 */
export async function keyedProvidersFor(
  env: Env,
  settings: Settings,
  principal: string | null,
): Promise<readonly Provider[]> {
  const providers = providersFor(settings, principal);
  if (principal === null || !isGuest(principal)) return providers;
  const key = await accountClient(env, principal).providerKey(principal);
  if (key === null) throw signInAgain('There is no OpenRouter key of yours here any more.');
  return providers.map((each) => (each.id === 'demo' ? each : { ...each, key: new Secret(key) }));
}

/**
 * What the user of a key is told when OpenRouter refused.
 * @param status 401 is about the key, 403 about one request: a model, or what was asked
 */
export function keyRefused(status: number): Fault {
  if (status === 401) return signInAgain('OpenRouter no longer takes your key.');
  const detail = { provider: 'openrouter', retryable: false, status };
  const message = 'OpenRouter does not allow this with your key.';
  return new Fault('model_unauthorized', message, { detail });
}

function signInAgain(what: string): Fault {
  const message = `${what} Sign in again at /sign-in, then run the prompt again.`;
  const detail = { provider: 'openrouter', retryable: false };
  return new Fault('model_unauthorized', message, { detail });
}
