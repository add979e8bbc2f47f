import { Fault } from '../../fault/fault.ts';
import { there, viewOf } from '../run/read-run.ts';
import type { RunRequest } from '../run/read-run.ts';
import { runClient } from '../run/run-client.ts';
import { editorPage } from './editor-page.ts';

/**
 * `GET /{id}?edit`: the editor with the prompt of a run, as its reader may see it. For everybody but
 * its owner it is a document of somebody else, and for its owner too where it was suggested: running
 * what a link brought makes nobody its author.
 * @throws Fault `not_found`, `gone`
 */
export async function editRun(asked: RunRequest): Promise<Response> {
  const { prompt, viewer } = await viewOf(asked);
  if (prompt === null) throw new Fault('not_found', 'The prompt of this run is not shown.');
  const { env, id } = asked;
  const isSuggested = viewer !== 'owner' || there(await runClient(env, id).isSuggested());
  const opened = { prompt, source: `/${id}`, isSuggested };
  return editorPage(asked, opened);
}
