import { isOfThisServer } from '../principal/principal-name.ts';
import type { ClientInfo } from '@cloudflare/workers-oauth-provider';
import { Fault } from '../../fault/fault.ts';
import type { Env } from '../env.ts';
import { network } from '../network.ts';
import type { KnownRequest } from '../principal/known-request.ts';
import { mustWait, strangerWait } from '../principal/stranger-allowance.ts';
import { grantorId } from './grantor.ts';
import { REGISTRATION_S } from './library.ts';
import { isDocumentUrl, readDocument } from './metadata-document.ts';
import { grantorClient, programsClient } from './oauth-client.ts';
import { MOST_REGISTERED } from './registration.ts';

/** Seconds for which a document is not read again; whoever wrote it may change it. */
const DOCUMENT_S = 300;

/** Documents that are kept; the ones that end first make room. */
const MOST_DOCUMENTS = 1000;

/**
 * The program of a client id, as somebody who is asked about it may be told.
 * @throws Fault `bad_request` for one that nobody knows, `rate_limited`, and what reading its document
 *   may throw
 */
export async function findProgram(known: KnownRequest, id: string): Promise<ClientInfo> {
  const found = isDocumentUrl(id) ? await documented(known, id) : await registered(known, id);
  if (found !== null) return found;
  throw new Fault(
    'bad_request',
    'The program that sent you here is not registered (any more). Start again in it, or remove this server there and add it anew.',
  );
}

/**
 * Somebody let the program in: from now on its registration lasts. Kept apart from those that wait:
 * who lets in thousands of programs of their own must not take the room in which others register.
 */
export async function keepProgram({ env }: KnownRequest, client: ClientInfo): Promise<void> {
  if (isDocumentUrl(client.clientId)) return;
  const key = `used:${client.clientId}`;
  const value = JSON.stringify(client);
  await programsClient(env).keep(key, value, REGISTRATION_S, MOST_REGISTERED);
}

/** What a program said of itself, as JSON; null when that is over. */
export async function registration(env: Env, id: string): Promise<string | null> {
  const programs = programsClient(env);
  return (await programs.find(`used:${id}`)) ?? (await programs.find(`registered:${id}`));
}

async function registered(known: KnownRequest, id: string): Promise<ClientInfo | null> {
  if (!/^[\w-]{16}$/.test(id)) return null;
  const { env, settings, principal } = known;
  const own = grantorClient(env, await grantorId(principal, settings));
  const text = (await registration(env, id)) ?? (await own.find(`client:${id}`));
  return text === null ? null : clientIn(text);
}

async function documented(known: KnownRequest, url: string): Promise<ClientInfo> {
  const { env, settings, request, origin, principal } = known;
  const programs = programsClient(env);
  const key = `document:${url}`;
  const text = await programs.find(key);
  if (text !== null) return clientIn(text);
  const wait = await strangerWait(request, env, settings, 'oauth');
  if (wait !== null) {
    throw mustWait(wait, 'Too many programs were asked about from here. Try again later.');
  }
  const { forCallbacks } = network({ env, settings, origin, isTrusted: isOfThisServer(principal) });
  const client = await readDocument(url, forCallbacks);
  await programs.keep(key, JSON.stringify(client), DOCUMENT_S, MOST_DOCUMENTS);
  return client;
}

function clientIn(text: string): ClientInfo {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- we kept it, so we wrote it
  const { registrationExpiresAt: _, ...client } = JSON.parse(text) as ClientInfo & {
    readonly registrationExpiresAt?: number;
  };
  return client;
}
