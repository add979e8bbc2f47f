import { AuthorizationError, authorizationErrorRedirect } from '@cloudflare/workers-oauth-provider';
import type { AuthRequest, ClientInfo } from '@cloudflare/workers-oauth-provider';
import { html, leadingHtml, seeOther } from '../../connect/responses.ts';
import { Fault } from '../../fault/fault.ts';
import { renderConsent, renderRefusedProgram } from '../../publish/render-consent.ts';
import type { Env } from '../env.ts';
import { readFields } from '../post/read-fields.ts';
import { checkSession, knownRequest } from '../principal/known-request.ts';
import type { KnownRequest } from '../principal/known-request.ts';
import type { Settings } from '../settings.ts';
import { consentTo, isConsentTo } from './consent.ts';
import { findProgram, keepProgram } from './find-program.ts';
import { grantorId, marksOf } from './grantor.ts';
import { authorizationServer, rowsOf } from './library.ts';
import { isDocumentUrl } from './metadata-document.ts';
import { grantorClient } from './oauth-client.ts';
import { factsIn } from './programs.ts';
import type { ProgramFacts } from './oauth-desk.ts';
import { issuerOf, withWholeResource } from './resource.ts';
import { scopesFor } from './scopes.ts';

/**
 * A program asks a person to act for them. They are asked each time: a program that somebody else
 * started could else use what they once allowed.
 * @see RFC 6749, section 4.1; RFC 9700; spec/identity.md, Programs
 */

/** Characters of what a program asks, so that it fits through a page of ours. */
const MAX_QUERY = 4000;

/** What a program asks for, once it is known that it may be told so. */
interface Wish {
  readonly request: AuthRequest;
  readonly client: ClientInfo;
  readonly scopes: readonly string[];
}

/** `GET /oauth/authorize`: who asks, for what, and where one is sent. Gives nothing. */
export async function showConsent(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const query = queryOf(request);
  const known = await knownRequest(request, env, settings);
  if (known === null) {
    const back = `/oauth/authorize?${query.toString()}`;
    return seeOther(`/sign-in?return=${encodeURIComponent(back)}`);
  }
  checkSession(known);
  const wish = await wishOf(known, query);
  if (wish instanceof Response) return wish;
  const text = query.toString();
  const { proof, cookie } = await consentTo(known, text);
  const { name, domain, redirect_host } = factsOf(wish);
  const consent = renderConsent({
    name,
    domain,
    redirectHost: redirect_host,
    isLoopback: wish.request.redirectUri.startsWith('http:'),
    scopes: wish.scopes,
    person: known.person,
    fields: { query: text, proof },
  });
  const response = leadingHtml(consent);
  response.headers.append('set-cookie', cookie);
  return response;
}

/**
 * `POST /oauth/authorize`: what the person decided, on our page and in the browser that was shown it.
 * @throws Fault `unauthorized`, `bad_request` for a page that was not ours or is over
 */
export async function decideConsent(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const known = await knownRequest(request, env, settings);
  if (known === null) throw new Fault('unauthorized', 'Sign in to decide about a program.');
  checkSession(known);
  const fields = await readFields(request);
  const text = fields.get('query') ?? '';
  if (!(await isConsentTo(known, text, fields.get('proof') ?? ''))) {
    throw new Fault('bad_request', 'This page is over. Start again in the program.');
  }
  const wish = await wishOf(known, new URLSearchParams(text));
  if (wish instanceof Response) return wish;
  switch (fields.get('decision')) {
    case 'allow':
      return seeOther(await approved(known, wish));
    case 'deny':
      return seeOther(authorizationErrorRedirect(wish.request, 'access_denied'));
    default:
      throw new Fault('bad_request', '"decision" must be "allow" or "deny".');
  }
}

async function approved(known: KnownRequest, wish: Wish): Promise<string> {
  const { env, settings, principal, person } = known;
  const id = await grantorId(principal, settings);
  await keepProgram(known, wish.client);
  return grantorClient(env, id).approve({
    origin: issuerOf(known.request, settings),
    grantorId: id,
    request: wish.request,
    client: wish.client,
    scopes: wish.scopes,
    grantor: { principal, person, marks: await marksOf(principal, settings) },
    program: factsOf(wish),
  });
}

/**
 * The wish that a query makes, or the way back to the program with what is wrong with it. Nobody is
 * sent anywhere before it is known that the program registered that place.
 * @throws Fault `bad_request`, and those of {@link findProgram}
 */
async function wishOf(known: KnownRequest, query: URLSearchParams): Promise<Wish | Response> {
  const issuer = issuerOf(known.request, known.settings);
  const client = await findProgram(known, query.get('client_id') ?? '');
  try {
    const search = withWholeResource(query, issuer).toString();
    const helpers = authorizationServer(issuer).getOAuthApi({ OAUTH_KV: rowsOf(client) });
    const request = await helpers.parseAuthRequest(
      new Request(`${issuer}/oauth/authorize?${search}`),
    );
    // A password of the program's does not prove that who brings the code is who asked for it.
    if (request.codeChallenge === undefined) {
      const to = authorizationErrorRedirect(request, 'invalid_request', 'PKCE is required.');
      return await refused(known, client, to);
    }
    const scopes = scopesFor(request.scope, client.grantTypes?.includes('refresh_token') === true);
    if (scopes.length === 0) {
      const description = 'None of these scopes is one of this server.';
      const to = authorizationErrorRedirect(request, 'invalid_scope', description);
      return await refused(known, client, to);
    }
    return { request, client, scopes };
  } catch (error) {
    if (!(error instanceof AuthorizationError)) throw error;
    if (error.redirectTo !== undefined) return refused(known, client, error.redirectTo);
    throw new Fault('bad_request', `The program asked wrongly: ${error.description}`);
  }
}

/**
 * What is wrong, told to the program where the person let it in before, and else on a page of ours. Anybody
 * may register, and would else have links of this server that lead wherever they like.
 * @see RFC 9700, section 4.11.2
 */
async function refused(known: KnownRequest, client: ClientInfo, to: string): Promise<Response> {
  const place = new URL(to);
  if (await wasLetIn(known, client.clientId, place.host)) return seeOther(to);
  const page = renderRefusedProgram({
    name: client.clientName ?? '',
    domain: domainOf(client),
    why: place.searchParams.get('error_description') ?? '',
    code: place.searchParams.get('error') ?? '',
    back: place,
  });
  return html(page, 400);
}

/** Whether the person let the program in, and saw that this is where it sends them. */
async function wasLetIn(known: KnownRequest, clientId: string, host: string): Promise<boolean> {
  const { request, env, settings, principal } = known;
  const id = await grantorId(principal, settings);
  const grants = await grantorClient(env, id).list(issuerOf(request, settings), id);
  return grants.some(
    (grant) => grant.clientId === clientId && factsIn(grant).redirect_host === host,
  );
}

/**
 * What was asked, in one spelling.
 * @throws Fault `bad_request` where a parameter is twice: two readers could each see another
 */
function queryOf(request: Request): URLSearchParams {
  const query = new URLSearchParams(new URL(request.url).search);
  const names = [...query.keys()].filter((name) => name !== 'resource');
  if (new Set(names).size !== names.length) {
    throw new Fault('bad_request', 'The program asked wrongly: a parameter is there twice.');
  }
  if (query.toString().length > MAX_QUERY) {
    throw new Fault('bad_request', `The program asked with more than ${MAX_QUERY} characters.`);
  }
  return query;
}

function factsOf({ client, request }: Wish): ProgramFacts {
  return {
    name: client.clientName ?? '',
    domain: domainOf(client),
    redirect_host: new URL(request.redirectUri).host,
  };
}

/** The host whose document says who the program is; null where it said so itself. */
function domainOf({ clientId }: ClientInfo): string | null {
  return isDocumentUrl(clientId) ? new URL(clientId).host : null;
}
