import { Fault } from '../../fault/fault.ts';
import { readActionAnswer } from './read-action-answer.ts';
import { runClient } from './run-client.ts';
import { wantsPage } from '../../connect/accept.ts';
import { there } from './read-run.ts';
import type { RunRequest } from './read-run.ts';
import { html, json } from '../../connect/responses.ts';
import { renderDeleted } from '../../publish/render-deleted.ts';

/**
 * `POST /{id}/cancel`: ends a run, for its owner; one that has ended stays as it is.
 * @throws Fault `not_found`, `gone`, `owner_required`
 */
export async function cancelRun({ env, id, proof, request }: RunRequest): Promise<Response> {
  const status = there(await runClient(env, id).cancel(proof));
  return wantsPage(request) ? toPage(id) : json({ id, object: 'run', status });
}

/**
 * `POST /{id}/actions/{action_id}`: the owner's answer to what the run waits for.
 * @throws Fault `not_found`, `gone`, `owner_required`, `bad_request`, `already_answered`
 */
export async function answerAction(asked: RunRequest, action_id: string): Promise<Response> {
  const { env, id, proof, request } = asked;
  const run = runClient(env, id);
  // Who does not own the run is told so before a byte of the body is read.
  const question = there(await run.questionOf(proof, action_id));
  if (question === undefined) throw new Fault('not_found');
  const answer = await readActionAnswer(request, question);
  const acted = there(await run.resolveAction(proof, action_id, answer));
  if (acted.acted === 'unknown') throw new Fault('not_found');
  if (acted.acted === 'over') throw new Fault('already_answered');
  if (acted.acted === 'invalid') throw new Fault('bad_request', acted.message);
  return wantsPage(request) ? toPage(id) : json({ id, object: 'run', status: acted.status });
}

function toPage(id: string): Response {
  return new Response(null, { status: 303, headers: { location: `/${id}` } });
}

/**
 * `DELETE /{id}`, and `POST /{id}/delete` for a form: removes a run, for its owner; its URL is then one that never was.
 * @throws Fault `not_found`, `gone`, `owner_required`
 */
export async function deleteRun({ env, id, proof, request }: RunRequest): Promise<Response> {
  there(await runClient(env, id).remove(proof));
  const isForm = request.method === 'POST' && wantsPage(request);
  return isForm ? html(renderDeleted()) : new Response(null, { status: 204 });
}
