import { Fault } from '../fault/fault.ts';
import { readChallenge } from './challenge.ts';
import type { LoginTarget, Refusal } from './login.ts';
import { asksMore, union } from './scopes.ts';
import { isSameOrigin } from './stranger-url.ts';
import { hostOf } from './unavailable.ts';
import type { AskedFor, Grant } from './vault-row.ts';
import { targetKey } from './vault.ts';
import type { Vault } from './vault.ts';

const WINDOW_MS = 3_600_000;
/** Logins in a window that were not enough though the server then asked for more. */
const MAX_WIDER = 3;
/** Logins in a window that were refused though they gave what was asked for. */
const MAX_SAME = 2;
const MAX_CHALLENGES = 200;

const NOTHING: AskedFor = {
  resource_metadata: null,
  scope: null,
  is_widening: false,
  refusals: [],
  at: 0,
};

/** A refusal, and what it was about. */
export interface Refused {
  readonly target: LoginTarget;
  readonly refusal: Refusal;
  /** The login that is there. */
  readonly grant: Grant | null;
}

/** Remembers what a server asked for, so that the next login asks for that. */
export async function remember(vault: Vault, refused: Refused, now: number): Promise<void> {
  const key = await targetKey(refused.target);
  await vault.alone(`challenge ${key}`, async () => {
    const known = await vault.get('challenge', key);
    if (known === null) await vault.makeRoom('challenge', MAX_CHALLENGES, (row) => row.at);
    await vault.put('challenge', key, asked(known ?? NOTHING, refused, now));
  });
}

/**
 * Counts a login that was not enough.
 * @throws Fault `login_denied` when it refuses one login after the other: without an end, a person
 *   would be sent to log in again and again
 * @see spec/tool-servers.md TS-44, TS-45
 */
export async function countRefusal(vault: Vault, refused: Refused, now: number): Promise<void> {
  const { target, grant, refusal } = refused;
  const key = await targetKey(target);
  await vault.alone(`challenge ${key}`, async () => {
    const known = await vault.get('challenge', key);
    if (known === null || grant === null) return;
    const lately = known.refusals.filter(({ at }) => at > now - WINDOW_MS);
    // Many calls of one run are refused at once; only another login makes another refusal.
    if (lately.some((each) => each.grant === grant.id)) return;
    const scope = readChallenge(refusal.challenge).scope ?? '';
    const asked_more = refusal.status === 403 && asksMore(scope, grant.requested);
    const next = { ...known, refusals: [...lately, { grant: grant.id, at: now, asked_more }] };
    await vault.put('challenge', key, next);
    const wider = next.refusals.filter((each) => each.asked_more).length;
    if (wider > MAX_WIDER || next.refusals.length - wider > MAX_SAME) {
      throw new Fault(
        'login_denied',
        `${hostOf(refused.target.url)} keeps asking for another login, whatever it is given.`,
      );
    }
  });
}

/** After a login: its scopes were asked for, the count of refusals goes on. */
export async function answered(vault: Vault, target: LoginTarget): Promise<void> {
  const key = await targetKey(target);
  await vault.alone(`challenge ${key}`, async () => {
    const known = await vault.get('challenge', key);
    if (known !== null) await vault.put('challenge', key, { ...known, is_widening: false });
  });
}

function asked(known: AskedFor, refused: Refused, now: number): AskedFor {
  const { target, refusal, grant } = refused;
  const { resourceMetadata: stated, scope } = readChallenge(refusal.challenge);
  const isOwn = stated !== null && isSameOrigin(stated, target.url);
  const is_widening = refusal.status === 403 && grant !== null;
  // Two refusals before somebody logs in: one login for both.
  const earlier = is_widening && known.is_widening ? known.scope : null;
  return {
    resource_metadata: isOwn ? stated : known.resource_metadata,
    scope: scope === null ? earlier : union(earlier ?? '', scope),
    is_widening,
    refusals: known.refusals,
    at: now,
  };
}
