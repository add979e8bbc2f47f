import { parseAllowList } from '../egress/address-policy.ts';
import { configuredProviders, type Provider } from '../execute/model/providers.ts';
import { UsageError } from './usage-error.ts';

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The model providers that the environment switches on.
 * @throws UsageError naming the malformed variable
 */
export function localProviders(env: Environment): readonly Provider[] {
  return asUsage(() => configuredProviders(env));
}

/**
 * Loopback addresses that the prompt may reach: `EGRESS_ALLOW` and `--allow`.
 * @throws UsageError naming the malformed entry
 */
export function allowList(env: Environment, more: readonly string[]): readonly string[] {
  return asUsage(() => parseAllowList([env['EGRESS_ALLOW'] ?? '', ...more].join(',')));
}

function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new UsageError(cause.message, { cause });
  }
}
