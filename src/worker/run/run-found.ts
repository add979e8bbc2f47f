import { foldRun } from '../../run/fold-run.ts';
import type { RunStatus } from '../../run/run.ts';
import type { Viewer } from '../../run/view.ts';
import { NO_PROOF } from '../principal/principal.ts';
import type { Proof } from '../principal/principal.ts';
import type { RunCallbacks } from './run-callbacks.ts';
import type { SqlRunLog } from './run-log.ts';
import type { AcceptedRun, RunRecord, Stored, Tombstone } from './run-record.ts';

/** An answer about a run that may not be there. */
export type Found<Value> =
  | { readonly found: 'nothing' }
  | {
      readonly found: 'tombstone';
      readonly status: RunStatus | 'rotated';
      readonly when: number;
      /** The new id, for whoever made the run. */
      readonly to: string | null;
    }
  | { readonly found: 'refused' }
  | { readonly found: 'run'; readonly value: Value };

/**
 * What `read` makes of the run, if there is one.
 * @param proof decides only what is said of a run that has another address
 */
export function find<Value>(
  stored: Stored,
  read: (record: RunRecord) => Value,
  proof = NO_PROOF,
): Found<Value> {
  if (stored.kind === 'nothing') return { found: 'nothing' };
  if (stored.kind === 'tombstone') return tombstoneAnswer(stored.tombstone, proof);
  if (isOver(stored.record)) {
    // Checked on every read too: the alarm that purges may be late.
    const when = stored.record.expires_at ?? 0;
    return { found: 'tombstone', status: 'expired', when, to: null };
  }
  return { found: 'run', value: read(stored.record) };
}

/** The same for what only the owner may do. */
export function findOwned<Value>(
  stored: Stored,
  proof: Proof,
  act: (record: RunRecord) => Value,
): Found<Value> {
  const found = find(stored, (record) => record, proof);
  if (found.found !== 'run') return found;
  if (viewerOf(proof, found.value) !== 'owner') return { found: 'refused' };
  return { found: 'run', value: act(found.value) };
}

/** A run that was deleted is as if it had never been. */
function tombstoneAnswer({ status, when, moved }: Tombstone, proof: Proof): Found<never> {
  if (status === 'deleted') return { found: 'nothing' };
  // The token of the old address is void: only who made the run is told of the new one.
  const { principal, program } = proof;
  const isMaker = program === undefined && principal !== null && moved?.principal === principal;
  return { found: 'tombstone', status, when, to: isMaker ? (moved?.to ?? null) : null };
}

/** What is said of a run that was accepted. */
export function acceptedRun(log: SqlRunLog, callbacks: RunCallbacks): AcceptedRun {
  const { status, created_at, expires_at } = foldRun(log.read());
  return { status, created_at, expires_at, has_callback: callbacks.view() !== null };
}

/** Whether its time is over. */
export function isOver(record: RunRecord): boolean {
  return record.expires_at !== null && record.expires_at <= Date.now();
}

/**
 * Holding the token, or being the key that made the run, is owning it. A program owns what it made
 * itself: it was let run prompts, and not let read what its person or another program ran.
 */
export function viewerOf({ holdsToken, principal, program }: Proof, record: RunRecord): Viewer {
  const isTheirs = principal !== null && principal === record.principal;
  const made = isTheirs && (program === undefined || program === record.program);
  return holdsToken || made ? 'owner' : 'public';
}
