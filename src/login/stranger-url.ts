/**
 * Addresses that a metadata document names. The guarded fetch decides again about those that are
 * fetched; the authorization endpoint is never fetched, only a browser goes there, so what is
 * decided here is all that stands between a document and somebody's router.
 */

const INSIDE = /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan)$/;

/**
 * The address, or null when a document may not name it: https with a public name and no port, the
 * origin of whoever names it, or loopback for somebody on loopback.
 * @param speaker the address that the document speaks for
 */
export function strangerUrl(text: unknown, speaker: string): string | null {
  if (typeof text !== 'string' || text.length > 2048 || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || text.includes('#')) return null;
  return mayName(new URL(speaker), url) ? text : null;
}

function mayName(speaker: URL, url: URL): boolean {
  if (isLoopback(speaker)) {
    const isNear = url.origin === speaker.origin || isLoopback(url);
    if (isNear && /^https?:$/.test(url.protocol)) return true;
  }
  if (url.protocol !== 'https:') return false;
  return url.origin === speaker.origin || isPublicName(url);
}

/** Whether two addresses have the same origin. */
export function isSameOrigin(text: string, other: string): boolean {
  return (
    URL.canParse(text) && URL.canParse(other) && new URL(text).origin === new URL(other).origin
  );
}

/** Whether an address is on the machine that asks for it. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.[\d.]+$/.test(hostname);
}

function isPublicName({ hostname, port }: URL): boolean {
  const isName = hostname.includes('.') && !/^[\d.]+$|^\[|\.$/.test(hostname);
  // Longer is no name of DNS, only a long text for the page of a login (RFC 1035 section 2.3.4).
  return (
    isName &&
    hostname.length <= 253 &&
    port === '' &&
    !INSIDE.test(hostname) &&
    !hostname.endsWith('.home.arpa')
  );
}
