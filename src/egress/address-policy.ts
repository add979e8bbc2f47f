import { isIpLiteral, isLoopbackAddress, isPublicAddress } from './ip-range.ts';

/**
 * Which addresses a prompt, a tool, a redirect or a discovery document may name. Pure: what a name
 * resolves to is checked again below, where the socket is opened.
 * @see spec/egress.md
 */
export interface AddressPolicy {
  /**
   * `host:port` entries on loopback that may be reached, as {@link parseAllowList} gives them;
   * `host:*` stands for every port but those of `ownHosts`.
   */
  readonly allow: readonly string[];
  /** Hosts of this service, `host` for every port or `host:port`. Never reached over the network. */
  readonly ownHosts?: readonly string[];
}

/** What was decided about an address. `why` is a sentence for the person who wrote the prompt. */
export type AddressDecision =
  | { readonly ok: true; readonly network: 'internet' | 'local' }
  | { readonly ok: false; readonly why: string };

/** Suffixes of names that mean something only inside a network. */
const INSIDE = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
];

/**
 * Decides about one address, by its text alone.
 * @see spec/egress.md EG-1 to EG-5
 */
export function checkAddress(url: string | URL, policy: AddressPolicy): AddressDecision {
  const parsed = typeof url === 'string' ? parseUrl(url) : url;
  if (parsed === undefined) return refused('This is not an absolute URL.');
  const { protocol, hostname } = parsed;
  if (protocol !== 'https:' && protocol !== 'http:') return refused('Only https addresses work.');
  if (parsed.username !== '' || parsed.password !== '') {
    return refused('A URL may not carry a user name or password.');
  }
  const place = hostAndPort(parsed);
  if (isOwn(hostname, place, policy.ownHosts ?? [])) {
    return refused('This service does not call itself over the network.');
  }
  if ([place, `${hostname}:*`].some((entry) => policy.allow.includes(entry))) {
    return { ok: true, network: 'local' };
  }
  const why = whyNotPublic(hostname, place) ?? whyNotHttps(parsed);
  return why === undefined ? { ok: true, network: 'internet' } : refused(why);
}

/**
 * Reads `EGRESS_ALLOW`: `host:port` entries on loopback, separated by commas or spaces; `host:*` is
 * every port of that host, for servers whose ports are not known before they start.
 * @throws TypeError that names the entry which is not one
 */
export function parseAllowList(text: string): readonly string[] {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  return [...new Set(entries.map(allowEntry))];
}

function allowEntry(entry: string): string {
  const isAnyPort = entry.endsWith(':*');
  const place = isAnyPort ? entry.slice(0, -2) : entry;
  const shape = isAnyPort ? /^(?:[^/?#@\\:*[\]]+|\[[^/?#@\\*[\]]+\])$/ : /^[^/?#@\\]+:\d{1,5}$/;
  const url = shape.test(place) ? parseUrl(`http://${place}`) : undefined;
  if (url === undefined) {
    throw new TypeError(`EGRESS_ALLOW: "${entry}" is not host:port. Write 127.0.0.1:3001.`);
  }
  if (url.hostname !== 'localhost' && !isLoopbackAddress(unbracketed(url.hostname))) {
    throw new TypeError(
      `EGRESS_ALLOW: "${entry}" is not on loopback. Only localhost, 127.x.x.x and [::1] can be listed.`,
    );
  }
  return isAnyPort ? `${url.hostname}:*` : hostAndPort(url);
}

function whyNotPublic(hostname: string, place: string): string | undefined {
  if (isIpLiteral(hostname)) {
    const ip = unbracketed(hostname);
    if (isLoopbackAddress(ip)) return howToAllow(place);
    if (isPublicAddress(ip)) return 'An address must be a name, not an IP number.';
    return `${hostname} is not on the public internet. EGRESS_ALLOW can open addresses on loopback only, for example EGRESS_ALLOW=127.0.0.1:3001.`;
  }
  if (hostname === 'localhost') return howToAllow(place);
  // `localhost.` and `own.example.` are the same places as without the dot, and would slip by.
  if (hostname.endsWith('.')) return 'A host name may not end in a dot.';
  if (!hostname.includes('.') || INSIDE.some((suffix) => hostname.endsWith(`.${suffix}`))) {
    return `${hostname} is a name inside a network. EGRESS_ALLOW can open addresses on loopback only, for example EGRESS_ALLOW=127.0.0.1:3001.`;
  }
  return undefined;
}

function whyNotHttps(url: URL): string | undefined {
  if (url.protocol !== 'https:') return 'Only https addresses work.';
  return url.port === '' ? undefined : 'Only port 443 works.';
}

function howToAllow(place: string): string {
  return `${place} is on this machine, which prompts may not reach. To allow it: EGRESS_ALLOW=${place} in the environment, --allow ${place} of mdops, or allowLocal of the library.`;
}

function isOwn(hostname: string, place: string, ownHosts: readonly string[]): boolean {
  const bare = hostname.replace(/\.$/, '');
  return ownHosts.some((own) => {
    const lower = own.toLowerCase();
    return lower === bare || lower === place || lower === place.replace(hostname, bare);
  });
}

/** `host:port` with the port always written. */
function hostAndPort(url: URL): string {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return `${url.hostname}:${port}`;
}

function unbracketed(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function refused(why: string): AddressDecision {
  return { ok: false, why };
}
