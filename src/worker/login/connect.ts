import {
  finishConnect as finish,
  showConnect as show,
  startConnect as start,
} from '../../connect/connect.ts';
import type { ConnectPlace, LinkOpener } from '../../connect/connect.ts';
import type { AskingRun } from '../../publish/render-connect.ts';
import { titleOf } from '../../publish/run-title.ts';
import { isTerminal } from '../../run/run.ts';
import type { Env } from '../env.ts';
import { ownOrigin } from '../guards.ts';
import { knownRequest } from '../principal/known-request.ts';
import type { KnownRequest } from '../principal/known-request.ts';
import { principalClient } from '../principal/principal-client.ts';
import { runClient } from '../run/run-client.ts';
import { identityOfSession } from '../principal/identity.ts';
import { principalName } from '../principal/principal-name.ts';
import { mustWait, waitOf } from '../principal/stranger-allowance.ts';
import { isHttps } from '../principal/session.ts';
import type { Settings } from '../settings.ts';

/**
 * `GET /connect/{id}`
 * @throws Fault `not_yours`, `rate_limited`
 */
export async function showConnect(
  request: Request,
  env: Env,
  settings: Settings,
  id: string,
): Promise<Response> {
  return show(request, placeOf(request, settings), await opener(request, env, settings), id);
}

/**
 * `POST /connect/{id}`
 * @throws Fault `not_yours`, `rate_limited`
 */
export async function startConnect(
  request: Request,
  env: Env,
  settings: Settings,
  id: string,
): Promise<Response> {
  return start(request, placeOf(request, settings), await opener(request, env, settings), id);
}

/** `GET /connect/callback` */
export async function finishConnect(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const known = await identityOfSession(request, env, settings);
  const origin = ownOrigin(request, settings);
  return finish(request, placeOf(request, settings), {
    principal: known === null ? null : principalName(known.principal),
    finish: ({ principal, id, browser }, query) =>
      principalClient(env, { principal, origin }).finish(id, query, browser),
  });
}

function placeOf(request: Request, settings: Settings): ConnectPlace {
  return { path: '/connect', key: settings.idKey, isHttps: isHttps(request, settings) };
}

async function opener(request: Request, env: Env, settings: Settings): Promise<LinkOpener | null> {
  const known = await knownRequest(request, env, settings);
  if (known === null) return null;
  const { principal, person, own } = known;
  // Each look and each start of a login makes requests of ours to servers that somebody else named.
  const wait = await waitOf(env, 'connect', principal);
  if (wait !== null) throw mustWait(wait);
  return { principal, person, links: own, runOf: (id) => runOf(known, id) };
}

/** The run that asked, as its owner may see it; one that is gone is not named. */
async function runOf({ env, principal }: KnownRequest, id: string): Promise<AskingRun | null> {
  const found = await runClient(env, id).view({ holdsToken: false, principal });
  if (found.found !== 'run') return null;
  const { value } = found;
  return { path: `/${id}`, title: titleOf(value), isWaiting: !isTerminal(value.status) };
}
