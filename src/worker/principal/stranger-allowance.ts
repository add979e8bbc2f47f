import { Fault } from '../../fault/fault.ts';
import { randomBase62 } from '../../login/base62.ts';
import type { Env } from '../env.ts';
import type { Settings } from '../settings.ts';
import { addressClient, addressName } from './caller-address.ts';

/**
 * What may be asked of us in a minute where no run is: programs that register or are asked about, questions
 * to the OpenID provider, of which a sign-in has two, codes and tokens of programs, which
 * somebody might guess, and login links, each of which asks other servers.
 */
const RATES = { oauth: 20, 'sign-in': 120, token: 120, connect: 120 } as const;

/** Seconds that an address must wait before it may have us do so again; null for none. */
export async function strangerWait(
  request: Request,
  env: Env,
  settings: Settings,
  what: keyof typeof RATES,
): Promise<number | null> {
  return waitOf(env, what, await addressName(request, settings));
}

/**
 * The same for somebody who is told apart from the others at their address: a program in the cloud comes
 * for many people from one.
 * @param whose a name that this server made; nobody can make up another one
 */
export function waitOf(env: Env, what: keyof typeof RATES, whose: string): Promise<number | null> {
  const caps = { rate: RATES[what], concurrency: 0 };
  return addressClient(env, `${what}:${whose}`).take(randomBase62(22), caps, Date.now());
}

/** The refusal of who has to wait. */
export function mustWait(
  seconds: number,
  message = 'Too many requests from here. Try again later.',
): Fault {
  return new Fault('rate_limited', message, { detail: { retry_after: seconds } });
}
