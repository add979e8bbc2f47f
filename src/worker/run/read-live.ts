import { Fault } from '../../fault/fault.ts';
import { readPlace } from './page-place.ts';
import { there, viewOf } from './read-run.ts';
import type { RunRequest } from './read-run.ts';
import { runClient } from './run-client.ts';
import { orStone } from '../snapshot/public-view.ts';

/** A page that shows nothing yet. */
const BEGINNING = '0.0.0.0';

/**
 * `GET /{id}/live?from=`: what is new on the run's page, laid out, for the page's own script.
 * @throws Fault `not_found`, `gone`, `bad_request`
 * @see spec/rendering.md PAGE-4
 */
export async function readLive(asked: RunRequest): Promise<Response> {
  const { request, env, id, proof } = asked;
  const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
  // A browser repeats the last id by itself when it connects again, to the same URL.
  const last = readPlace(request.headers.get('last-event-id') ?? '');
  const from = last ?? readPlace(new URL(request.url).searchParams.get('from') ?? BEGINNING);
  if (from === null) throw new Fault('bad_request', '"from" must say where the page stands.');
  if (request.method === 'HEAD') {
    await viewOf(asked);
    return new Response(null, { headers });
  }
  const news = there(await orStone(env, id, await runClient(env, id).page(proof, from)));
  // A browser connects again after every end of a stream, until it is told that there is no more.
  return new Response(news, { status: news === null ? 204 : 200, headers });
}
