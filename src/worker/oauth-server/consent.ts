import { cookieValue, setCookie } from '../../connect/cookies.ts';
import { sameSecret } from '../../connect/keyed-hash.ts';
import { markOf, signed, unsigned } from '../../connect/signed.ts';
import { randomBase62 } from '../../login/base62.ts';
import type { KnownRequest } from '../principal/known-request.ts';
import { isHttps } from '../principal/session.ts';

/**
 * The proof that a decision was made on our page: bound to the browser that was shown it, to who it was
 * shown to and to what a program asked. Without it a page of somebody else could post the form.
 */

/** Seconds that a person may think. */
const CONSENT_S = 600;

/** What the page sends along, and what the browser keeps. */
export interface Consent {
  readonly proof: string;
  readonly cookie: string;
}

/** A proof for a page that asks about `query`. */
export async function consentTo(known: KnownRequest, query: string): Promise<Consent> {
  const { request, settings, principal } = known;
  // Two pages at a time share the browser's secret, so that both work.
  const browser = browserOf(known) ?? randomBase62(43);
  const { idKey } = settings;
  const fields = [principal, await markOf(idKey, browser), await markOf(idKey, query)];
  const proof = await signed(idKey, 'consent', { fields, until: Date.now() + CONSENT_S * 1000 });
  const cookie = setCookie({
    name: cookieName(known),
    value: browser,
    // `__Host-` wants the whole host.
    path: isHttps(request, settings) ? '/' : '/oauth/authorize',
    // Lax: the page is come to from another site, and must find what it gave before.
    sameSite: 'Lax',
    secure: isHttps(request, settings),
    seconds: CONSENT_S,
  });
  return { proof, cookie };
}

/** Whether the proof is one for this browser, this person and this query. */
export async function isConsentTo(
  known: KnownRequest,
  query: string,
  proof: string,
): Promise<boolean> {
  const { idKey } = known.settings;
  const browser = browserOf(known);
  const fields = await unsigned(idKey, 'consent', proof);
  if (fields === null || browser === null) return false;
  const [principal = '', browserMark = '', queryMark = ''] = fields;
  const isBrowser = await sameSecret(browserMark, await markOf(idKey, browser));
  const isQuery = await sameSecret(queryMark, await markOf(idKey, query));
  return isBrowser && isQuery && principal === known.principal;
}

function browserOf(known: KnownRequest): string | null {
  const value = cookieValue(known.request, cookieName(known));
  return value !== null && /^[0-9A-Za-z]{43}$/.test(value) ? value : null;
}

/** With `__Host-` a neighbour's subdomain cannot give the browser a secret that it knows. */
function cookieName({ request, settings }: KnownRequest): string {
  return isHttps(request, settings) ? '__Host-consent' : 'consent';
}
