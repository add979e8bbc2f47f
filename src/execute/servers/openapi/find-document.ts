import { Fault } from '../../../fault/fault.ts';
import type { Endpoint } from '../mcp-client.ts';
import { statusFault, refusedFault } from '../server-faults.ts';
import { readDocument, type OpenapiDocument } from './document.ts';
import { exchange } from './exchange.ts';

/** A document and where it was. */
export interface FoundDocument {
  readonly document: OpenapiDocument;
  readonly url: URL;
}

/** Statuses that say that there is nothing at an address. */
const NOTHING = new Set([404, 405, 406, 410]);

/**
 * Finds the document of a server: at an address that ends like a file there and nowhere else, else
 * in `openapi.json` or `openapi.yaml` below it, else at the address itself.
 * @throws Fault `server_*`, `login_required`, and those of the guarded fetch
 * @see spec/tool-servers.md TS-80
 */
export async function findDocument(
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<FoundDocument> {
  for (const url of candidates(endpoint.url)) {
    const found = await documentAt(url, endpoint, signal);
    if (found !== null) return found;
  }
  const message = `${endpoint.host} has no OpenAPI document there. Give the address of its openapi.json.`;
  throw new Fault('server_error', message, { detail: { status: 404 } });
}

function candidates(given: URL): URL[] {
  const url = new URL(given);
  url.hash = '';
  if (/\.(?:json|ya?ml)$/i.test(url.pathname)) return [url];
  const below = ['openapi.json', 'openapi.yaml'].map((name) => {
    const file = new URL(url);
    file.pathname = `${url.pathname.replace(/\/$/, '')}/${name}`;
    return file;
  });
  return [...below, url];
}

async function documentAt(
  url: URL,
  { send, host, headers, limits }: Endpoint,
  signal: AbortSignal,
): Promise<FoundDocument | null> {
  const sent = new Headers(headers);
  if (!sent.has('accept'))
    sent.set('accept', 'application/json, application/yaml;q=0.9, */*;q=0.5');
  const answer = await exchange({ send, host, most: limits.responseBytes }, url, {
    headers: sent,
    signal,
  });
  const { status } = answer;
  if (NOTHING.has(status)) return null;
  if (status === 401) throw statusFault(status, host);
  if (status < 200 || status >= 300) throw refusedFault(status, host);
  const document = readDocument(new TextDecoder().decode(answer.bytes), host);
  return document === null ? null : { document, url: answer.url };
}
