import type { ClientInfo } from '@cloudflare/workers-oauth-provider';
import type { GuardedFetch } from '../../egress/guarded-fetch.ts';
import { asFault, Fault } from '../../fault/fault.ts';
import { isObject } from '../../protocol/json.ts';
import { decoded, readBytes } from '../post/read-body.ts';

/** Bytes of a document; the draft recommends five kilobytes. */
const MAX_BYTES = 10_240;

const MAX_URL = 500;
const MAX_NAME = 200;
const MAX_REDIRECTS = 20;
const MAX_REDIRECT = 1000;

/** Whether a client id is the address of a document, and not a name that we gave. */
export function isDocumentUrl(id: string): boolean {
  return /^https?:\/\//.test(id);
}

/**
 * Reads who a program is from the document that its id is the address of. Fetched through the guard
 * alone, and not where a redirect leads: a stranger chose the address.
 * @throws Fault `bad_request` for what is no such document, `address_refused`
 * @see draft-ietf-oauth-client-id-metadata-document
 */
export async function readDocument(url: string, fetch: GuardedFetch): Promise<ClientInfo> {
  // What a URL parser would change is another id, and could name one document in many ways.
  const isExact = URL.canParse(url) && new URL(url).href === url && url.length <= MAX_URL;
  if (!isExact || new URL(url).pathname === '/' || url.includes('#')) {
    throw bad('is no address of a document');
  }
  const response = await fetch(url, {
    headers: { accept: 'application/json', 'user-agent': 'MarkdownOps' },
    redirect: 'error',
  }).catch((error: unknown) => {
    throw asFault(error).code === 'address_refused' ? error : bad('cannot be read');
  });
  if (response.status !== 200) {
    await response.body?.cancel().catch(() => undefined);
    throw bad(`answers with status ${response.status}`);
  }
  const bytes = await readBytes(response, MAX_BYTES).catch(() => {
    throw bad('cannot be read, or is longer than 10 KB');
  });
  return clientOf(url, parsed(bytes));
}

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(decoded(bytes));
    if (isObject(document)) return document;
  } catch {
    // The same as any other text that is no object.
  }
  throw bad('is not a JSON object');
}

function clientOf(url: string, document: Readonly<Record<string, unknown>>): ClientInfo {
  const name = document['client_name'];
  if (document['client_id'] !== url) throw bad('is about another client_id');
  if (typeof name !== 'string' || name.trim() === '' || name.length > MAX_NAME) {
    throw bad('has no client_name, or one that is too long');
  }
  checkPublic(document);
  const grantTypes = document['grant_types'];
  return {
    clientId: url,
    clientName: name,
    redirectUris: redirectsIn(document),
    grantTypes: grantTypes === undefined ? ['authorization_code'] : textsIn(grantTypes),
    responseTypes: ['code'],
    tokenEndpointAuthMethod: 'none',
  };
}

/** Everybody can read the document, so a password in it proves nothing. */
function checkPublic(document: Readonly<Record<string, unknown>>): void {
  if ('client_secret' in document) throw bad('has a client_secret that everybody can read');
  const methods = textsIn(document['token_endpoint_auth_methods_supported']);
  const method = document['token_endpoint_auth_method'] ?? 'none';
  if (method === 'none' || methods.includes('none')) return;
  throw bad('must have token_endpoint_auth_method "none"');
}

function redirectsIn(document: Readonly<Record<string, unknown>>): string[] {
  const redirects = textsIn(document['redirect_uris']);
  const areFew = redirects.length > 0 && redirects.length <= MAX_REDIRECTS;
  if (areFew && redirects.every((each) => each.length <= MAX_REDIRECT)) return redirects;
  throw bad('has no redirect_uris, or too many');
}

function textsIn(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each): each is string => typeof each === 'string');
}

function bad(why: string): Fault {
  return new Fault('bad_request', `The document that client_id is the address of ${why}.`);
}
