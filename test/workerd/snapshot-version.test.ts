/** Snapshots of finished runs hold views, so a view that changes needs another version of them. */
import { describe, expect, it } from 'vitest';
import { base62 } from '../../src/login/base62.ts';
import { viewFor } from '../../src/run/view.ts';
import { SNAPSHOT_VERSION } from '../../src/worker/snapshot/snapshot.ts';
import {
  ANSWERED,
  CALLING,
  COMPLETED,
  GATHERED,
  runStart,
  sampleRun,
} from '../unit/publish/sample-runs.ts';

/** The names of all members, and the kinds of their values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shapeOf(item))))];
  if (typeof value !== 'object' || value === null) return typeof value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return members.map(([name, member]) => [name, shapeOf(member)]);
}

describe('the version of snapshots', () => {
  it('is raised whenever what a view looks like changes', async () => {
    const bodies = [runStart(), ...GATHERED, ...CALLING, ...ANSWERED, COMPLETED];
    const shapes = (['answer', 'full'] as const).map((publish) => {
      const run = sampleRun(bodies);
      return shapeOf(viewFor('public', { ...run, request: { ...run.request, publish } }));
    });
    const bytes = new TextEncoder().encode(JSON.stringify(shapes));
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const shape = base62(hash, 12);
    // When this fails: raise SNAPSHOT_VERSION in src/worker/snapshot/snapshot.ts by one and write both
    // here. Snapshots of another version are made anew when they are read, which costs one wake each.
    expect({ version: SNAPSHOT_VERSION, shape }).toEqual({ version: 3, shape: 'hKSYonIpy5Kf' });
  });
});
