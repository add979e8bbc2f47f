import { Fault } from '../../fault/fault.ts';
import { isoTime } from '../../publish/iso-time.ts';
import { renderRuns } from '../../publish/render-runs.ts';
import { runUrls } from '../../publish/run-urls.ts';
import { RUN_STATUSES } from '../../run/run.ts';
import type { Env } from '../env.ts';
import { wantsPage } from '../../connect/accept.ts';
import { knownRequest } from './known-request.ts';
import { openTitle } from './kept-title.ts';
import type { ListedRun, ListWish } from './principal-runs.ts';
import { html, json } from '../../connect/responses.ts';
import { RUN_ID } from '../run/run-id.ts';
import type { Settings } from '../settings.ts';

const MOST = 100;
const USUAL = 20;

/**
 * `GET /runs`: the sender's own runs, the newest first.
 * @throws Fault `unauthorized` for nobody we know, `bad_request`
 * @see spec/http-api.md, Your runs
 */
export async function listRuns(request: Request, env: Env, settings: Settings): Promise<Response> {
  const known = await knownRequest(request, env, settings);
  if (known === null) throw new Fault('unauthorized', 'Runs belong to somebody: sign in.');
  const wish = wishOf(new URL(request.url).searchParams);
  const page = await known.own.listRuns(wish);
  if (page === null) {
    throw new Fault('bad_request', '"after" must be one of your runs. Begin again without it.');
  }
  const { has_more } = page;
  const runs = await Promise.all(
    page.runs.map(async (run) => ({
      ...run,
      title: await openTitle(run.title, known.principal, settings),
    })),
  );
  if (!wantsPage(request)) {
    const data = runs.map((run) => runJson(run, known.origin));
    return json({ object: 'list', data, has_more });
  }
  const { person, hasSession } = known;
  const next = has_more ? nextOf(wish, runs) : null;
  return html(renderRuns({ person, hasSession, runs, status: wish.status, next }));
}

function wishOf(query: URLSearchParams): ListWish {
  const limit = query.get('limit') ?? String(USUAL);
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST) {
    throw new Fault('bad_request', `"limit" must be a number from 1 to ${MOST}.`);
  }
  const after = query.get('after');
  if (after !== null && !RUN_ID.test(after)) {
    throw new Fault('bad_request', '"after" must be the id of a run.');
  }
  const asked = query.get('status');
  const status = RUN_STATUSES.find((each) => each === asked) ?? null;
  if (asked !== null && status === null) {
    throw new Fault('bad_request', `"status" must be one of ${RUN_STATUSES.join(', ')}.`);
  }
  return { limit: Number(limit), after, status };
}

function runJson({ id, status, created_at, title }: ListedRun, origin: string): object {
  const { html: url } = runUrls(origin, id);
  return { id, object: 'run', status, created_at: isoTime(created_at), title, url };
}

function nextOf({ limit, status }: ListWish, runs: readonly ListedRun[]): string {
  const query = new URLSearchParams({
    ...(limit === USUAL ? {} : { limit: String(limit) }),
    ...(status === null ? {} : { status }),
    after: runs.at(-1)?.id ?? '',
  });
  return `/runs?${query.toString()}`;
}
