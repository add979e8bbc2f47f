import { Fault } from '../../fault/fault.ts';
import { viewOf } from '../run/read-run.ts';
import type { RunRequest } from '../run/read-run.ts';
import { editorPage } from './editor-page.ts';

/**
 * `GET /{id}?edit`: the editor with the prompt of a run, as its reader may see it. For everybody but
 * its owner it is a document of somebody else.
 * @throws Fault `not_found`, `gone`
 */
export async function editRun(asked: RunRequest): Promise<Response> {
  const { prompt, viewer } = await viewOf(asked);
  if (prompt === null) throw new Fault('not_found', 'The prompt of this run is not shown.');
  const opened = { prompt, source: `/${asked.id}`, isSuggested: viewer !== 'owner' };
  return editorPage(asked, opened);
}
