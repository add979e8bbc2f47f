import { Fault } from '../../fault/fault.ts';
import { viewOf } from '../run/read-run.ts';
import type { RunRequest } from '../run/read-run.ts';
import { askerOf, isOwnRun } from '../run/run-asker.ts';
import { editorPage } from './editor-page.ts';

/**
 * `GET /{id}?edit`: the editor with the prompt of a run, as its reader may see it. For everybody but
 * its owner it is a document of somebody else; what somebody else suggested to them stays that.
 * @throws Fault `not_found`, `gone`
 */
export async function editRun(asked: RunRequest): Promise<Response> {
  const { prompt, viewer } = await viewOf(asked);
  if (prompt === null) throw new Fault('not_found', 'The prompt of this run is not shown.');
  const isOwn = viewer === 'owner' && (await isAskers(asked));
  return editorPage(asked, { prompt, source: `/${asked.id}`, isSuggested: !isOwn });
}

/** Who may run nothing here did not make it either. */
async function isAskers(asked: RunRequest): Promise<boolean> {
  const asker = await askerOf(asked).catch(() => null);
  return asker !== null && (await isOwnRun(asked, asker, 'document'));
}
