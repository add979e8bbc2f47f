import { asFault, Fault, faultData, FAULTS } from '../fault/fault.ts';
import type { FaultData } from '../fault/fault.ts';
import { isoTime } from '../publish/iso-time.ts';
import { contentSecurityPolicy } from '../publish/layout.ts';
import { renderConnect } from '../publish/render-connect.ts';
import type { AskingRun } from '../publish/render-connect.ts';
import { renderErrorPage } from '../publish/render-error-page.ts';
import { titleOf } from '../publish/run-title.ts';
import { isTerminal } from '../run/run.ts';
import { cookieValue, setCookie } from './cookies.ts';
import type { Env } from './env.ts';
import { wantsPage } from './fault-response.ts';
import { ownOrigin } from './guards.ts';
import { knownRequest } from './known-request.ts';
import type { KnownRequest } from './known-request.ts';
import { CALLBACK_PATH } from './principal-logins.ts';
import { principalClient } from './principal-client.ts';
import type { LoginOffer } from './principal-object.ts';
import { html, json } from './responses.ts';
import { runClient } from './run-client.ts';
import { randomBase62 } from './run-id.ts';
import { isHttps, sessionKey } from './session.ts';
import type { Settings } from './settings.ts';
import { markOf, signed, unsigned } from './signed.ts';

/**
 * Login links: a page that says what a login is for, the start of it, and the way back. The person
 * who opens a link must be who started the run. A link that would work for anybody would make
 * whoever clicks it lend their account to somebody else's run.
 * @see spec/identity.md, Login links
 */

/** What a link's name looks like; anything else is asked of no object. */
export const ACTION_ID = /^[0-9A-Za-z]{22,64}$/;

/** Seconds that a login may take at the authorization server. */
const LOGIN_S = 600;

/**
 * `GET /connect/{id}`: the page, or JSON for a program. Starts and uses up nothing.
 * @throws Fault `not_yours`, the same for a link that is not there and one of somebody else
 */
export async function showConnect(
  request: Request,
  env: Env,
  settings: Settings,
  id: string,
): Promise<Response> {
  const known = await opener(request, env, settings, id);
  const { offer, fault } = await offerOf(known, id);
  const status = fault === null ? 200 : FAULTS[fault.code].http;
  if (!wantsPage(request)) return json(offerJson(offer, fault), 200);
  const response = html(await connectPage(known, id, offer, fault), status);
  // Browsers hold the redirects of a form against the form's policy, and which ways an
  // authorization server sends people is not known. The page has no form but ours.
  const policy = contentSecurityPolicy().replace(
    "form-action 'self'",
    "form-action 'self' https: http:",
  );
  response.headers.set('content-security-policy', policy);
  return response;
}

/**
 * `POST /connect/{id}`: sends the browser to the authorization server, with a cookie by which it is
 * known again when it comes back.
 * @throws Fault `not_yours`
 */
export async function startConnect(
  request: Request,
  env: Env,
  settings: Settings,
  id: string,
): Promise<Response> {
  const known = await opener(request, env, settings, id);
  const browser = randomBase62(43);
  const begun = await known.own.begin(id, browser).catch((error: unknown) => {
    const fault = asFault(error);
    if (!wantsPage(request)) throw fault;
    return fault;
  });
  if (begun === null) throw new Fault('not_yours');
  if (begun instanceof Fault) return seeOther(`/connect/${id}`);
  const until = Date.now() + LOGIN_S * 1000;
  const value = await signed(settings.idKey, 'login', {
    fields: [known.principal, id, browser],
    until,
  });
  const cookie = await loginCookie(request, settings, begun.state, { value, seconds: LOGIN_S });
  return seeOther(begun.url, cookie);
}

/**
 * `GET /connect/callback`: the browser comes back from the authorization server. Whatever comes of
 * it is shown on a page whose address carries nothing of what came back.
 */
export async function finishConnect(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  // Whoever looks first must not use up what comes back once.
  if (request.method !== 'GET') throw new Fault('method_not_allowed');
  const { searchParams, search } = new URL(request.url);
  const state = searchParams.get('state') ?? '';
  const cookie = await loginCookie(request, settings, state, { value: '', seconds: 0 });
  const bound = await boundTo(request, settings, state);
  // Nothing of the query goes anywhere unless this browser began the login.
  if (bound === null) return seeOther('/connect/failed', cookie);
  const { principal, id, browser } = bound;
  await principalClient(env, { principal, origin: ownOrigin(request, settings) })
    .finish(id, search, browser)
    // Its page says how it ended.
    .catch(() => undefined);
  return seeOther(`/connect/${id}`, cookie);
}

/** `GET /connect/failed`: for a browser that came back and did not begin here. */
export function showFailed(request: Request): Response {
  const fault = new Fault('login_invalid');
  if (!wantsPage(request)) throw fault;
  return html(renderErrorPage(fault.toJSON()), FAULTS.login_invalid.http);
}

interface Bound {
  readonly principal: string;
  readonly id: string;
  readonly browser: string;
}

/** Who began the login of `state` in this browser; null when it was not begun in it. */
async function boundTo(request: Request, settings: Settings, state: string): Promise<Bound | null> {
  const text = cookieValue(request, await cookieName(request, settings, state));
  const fields = text === null ? null : await unsigned(settings.idKey, 'login', text);
  if (fields === null || state === '') return null;
  const [principal = '', id = '', browser = ''] = fields;
  const name = await sessionKey(request, settings);
  // Somebody else signed in meanwhile: the login must not become theirs, nor they see its page.
  if (name !== null && `key:${name}` !== principal) return null;
  return { principal, id, browser };
}

async function opener(
  request: Request,
  env: Env,
  settings: Settings,
  id: string,
): Promise<KnownRequest> {
  const known = await knownRequest(request, env, settings);
  if (known === null || !ACTION_ID.test(id)) throw new Fault('not_yours');
  return known;
}

interface Offered {
  readonly offer: LoginOffer;
  readonly fault: FaultData | null;
}

/** What the link offers and what stands against it; an unknown link is nobody's. */
async function offerOf({ own }: KnownRequest, id: string): Promise<Offered> {
  const offer = await own.offer(id);
  if (offer === null) throw new Fault('not_yours');
  const { failure } = offer.action;
  return { offer, fault: offer.fault ?? (failure === null ? null : faultData(failure)) };
}

function offerJson({ action, plan }: LoginOffer, error: FaultData | null): object {
  return {
    id: action.id,
    object: 'login',
    status: action.state,
    server_url: action.shown,
    profile: action.target.profile,
    user: action.target.user,
    run_id: action.run_id,
    issuer: plan?.issuer ?? null,
    scopes: plan?.scopes ?? [],
    expires_at: isoTime(action.expires_at),
    error,
  };
}

async function connectPage(
  known: KnownRequest,
  id: string,
  { action, plan }: LoginOffer,
  fault: FaultData | null,
): Promise<string> {
  const { profile, user } = action.target;
  return renderConnect({
    path: `/connect/${id}`,
    server: action.shown,
    issuer: plan?.issuer ?? null,
    sendsTo: plan?.sends_to ?? null,
    scopes: plan?.scopes ?? [],
    has: plan?.has_scopes ?? [],
    profile,
    user,
    person: known.person,
    run: await runOf(known, action.run_id),
    isDone: action.state === 'done',
    fault,
  });
}

/** The run that asked, as its owner may see it; one that is gone is not named. */
async function runOf(
  { env, principal }: KnownRequest,
  id: string | null,
): Promise<AskingRun | null> {
  if (id === null) return null;
  const found = await runClient(env, id).view({ holdsToken: false, principal });
  if (found.found !== 'run') return null;
  const { value } = found;
  return { path: `/${id}`, title: titleOf(value), isWaiting: !isTerminal(value.status) };
}

/** A cookie for the way back alone; every login has its own, so that two can go on at a time. */
async function loginCookie(
  request: Request,
  settings: Settings,
  state: string,
  { value, seconds }: { readonly value: string; readonly seconds: number },
): Promise<string> {
  const secure = isHttps(request, settings);
  return setCookie({
    name: await cookieName(request, settings, state),
    value,
    // `__Host-` wants the whole host.
    path: secure ? '/' : CALLBACK_PATH,
    // Lax: the way back begins on the page of another site.
    sameSite: 'Lax',
    secure,
    seconds,
  });
}

/**
 * The state itself is not written into a second place. With `__Host-` a neighbour's subdomain cannot
 * give a browser the cookie of a login that somebody else began, who would then get its account.
 */
async function cookieName(request: Request, settings: Settings, state: string): Promise<string> {
  const mark = (await markOf(settings.idKey, `login-state:${state}`)).slice(0, 16);
  return `${isHttps(request, settings) ? '__Host-' : ''}login_${mark}`;
}

function seeOther(location: string, cookie?: string): Response {
  const headers = new Headers({ location });
  if (cookie !== undefined) headers.set('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}
