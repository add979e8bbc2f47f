import { DEMO_PATH, ownPath } from '../parse/url-shape.ts';

/** An address of a tool server as it was written, and one tool where `url:tool` named it. */
export interface ServerAddress {
  /** Absolute URL, or a path on this server. */
  readonly url: string;
  readonly tool?: string;
}

/**
 * Reads an address under `tools`: a URL, a host with a dot and no scheme, `/demo/mcp`, each perhaps
 * with `:tool` behind its path.
 *
 * @returns null when it is none of these: a built-in name of another tool
 */
export function readServerAddress(
  written: string,
  ownOrigins: readonly string[],
): ServerAddress | null {
  // A placeholder or a secret in an address would be sent as it is written.
  if (/[${}<>\\]/.test(written)) {
    return null;
  }
  const text = written.trim().replace(/^@(?=\/|https?:)/, '');
  const { address, tool } = splitTool(text);
  const url = absolute(address);
  if (url === null) {
    return null;
  }
  const own = ownServerPath(url, ownOrigins);
  return tool === undefined ? { url: own } : { url: own, tool };
}

/** A tool server of the operator's list. */
export interface OperatorServer {
  readonly url: string;
  readonly type: 'mcp' | 'openapi';
}

/**
 * Reads an entry of the operator's list. It is an OpenAPI service when it begins with `openapi:`, or
 * its path ends in `.json`, `.yaml`, `.yml` or `openapi`; anything else is asked as MCP first.
 *
 * @returns null when it is no address
 * @see spec/tool-servers.md TS-89
 */
export function readOperatorServer(
  written: string,
  ownOrigins: readonly string[],
): OperatorServer | null {
  const text = written.replace(/^\s*openapi:(?=https?:)/i, '');
  const address = readServerAddress(text, ownOrigins);
  if (address === null) {
    return null;
  }
  const { url } = address;
  const path = URL.canParse(url) ? new URL(url).pathname : '';
  const isDocument = text !== written || /(?:\.(?:json|ya?ml)|openapi)$/i.test(path);
  return { url, type: isDocument ? 'openapi' : 'mcp' };
}

/** `https://host/mcp:search` names one tool; the colon of a port stands before the path. */
function splitTool(text: string): { address: string; tool?: string } {
  const scheme = /^https?:\/\//i.exec(text)?.[0] ?? '';
  const match = /^([^/\s]*\/[^:\s?#]*):([A-Za-z0-9_.*-]{1,128})$/.exec(text.slice(scheme.length));
  const [, address, tool] = match ?? [];
  return address === undefined || tool === undefined
    ? { address: text }
    : { address: scheme + address, tool };
}

function absolute(text: string): string | null {
  if (text.startsWith('/')) {
    return ownPath(text) === DEMO_PATH ? DEMO_PATH : null;
  }
  if (/^https?:\/\/[^\s/]/i.test(text)) {
    return URL.canParse(text) ? text : null;
  }
  const host = /^([A-Za-z0-9.-]+)(:\d{1,5})?(?=$|[/?])/.exec(text);
  const name = host?.[1];
  if (name === undefined || !isHost(name, host?.[2] !== undefined)) {
    return null;
  }
  const isLoopback = name === 'localhost' || name.startsWith('127.');
  const url = `${isLoopback ? 'http' : 'https'}://${text}`;
  return URL.canParse(url) ? url : null;
}

/** A name with a dot whose last label could be a top-level domain, an IPv4 address, `localhost:1`. */
function isHost(name: string, hasPort: boolean): boolean {
  if (name === 'localhost') {
    return hasPort;
  }
  const labels = name.split('.');
  const last = labels.at(-1) ?? '';
  const isAddress = labels.length === 4 && labels.every((label) => /^\d{1,3}$/.test(label));
  return (
    labels.length > 1 &&
    labels.every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label)) &&
    (isAddress || /^(?:[A-Za-z]{2,24}|xn--[a-z0-9-]{2,59})$/i.test(last))
  );
}

/** A full URL of this server becomes the path it has here: it is never called over the network. */
export function ownServerPath(url: string, ownOrigins: readonly string[]): string {
  if (!URL.canParse(url)) {
    return url;
  }
  const { origin, pathname } = new URL(url);
  const isOwn = ownOrigins.some((own) => URL.canParse(own) && new URL(own).origin === origin);
  return isOwn ? (ownPath(pathname) ?? url) : url;
}

/**
 * Where a server is, without what often is a key: the path and the query of its address. A path on
 * this server is no secret and stays.
 */
export function serverOrigin(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

/** One spelling per server, to find the same one twice. */
export function serverKey(url: string): string {
  if (!URL.canParse(url)) {
    return url;
  }
  const parsed = new URL(url);
  parsed.hash = '';
  return parsed.href.replace(/\/(?=$|\?)/, '');
}

/** First labels of hosts that say nothing about who is behind them. */
const GENERIC = new Set(['mcp', 'www', 'api', 'server', 'app', 'sse', 'gateway', 'remote']);

/**
 * A label for a server from its address: `mcp.notion.com` → `notion`, `search-mcp.example.com` →
 * `search`, `/demo/mcp` → `demo`.
 */
export function labelFor(url: string): string {
  if (!URL.canParse(url)) {
    return cleanLabel(url.split('/').find((part) => part !== '') ?? '');
  }
  const { hostname, port, pathname } = new URL(url);
  if (/^[\d.[\]:a-f]+$/.test(hostname) || hostname === 'localhost') {
    const first = pathname.split('/').find((part) => part !== '' && !GENERIC.has(part));
    return cleanLabel(first ?? `local-${port}`);
  }
  const labels = hostname.split('.').slice(0, -1);
  const telling = labels.map((label) => label.replace(/[-_]?mcp[-_]?(?:server)?$/, ''));
  return cleanLabel(
    telling.find((label) => label !== '' && !GENERIC.has(label)) ?? labels[0] ?? '',
  );
}

/** `[a-z0-9_-]`, at most 32 characters; `server` when nothing is left. */
export function cleanLabel(text: string): string {
  const label = text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .slice(0, 32)
    .replace(/^-+|(?<!-)-+$/g, '');
  return label === '' ? 'server' : label;
}

/** The label, or the label with the first free number behind. */
export function uniqueLabel(label: string, taken: ReadonlySet<string>): string {
  let unique = label;
  for (let number = 2; taken.has(unique); number += 1) {
    const suffix = `-${number}`;
    unique = label.slice(0, 32 - suffix.length) + suffix;
  }
  return unique;
}
