import { clientMetadata } from '../connect/client-metadata.ts';
import { wantsPage } from '../connect/accept.ts';
import { finishConnect, showConnect, showFailed, startConnect } from '../connect/connect.ts';
import type { ConnectPlace, LinkOpener } from '../connect/connect.ts';
import { isForeign } from '../connect/foreign-request.ts';
import { html, json } from '../connect/responses.ts';
import { asFault, Fault, FAULTS } from '../fault/fault.ts';
import { ASSETS } from '../publish/assets.ts';
import { contentSecurityPolicy } from '../publish/layout.ts';
import type { Site } from '../publish/layout.ts';
import { renderErrorPage } from '../publish/render-error-page.ts';
import type { UserLogins } from './user-logins.ts';

/** What the login pages of an app are made of. */
export interface LoginPagesOptions {
  readonly place: ConnectPlace & { readonly site: Site };
  /** Origin of the app. */
  readonly origin: string;
  readonly clientName: string;
  readonly logins: UserLogins;
  /** Who sent the request; null for nobody. */
  readonly userOf: (request: Request) => Promise<string | null>;
}

/**
 * Answers requests to the login pages of an app.
 * @returns null for everything that is none of them
 * @see spec/completions.md, The library
 */
export async function loginPage(
  request: Request,
  options: LoginPagesOptions,
): Promise<Response | null> {
  const { pathname } = new URL(request.url);
  const { path, site } = options.place;
  if (!pathname.startsWith(`${path}/`)) return null;
  const name = pathname.slice(path.length + 1);
  if (name.includes('/')) return null;
  try {
    return secured(await answered(request, name, options));
  } catch (error) {
    const fault = asFault(error);
    const { http } = FAULTS[fault.code];
    const { code, message } = fault;
    return secured(
      wantsPage(request)
        ? html(renderErrorPage(fault.toJSON(), { site }), http)
        : json({ error: { code, message } }, http),
    );
  }
}

async function answered(
  request: Request,
  name: string,
  options: LoginPagesOptions,
): Promise<Response> {
  const { place, logins, userOf } = options;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead && request.method !== 'POST') throw new Fault('method_not_allowed');
  // A page of another site could press the button with this person's cookies.
  if (!isRead && isForeign(request, [options.origin])) throw new Fault('not_yours');
  if (name === 'callback') {
    return finishConnect(request, place, {
      principal: await userOf(request),
      finish: ({ principal, id, browser }, query) =>
        logins.desk(principal).finish(id, query, browser),
    });
  }
  const page = isRead ? PAGES.get(name) : undefined;
  if (page !== undefined) return page(request, options);
  const opener = await openerOf(request, options);
  return isRead
    ? showConnect(request, place, opener, name)
    : startConnect(request, place, opener, name);
}

type OpenPage = (request: Request, options: LoginPagesOptions) => Response;

/** Pages that are the same for everybody. */
const PAGES: ReadonlyMap<string, OpenPage> = new Map<string, OpenPage>([
  ['failed', (request, { place }) => showFailed(request, place.site)],
  ['style.css', stylesheet],
  ['client.json', (_request, options) => clientDocument(options)],
]);

async function openerOf(
  request: Request,
  { logins, userOf }: LoginPagesOptions,
): Promise<LinkOpener | null> {
  const user = await userOf(request);
  if (user === null) return null;
  return { principal: user, person: user, links: logins.desk(user), runOf: async () => null };
}

function clientDocument({ origin, clientName, place }: LoginPagesOptions): Response {
  const client_id = `${origin}${place.path}/client.json`;
  const redirect_uris = [`${origin}${place.path}/callback`];
  return clientMetadata({ client_id, client_name: clientName, client_uri: origin, redirect_uris });
}

function stylesheet(): Response {
  const { body, type, etag } = ASSETS['/assets/style.css'];
  const headers = { 'content-type': type, etag, 'cache-control': 'public, max-age=3600' };
  return new Response(body, { headers });
}

/** These pages are on the app's origin: nothing may frame them, and they load our style alone. */
function secured(response: Response): Response {
  const { headers } = response;
  const usual = {
    'content-security-policy': contentSecurityPolicy(),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'x-robots-tag': 'noindex, nofollow, noarchive',
    'cache-control': 'private, no-store',
  };
  for (const [name, value] of Object.entries(usual)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  return response;
}
