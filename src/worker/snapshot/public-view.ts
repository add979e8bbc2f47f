import type { RunView } from '../../run/view.ts';
import type { Env } from '../env.ts';
import { NO_PROOF } from '../principal/principal.ts';
import type { LaidOutRun } from '../run/run-forms.ts';
import type { Found } from '../run/run-found.ts';
import { runClient } from '../run/run-client.ts';
import { foundIn } from './snapshot.ts';
import { snapshotStore } from './snapshot-store.ts';

/**
 * What everybody may see of a run. Of one that has ended it is read from its snapshot, and its
 * object is not even named: naming it would start it.
 * @param id of a run that this server made
 * @see spec/runs.md, Snapshots
 */
export async function publicView(env: Env, id: string): Promise<Found<LaidOutRun>> {
  return (await inSnapshot(env, id)) ?? asItIs(await runClient(env, id).view(NO_PROOF));
}

/** What the object of a run told: nothing of it is laid out yet. */
export function asItIs(found: Found<RunView>): Found<LaidOutRun> {
  return found.found === 'run'
    ? { found: 'run', value: { view: found.value, laidOut: null } }
    : found;
}

/**
 * What was found of a run; for nothing, the stone of a run that expired or was rotated. A process that died
 * while it removed the run may have left that in the place of the snapshot alone.
 * @param id of a run that this server made
 */
export async function orStone<Value>(
  env: Env,
  id: string,
  found: Found<Value>,
): Promise<Found<Value>> {
  if (found.found !== 'nothing') return found;
  const stone = await inSnapshot(env, id);
  return stone?.found === 'tombstone' ? stone : found;
}

async function inSnapshot(env: Env, id: string): Promise<Found<LaidOutRun> | null> {
  try {
    const text = (await (await snapshotStore(env))?.read(id)) ?? null;
    return text === null ? null : foundIn(text, Date.now());
  } catch {
    // The object knows it too.
    return null;
  }
}
