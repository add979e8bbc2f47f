import { Fault } from '../../fault/fault.ts';
import type { LoginRecord, LoginTarget } from '../../login/login.ts';
import { serverOrigin } from '../../normalize/server-url.ts';
import { isoTime } from '../../publish/iso-time.ts';
import { renderConnections } from '../../publish/render-connections.ts';
import type { Env } from '../env.ts';
import { wantsPage } from '../../connect/accept.ts';
import { admitLook } from '../principal/admit-look.ts';
import { knownRequest } from '../principal/known-request.ts';
import type { KnownRequest } from '../principal/known-request.ts';
import { isOfOperator } from '../principal/principal-logins.ts';
import { namedPrincipal } from '../principal/principal-name.ts';
import { checkFormAction, formActionDone } from '../post/form-action.ts';
import { readFields } from '../post/read-fields.ts';
import { userOf } from '../post/read-prompt.ts';
import { html, json } from '../../connect/responses.ts';
import { programsSection } from '../oauth-server/programs.ts';
import type { Settings } from '../settings.ts';

/**
 * The logins of the sender: list, make, end.
 * @see spec/http-api.md, Connections
 */

/** `GET /connections` */
export async function listConnections(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const known = await sender(request, env, settings);
  const records = await known.own.list();
  if (!wantsPage(request)) {
    return json({ object: 'list', data: records.map((each) => connectionJson(each, settings)) });
  }
  const connections = records.map((record) => shown(record, settings));
  const { person, hasSession } = known;
  const programs = await programsSection(known);
  return html(renderConnections({ person, hasSession, connections, programs }));
}

/**
 * `POST /connections`: a login link that no run waits for. Counted: the server that it names is asked.
 * @throws Fault `unauthorized`, `rate_limited`, `bad_request`
 */
export async function addConnection(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const known = await sender(request, env, settings);
  const fields = await readFields(request);
  const target = targetOf(fields);
  const wish = { target, shown: shownUrl(target.url, settings), run: null };
  const release = await admitLook(request, env, settings, namedPrincipal(known.principal));
  const asked = await known.own.ask(wish, Date.now()).finally(release);
  if (asked === null) throw new Fault('bad_request', 'There are too many login links already.');
  const { action_id, expires_at } = asked;
  const path = `/connect/${action_id}`;
  if (wantsPage(request)) {
    return new Response(null, { status: 303, headers: { location: path } });
  }
  const body = { id: action_id, object: 'login', connect_url: known.origin + path };
  return json({ ...body, expires_at: isoTime(expires_at) }, 201, { location: path });
}

/** `DELETE /connections/{id}`, and `POST` with `action=disconnect` for forms. */
export async function removeConnection(
  request: Request,
  env: Env,
  settings: Settings,
  id: string,
): Promise<Response> {
  const known = await sender(request, env, settings);
  await checkFormAction(request, 'disconnect');
  if (!/^[\w.~-]{1,200}$/.test(id) || !(await known.own.disconnect(id))) {
    throw new Fault('not_found');
  }
  return formActionDone(request, '/connections');
}

/** @throws Fault `unauthorized` */
async function sender(request: Request, env: Env, settings: Settings): Promise<KnownRequest> {
  const known = await knownRequest(request, env, settings);
  if (known === null) throw new Fault('unauthorized', 'Logins belong to somebody: sign in.');
  return known;
}

/** @throws Fault `bad_request` */
function targetOf(fields: ReadonlyMap<string, string>): LoginTarget {
  const written = (fields.get('url') ?? '').trim();
  const url = URL.canParse(written) ? new URL(written) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username + url.password !== '') {
    throw new Fault('bad_request', '"url" must be the http or https URL of a tool server.');
  }
  url.hash = '';
  const profile = (fields.get('profile') ?? '').trim() || 'default';
  if (!/^[\w.-]{1,64}$/.test(profile)) {
    throw new Fault('bad_request', '"profile" must be one word.');
  }
  return { url: url.href, profile, user: userOf(fields.get('user') ?? '') };
}

/** The rest of the address of an operator's server is the operator's. */
function shownUrl(url: string, settings: Settings): string {
  return isOfOperator(url, settings) ? serverOrigin(url) : url;
}

/** A login as programs are told of it. */
export function connectionJson(record: LoginRecord, settings: Settings): object {
  const { id, target, issuer, scope, created_at, expires_at, can_refresh } = record;
  return {
    id,
    object: 'connection',
    server_url: shownUrl(target.url, settings),
    profile: target.profile,
    user: target.user,
    issuer,
    scope,
    created_at: isoTime(created_at),
    expires_at: expires_at === null ? null : isoTime(expires_at),
    can_refresh,
  };
}

function shown(record: LoginRecord, settings: Settings) {
  const { id, target, issuer, scope, created_at, expires_at, can_refresh } = record;
  return {
    id,
    server: shownUrl(target.url, settings),
    issuer,
    scope,
    profile: target.profile,
    user: target.user,
    created_at,
    ends_at: can_refresh ? null : expires_at,
  };
}
