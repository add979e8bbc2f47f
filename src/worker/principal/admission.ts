import { waitUntil } from 'cloudflare:workers';
import { Fault } from '../../fault/fault.ts';
import { titleOf } from '../../publish/run-title.ts';
import type { Acceptance } from '../post/create-run.ts';
import { addressClient, addressName } from './caller-address.ts';
import type { Env } from '../env.ts';
import { ownOrigin } from '../guards.ts';
import { onceOf } from '../post/idempotency.ts';
import { closeTitle } from './kept-title.ts';
import { principalClient } from './principal-client.ts';
import { principalName } from './principal.ts';
import type { RunCaps } from './caller-caps.ts';
import type { Settings } from '../settings.ts';

/** A run that may be accepted. */
export interface Admitted {
  readonly id: string;
  /** Whether an earlier request with the same key is what made it. */
  readonly isReplay: boolean;
  /** The name of the address that it counts for; null when it counts for its principal. */
  readonly address: string | null;
  /** Resolves when it is in its list, where nobody has to wait for that; never rejects. */
  readonly listed?: Promise<unknown>;
}

/** What is decided before a run is admitted. */
export interface AdmissionPlan {
  readonly id: string;
  readonly expires_at: number | null;
  readonly isSuggested: boolean;
}

/**
 * Admits a run under the id that is planned, or finds the one that its key stands for.
 * @throws Fault `rate_limited`, `idempotency_mismatch`
 */
export async function admitRun(acceptance: Acceptance, plan: AdmissionPlan): Promise<Admitted> {
  const { env, settings, request, principal, program, posted, normalized } = acceptance;
  if (principal.kind === 'anonymous') {
    const address = await addressName(request, settings);
    admitted(await addressClient(env, address).take(plan.id, settings.caps.address, null));
    return { id: plan.id, isReplay: false, address };
  }
  const who = { principal: principalName(principal), origin: ownOrigin(request, settings) };
  const { id, expires_at } = plan;
  const title = await closeTitle(titleOf({ request: normalized.request }), who.principal, settings);
  const once = await onceOf(posted, plan.isSuggested, program ?? null);
  const caps = capsFor(who.principal, settings);
  const asked = principalClient(env, who).admitRun({ id, title, expires_at, once }, caps);
  if (once === null && isUncapped(caps)) {
    // Nothing can come of it but a row in the list: the run is accepted meanwhile.
    return { id, isReplay: false, address: null, listed: asked.catch(() => null) };
  }
  const admission = await asked;
  switch (admission.kind) {
    case 'new':
      return { id, isReplay: false, address: null };
    case 'known':
      return { id: admission.id, isReplay: true, address: null };
    case 'mismatch':
      throw new Fault('idempotency_mismatch');
    case 'refused':
      throw rateLimited(admission.seconds);
  }
}

/** Somebody whose work is counted. */
export interface CountedCaller {
  /** As `principalName` says it; null for nobody we know. */
  readonly principal: string | null;
  readonly origin: string;
}

/** Work that is no run of its own: a completion, inside of one request. */
export interface CountedWork {
  readonly env: Env;
  readonly settings: Settings;
  readonly request: Request;
  /** Unique for the work. */
  readonly id: string;
  /** When it is over at the latest, in milliseconds since 1970. */
  readonly until: number;
}

/**
 * Counts work for its caller like a run. A caller that is known by nothing but a provider's key could
 * make up another one each time and is counted by its address, with the caps of who is known: the
 * key pays, not this server.
 * @returns gives the place back; never throws
 * @throws Fault `rate_limited`
 */
export async function admitWork(work: CountedWork, caller: CountedCaller): Promise<() => void> {
  const { env, settings, id, until } = work;
  const { principal, origin } = caller;
  const isMadeUp = principal?.startsWith('provider:') === true;
  if (principal === null || isMadeUp) {
    const caps = isMadeUp ? settings.caps.principal : settings.caps.address;
    const name = await addressName(work.request, settings);
    const address = addressClient(env, isMadeUp ? `provider:${name}` : name);
    admitted(await address.take(id, caps, until));
    return () => waitUntil(address.release(id).catch(() => {}));
  }
  const caps = capsFor(principal, settings);
  if (isUncapped(caps)) return () => {};
  const own = principalClient(env, { principal, origin });
  admitted(await own.takePlace(id, caps, until));
  return () => waitUntil(own.releasePlace(id).catch(() => {}));
}

/** A caller nobody knows could use the key of another one. */
export function keyOfNobody(): Fault {
  const message = 'Idempotency-Key is for callers that this server knows: send an API key too.';
  return new Fault('bad_request', message);
}

function capsFor(principal: string, { caps }: Settings): RunCaps {
  return principal === 'local' ? caps.local : caps.principal;
}

function isUncapped({ rate, concurrency }: RunCaps): boolean {
  return rate === 0 && concurrency === 0;
}

function admitted(wait: number | null): void {
  if (wait !== null) throw rateLimited(wait);
}

function rateLimited(seconds: number): Fault {
  return new Fault('rate_limited', undefined, { detail: { retry_after: seconds } });
}
