import { randomBase62 } from '../../login/base62.ts';
import type { Env } from '../env.ts';
import type { Settings } from '../settings.ts';
import { addressClient, addressName } from './caller-address.ts';

/**
 * What strangers may have us keep and fetch in a minute, from one address: programs that register
 * or are asked about, and questions to the OpenID provider, of which a sign-in has two.
 */
const RATES = { oauth: 20, 'sign-in': 120 } as const;

/** Seconds that an address must wait before it may have us do so again; null for none. */
export async function strangerWait(
  request: Request,
  env: Env,
  settings: Settings,
  what: keyof typeof RATES,
): Promise<number | null> {
  const address = addressClient(env, `${what}:${await addressName(request, settings)}`);
  return address.take(randomBase62(22), { rate: RATES[what], concurrency: 0 }, Date.now());
}
