import { contentSecurityPolicy } from '../publish/layout.ts';

/** A JSON response. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(`${JSON.stringify(body, null, 2)}\n`, {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  });
}

/** An HTML response with a form: its own POST must say where it comes from, not `Origin: null`. */
export function html(page: string, status = 200): Response {
  return new Response(page, {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'referrer-policy': 'same-origin' },
  });
}

/**
 * The same for a page whose only form is ours and leads to another server. Browsers hold every
 * redirect of a form against the policy of its page, and where others send people on is not known.
 * @param to origins or schemes, where it is known
 */
export function leadingHtml(page: string, status = 200, to = 'https: http:'): Response {
  const response = html(page, status);
  response.headers.set('content-security-policy', contentSecurityPolicy(to));
  return response;
}

/** Sends the browser on, with a cookie to keep. */
export function seeOther(location: string, cookie?: string): Response {
  const headers = new Headers({ location });
  if (cookie !== undefined) headers.set('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}
