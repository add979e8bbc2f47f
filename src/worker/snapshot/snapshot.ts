import { isTerminal } from '../../run/run.ts';
import type { RunView } from '../../run/view.ts';
import { RENDERER_VERSION } from '../run/renderer-version.js';
import { layOutOnce } from '../run/run-forms.ts';
import type { LaidOutRun } from '../run/run-forms.ts';
import type { Found } from '../run/run-found.ts';
import type { Tombstone } from '../run/run-record.ts';

/**
 * What the views of this version look like; a test says when it has to be raised. A snapshot of
 * another version is made anew by the object of its run.
 */
export const SNAPSHOT_VERSION = 3;

/** What is kept under the id of a run that has ended: what the public may see of it, or a stone. */
export type Snapshot =
  | { readonly version: number; readonly view: RunView; readonly laid_out: LaidOut | null }
  | { readonly stone: SnapshotStone };

/** A long answer as HTML, and which version of the renderer made it. */
interface LaidOut {
  readonly renderer: string;
  readonly answer: string;
}

/** Says that the run is gone. Of one that was deleted nobody is told that. */
export type SnapshotStone = Pick<Tombstone, 'status' | 'when'>;

/**
 * The snapshot of a run as text; null when it has not ended or the view is not the public's. A long
 * answer is in it as HTML too: whoever has the address could else have it laid out without end.
 */
export async function snapshotText(view: RunView): Promise<string | null> {
  if (view.viewer !== 'public' || !isTerminal(view.status)) return null;
  const answer = await layOutOnce(view);
  const laid_out = answer === null ? null : { renderer: RENDERER_VERSION, answer };
  return JSON.stringify({ version: SNAPSHOT_VERSION, view, laid_out } satisfies Snapshot);
}

/** A stone as text. */
export function stoneText({ status, when }: SnapshotStone): string {
  return JSON.stringify({ stone: { status, when } } satisfies Snapshot);
}

/** Whether a snapshot may take the place of what is there: never that of a stone. */
export function isOutdated(text: string): boolean {
  const snapshot = read(text);
  return 'view' in snapshot && !isCurrent(snapshot);
}

/**
 * What a snapshot says to somebody who proves nothing, at a time in milliseconds since 1970; null
 * when the object of the run has to be asked.
 */
export function foundIn(text: string, now: number): Found<LaidOutRun> | null {
  const snapshot = read(text);
  if ('stone' in snapshot) {
    const { status, when } = snapshot.stone;
    // A stone is set before the run is removed: whether that came to its end the object knows.
    return status === 'deleted' ? null : { found: 'tombstone', status, when, to: null };
  }
  if (!isCurrent(snapshot)) return null;
  const { view, laid_out } = snapshot;
  const { status, expires_at } = view;
  if (expires_at !== null && expires_at <= now) {
    return { found: 'tombstone', status, when: expires_at, to: null };
  }
  return { found: 'run', value: { view, laidOut: laid_out?.answer ?? null } };
}

/** What another version laid out may lack what this one escapes. */
function isCurrent({ version, laid_out }: Extract<Snapshot, { readonly view: RunView }>): boolean {
  if (version !== SNAPSHOT_VERSION) return false;
  return laid_out === null || laid_out.renderer === RENDERER_VERSION;
}

function read(text: string): Snapshot {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes these
  return JSON.parse(text) as Snapshot;
}
