import { Fault } from '../../fault/fault.ts';
import { describeRun } from '../post/create-run.ts';
import { wantsPage } from '../../connect/accept.ts';
import { ownOrigin } from '../guards.ts';
import { linksOf, toOwnPage } from '../post/post-run.ts';
import { there } from './read-run.ts';
import type { RunRequest } from './read-run.ts';
import { json } from '../../connect/responses.ts';
import { runClient } from './run-client.ts';
import { newRunId } from './run-id.ts';

const STILL_TOLD = 'The callback has not been told everything yet. Try again when it has.';

/**
 * `POST /{id}/rotate`: a run that has ended gets another address, for its owner. Whoever has the old
 * address has nothing any more, its owner token neither.
 * @throws Fault `not_found`, `gone`, `owner_required`, `not_ended`
 */
export async function rotateRun({
  env,
  settings,
  id,
  proof,
  request,
}: RunRequest): Promise<Response> {
  const moved = there(await runClient(env, id).rotate(proof, await newRunId(settings.idKey)));
  if (moved === 'running') throw new Fault('not_ended');
  if (moved === 'telling') throw new Fault('not_ended', STILL_TOLD);
  const created = await describeRun(settings, ownOrigin(request, settings), moved);
  if (wantsPage(request)) return toOwnPage(created);
  return json(created, 200, { location: `/${created.id}`, link: linksOf(created) });
}
