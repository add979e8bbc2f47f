import { asFault, Fault, faultData, FAULTS } from '../fault/fault.ts';
import type { FaultData } from '../fault/fault.ts';
import { randomBase62 } from '../login/base62.ts';
import { ACTION_ID } from '../login/login-desk.ts';
import type { LoginOffer } from '../login/login-desk.ts';
import { isoTime } from '../publish/iso-time.ts';
import { OWN_SITE } from '../publish/layout.ts';
import type { Site } from '../publish/layout.ts';
import { renderConnect } from '../publish/render-connect.ts';
import type { AskingRun } from '../publish/render-connect.ts';
import { renderErrorPage } from '../publish/render-error-page.ts';
import { wantsPage } from './accept.ts';
import { cookieValue, setCookie } from './cookies.ts';
import { html, json, leadingHtml, seeOther } from './responses.ts';
import { markOf, signed, unsigned } from './signed.ts';

/**
 * Login links: a page that says what a login is for, the start of it, and the way back. The person
 * who opens a link must be who asked for it. A link that would work for anybody would make
 * whoever clicks it lend their account to somebody else's run.
 * @see spec/identity.md, Login links
 */

/** Seconds that a login may take at the authorization server. */
const LOGIN_S = 600;

/** Where login links are served. */
export interface ConnectPlace {
  /** Path below which the pages are, such as `/connect`. */
  readonly path: string;
  /** Signs what a browser keeps while it is away. */
  readonly key: string;
  /** Whether the browser sees us under https. */
  readonly isHttps: boolean;
  /** Whose pages these are; our own when left out. */
  readonly site?: Site;
}

/** The person who opens a link, known by something that no link can carry. */
export interface LinkOpener {
  readonly principal: string;
  /** The same, for a person to read. */
  readonly person: string;
  /** The login links of this principal and of nobody else. */
  readonly links: {
    offer(id: string): Promise<LoginOffer | null>;
    begin(
      id: string,
      browser: string,
    ): Promise<{ readonly url: string; readonly state: string } | null>;
  };
  /** The run that asked, as this person may see it; null for one that is gone. */
  runOf(id: string): Promise<AskingRun | null>;
}

/** What the way back needs to know. */
export interface WayBack {
  /** The principal as whom the browser is known now; null when it is not known. */
  readonly principal: string | null;
  finish(login: BegunLogin, query: string): Promise<unknown>;
}

/** A login that this browser began. */
export interface BegunLogin {
  readonly principal: string;
  readonly id: string;
  readonly browser: string;
}

/**
 * `GET /connect/{id}`: the page, or JSON for a program. Starts and uses up nothing.
 * @throws Fault `not_yours`, the same for a link that is not there and one of somebody else
 */
export async function showConnect(
  request: Request,
  place: ConnectPlace,
  opener: LinkOpener | null,
  id: string,
): Promise<Response> {
  const known = openerOf(opener, id);
  const { offer, fault } = await offerOf(known, id);
  const status = fault === null ? 200 : FAULTS[fault.code].http;
  if (!wantsPage(request)) return json(offerJson(offer, fault), 200);
  return leadingHtml(await connectPage(place, known, offer, fault), status);
}

/**
 * `POST /connect/{id}`: sends the browser to the authorization server, with a cookie by which it is
 * known again when it comes back.
 * @throws Fault `not_yours`
 */
export async function startConnect(
  request: Request,
  place: ConnectPlace,
  opener: LinkOpener | null,
  id: string,
): Promise<Response> {
  const { links, principal } = openerOf(opener, id);
  const browser = randomBase62(43);
  const begun = await links.begin(id, browser).catch((error: unknown) => {
    const fault = asFault(error);
    if (!wantsPage(request)) throw fault;
    return fault;
  });
  if (begun === null) throw new Fault('not_yours');
  if (begun instanceof Fault) return seeOther(`${place.path}/${id}`);
  const until = Date.now() + LOGIN_S * 1000;
  const value = await signed(place.key, 'login', { fields: [principal, id, browser], until });
  return seeOther(begun.url, await loginCookie(place, begun.state, { value, seconds: LOGIN_S }));
}

/**
 * `GET /connect/callback`: the browser comes back from the authorization server. Whatever comes of
 * it is shown on a page whose address carries nothing of what came back.
 */
export async function finishConnect(
  request: Request,
  place: ConnectPlace,
  back: WayBack,
): Promise<Response> {
  // Whoever looks first must not use up what comes back once.
  if (request.method !== 'GET') throw new Fault('method_not_allowed');
  const { searchParams, search } = new URL(request.url);
  const state = searchParams.get('state') ?? '';
  const cookie = await loginCookie(place, state, { value: '', seconds: 0 });
  const bound = await boundTo(request, place, back.principal, state);
  // Nothing of the query goes anywhere unless this browser began the login.
  if (bound === null) return seeOther(`${place.path}/failed`, cookie);
  // Its page says how it ended.
  await back.finish(bound, search).catch(() => undefined);
  return seeOther(`${place.path}/${bound.id}`, cookie);
}

/** `GET /connect/failed`: for a browser that came back and did not begin here. */
export function showFailed(request: Request, site?: Site): Response {
  const fault = new Fault('login_invalid');
  if (!wantsPage(request)) throw fault;
  const page = renderErrorPage(fault.toJSON(), site === undefined ? {} : { site });
  return html(page, FAULTS.login_invalid.http);
}

/** Who began the login of `state` in this browser; null when it was not begun in it. */
async function boundTo(
  request: Request,
  place: ConnectPlace,
  known: string | null,
  state: string,
): Promise<BegunLogin | null> {
  const text = cookieValue(request, await cookieName(place, state));
  const fields = text === null ? null : await unsigned(place.key, 'login', text);
  if (fields === null || state === '') return null;
  const [principal = '', id = '', browser = ''] = fields;
  // Somebody else signed in meanwhile: the login must not become theirs, nor they see its page.
  if (known !== null && known !== principal) return null;
  return { principal, id, browser };
}

function openerOf(opener: LinkOpener | null, id: string): LinkOpener {
  if (opener === null || !ACTION_ID.test(id)) throw new Fault('not_yours');
  return opener;
}

interface Offered {
  readonly offer: LoginOffer;
  readonly fault: FaultData | null;
}

/** What the link offers and what stands against it; an unknown link is nobody's. */
async function offerOf({ links }: LinkOpener, id: string): Promise<Offered> {
  const offer = await links.offer(id);
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
  { path, site = OWN_SITE }: ConnectPlace,
  opener: LinkOpener,
  { action, plan }: LoginOffer,
  fault: FaultData | null,
): Promise<string> {
  const { profile, user } = action.target;
  return renderConnect({
    path: `${path}/${action.id}`,
    site,
    server: action.shown,
    issuer: plan?.issuer ?? null,
    sendsTo: plan?.sends_to ?? null,
    scopes: plan?.scopes ?? [],
    has: plan?.has_scopes ?? [],
    profile,
    user,
    person: opener.person,
    run: action.run_id === null ? null : await opener.runOf(action.run_id),
    isDone: action.state === 'done',
    fault,
  });
}

/** A cookie for the way back alone; every login has its own, so that two can go on at a time. */
async function loginCookie(
  place: ConnectPlace,
  state: string,
  { value, seconds }: { readonly value: string; readonly seconds: number },
): Promise<string> {
  return setCookie({
    name: await cookieName(place, state),
    value,
    // `__Host-` wants the whole host.
    path: place.isHttps ? '/' : `${place.path}/callback`,
    // Lax: the way back begins on the page of another site.
    sameSite: 'Lax',
    secure: place.isHttps,
    seconds,
  });
}

/**
 * The state itself is not written into a second place. With `__Host-` a neighbour's subdomain cannot
 * give a browser the cookie of a login that somebody else began, who would then get its account.
 */
async function cookieName({ key, isHttps }: ConnectPlace, state: string): Promise<string> {
  const mark = (await markOf(key, `login-state:${state}`)).slice(0, 16);
  return `${isHttps ? '__Host-' : ''}login_${mark}`;
}
