import { FAULTS } from '../fault/fault.ts';
import type { Fault } from '../fault/fault.ts';
import { renderErrorPage } from '../publish/render-error-page.ts';
import { wantsPage } from '../connect/accept.ts';
import { backToPage } from './principal/return-path.ts';

/**
 * The response that reports a fault: `{"error": {"code", "message", …}}`, or a page for a browser.
 * @param extra further members of `error`
 * @see spec/http-api.md, Errors
 */
export function faultResponse(
  fault: Fault,
  request: Request,
  extra: Readonly<Record<string, unknown>> = {},
): Response {
  const headers = new Headers(
    fault.code.match(/^(?:unauthorized|owner_required)$/) ? CHALLENGE : {},
  );
  const status = FAULTS[fault.code].http;
  const retryAfter = fault.detail?.['retry_after'];
  if (typeof retryAfter === 'number') headers.set('retry-after', String(retryAfter));
  if (wantsPage(request)) {
    headers.set('content-type', 'text/html; charset=utf-8');
    const signIn = MENDED_BY_SIGNING_IN.has(fault.code) ? signInPath(request) : null;
    const run = runPath(fault, request);
    const page = renderErrorPage(fault.toJSON(), { ...extra, signIn, run });
    return new Response(page, { status, headers });
  }
  const { code, message, detail } = fault;
  const body = { error: { code, message, ...detail, ...extra } };
  headers.set('content-type', 'application/json; charset=utf-8');
  return new Response(`${JSON.stringify(body, null, 2)}\n`, { status, headers });
}

const CHALLENGE = { 'www-authenticate': 'Bearer' };

const MENDED_BY_SIGNING_IN = new Set<string>(['unauthorized', 'not_yours']);

/** The run on whose page a form was filled in, if it may still be there. */
function runPath({ code }: Fault, request: Request): string | null {
  if (request.method !== 'POST' || ['not_found', 'gone'].includes(code)) return null;
  // A `Host` that is none leaves no address to read.
  if (!URL.canParse(request.url)) return null;
  const form = /^(\/[0-9A-Za-z]{32})\/(?:actions|cancel|continue|delete|rotate)(?:\/|$)/;
  return form.exec(new URL(request.url).pathname)?.[1] ?? null;
}

function signInPath(request: Request): string {
  const url = new URL(request.url);
  // What goes on from a run is written on the page of that run.
  url.pathname = url.pathname.replace(/\/continue$/, '');
  return `/sign-in?return=${encodeURIComponent(backToPage(url))}`;
}
