import { runClient } from './run-client.ts';
import { wantsPage } from './fault-response.ts';
import { there } from './read-run.ts';
import type { RunRequest } from './read-run.ts';
import { json } from './responses.ts';

/**
 * `POST /{id}/cancel`: ends a run, for its owner; one that has ended stays as it is.
 * @throws Fault `not_found`, `gone`, `owner_required`
 */
export async function cancelRun({ env, id, proof, request }: RunRequest): Promise<Response> {
  const status = there(await runClient(env, id).cancel(proof));
  if (wantsPage(request)) {
    return new Response(null, { status: 303, headers: { location: `/${id}` } });
  }
  return json({ id, object: 'run', status });
}

/**
 * `DELETE /{id}`: removes a run, for its owner; its URL is then one that never was.
 * @throws Fault `not_found`, `gone`, `owner_required`
 */
export async function deleteRun({ env, id, proof }: RunRequest): Promise<Response> {
  there(await runClient(env, id).remove(proof));
  return new Response(null, { status: 204 });
}
