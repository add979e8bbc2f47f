import { waitUntil } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { addressClient, addressName } from './caller-address.ts';
import type { RunCaps } from './caller-caps.ts';
import { principalName } from './principal-name.ts';
import type { Principal } from './principal-name.ts';
import type { Settings } from '../settings.ts';
import { mustWait } from './stranger-allowance.ts';

/** Milliseconds after which a look is over, whatever became of it. */
const LOOK_MS = 60_000;

/** Looks that one caller may have at the same time, where there is a limit at all. */
const AT_ONCE = 3;

/**
 * Counts a look at addresses that a prompt, a link or a program names. Each makes requests of ours, so it has
 * the rate of runs; it is counted beside them, because an editor looks more often than it runs.
 * @returns gives the place back; never throws
 * @throws Fault `rate_limited`
 */
export async function admitLook(
  request: Request,
  env: Env,
  settings: Settings,
  principal: Principal,
): Promise<() => void> {
  const name = principalName(principal) ?? (await addressName(request, settings));
  const caps = capsOf(principal, settings);
  if (caps.rate === 0) return () => {};
  const own = addressClient(env, `look:${name}`);
  const id = crypto.randomUUID();
  const wait = await own.take(id, caps, Date.now() + LOOK_MS);
  if (wait !== null) {
    throw mustWait(wait, 'Too many addresses were asked for. Try again later.');
  }
  return () => waitUntil(own.release(id).catch(() => {}));
}

function capsOf({ kind }: Principal, { caps }: Settings): RunCaps {
  const known = kind === 'local' ? caps.local : caps.principal;
  const { rate } = kind === 'anonymous' ? caps.address : known;
  return { rate, concurrency: AT_ONCE };
}
