import type { Env } from '../env.ts';
import { decoded, readBytes } from '../post/read-body.ts';
import { addressName } from '../principal/caller-address.ts';
import { strangerWait, waitOf } from '../principal/stranger-allowance.ts';
import type { Settings } from '../settings.ts';
import { registration } from './find-program.ts';
import { isGrantorId } from './grantor.ts';
import { authorizationServer, rowsOf, toLibrary } from './library.ts';
import { grantorClient } from './oauth-client.ts';
import { askedTooOften, oauthError } from './oauth-error.ts';
import { issuerOf, withWholeResource } from './resource.ts';

/** Bytes of a request: a code, a verifier and a client that authenticates itself. */
const MAX_BYTES = 16_384;

const FORM = 'application/x-www-form-urlencoded';

/**
 * `POST /oauth/token`: a code or a refresh token for tokens. Cookies say nothing here: who asks holds
 * what a person gave the program.
 * @see RFC 6749, section 3.2; spec/identity.md, Programs
 */
export function token(request: Request, env: Env, settings: Settings): Promise<Response> {
  return ordered(request, env, settings, (form) => form.has('grant_type'));
}

/**
 * `POST /oauth/revoke`: a program gives a token back; a refresh token ends all of its grant.
 * @see RFC 7009
 */
export function revoke(request: Request, env: Env, settings: Settings): Promise<Response> {
  return ordered(request, env, settings, (form) => form.has('token') && !form.has('grant_type'));
}

async function ordered(
  request: Request,
  env: Env,
  settings: Settings,
  isMeant: (form: URLSearchParams) => boolean,
): Promise<Response> {
  const origin = issuerOf(request, settings);
  const form = await formOf(request);
  if (form === null || !isMeant(form)) {
    const description = `Send ${FORM} with what this endpoint takes, at most ${MAX_BYTES} bytes.`;
    return oauthError({ status: 400, error: 'invalid_request', description });
  }
  const order = {
    origin,
    authorization: request.headers.get('authorization'),
    body: withWholeResource(form, origin).toString(),
  };
  const carried = form.get('code') ?? form.get('refresh_token') ?? form.get('token');
  const [grantorId = ''] = (carried ?? '').split(':');
  const isOurs = await isGrantorId(grantorId, settings);
  // Codes and tokens must not be tried out one after the other. Every program that somebody let in knows
  // their name, also when that is over: from its address it must not use up what the others have.
  const wait = isOurs
    ? await waitOf(env, 'token', `${grantorId}:${await addressName(request, settings)}`)
    : await strangerWait(request, env, settings, 'token');
  if (wait !== null) return askedTooOften(wait, 'Too many requests. Try again later.');
  if (!isOurs) return strangersOrder(env, order, form);
  const { status, headers, body } = await grantorClient(env, grantorId).exchange(order);
  return new Response(body, { status, headers: Object.fromEntries(headers) });
}

async function formOf(request: Request): Promise<URLSearchParams | null> {
  const media = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (media !== FORM) return null;
  const sent = await readBytes(request, MAX_BYTES).then(decoded, () => null);
  return sent === null ? null : new URLSearchParams(sent);
}

/** Nothing that was shown is ours. The library says so in the right words for the client. */
async function strangersOrder(
  env: Env,
  { origin, authorization, body }: { origin: string; authorization: string | null; body: string },
  form: URLSearchParams,
): Promise<Response> {
  const id = form.get('client_id') ?? '';
  const found = /^[\w-]{16}$/.test(id) ? await registration(env, id) : null;
  const rows = {
    ...rowsOf(null),
    get: (key: string) => (found !== null && key === `client:${id}` ? JSON.parse(found) : null),
  };
  const headers = new Headers({ 'content-type': FORM });
  if (authorization !== null) headers.set('authorization', authorization);
  const asked = new Request(`${origin}/oauth/token`, { method: 'POST', headers, body });
  const response = await toLibrary(authorizationServer(origin), asked, rows);
  return new Response(response.body, {
    status: response.status,
    headers: [...response.headers].filter(([name]) => !name.startsWith('access-control-')),
  });
}
