/**
 * Whether a page of another origin sent the request. A form or a no-cors `fetch` reaches us with
 * the cookies and the network place of whoever looks at that page. Another port of the same host
 * is "same-site" and just as foreign. Without the header, `Origin` decides; without both, no
 * browser sent it.
 * @param ownOrigins every origin under which browsers may see us
 */
export function isForeign(request: Request, ownOrigins: readonly string[]): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) return site !== 'same-origin' && site !== 'none';
  const origin = request.headers.get('origin');
  return origin !== null && !ownOrigins.includes(origin);
}
