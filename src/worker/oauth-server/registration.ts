import { isObject } from '../../protocol/json.ts';
import type { Env } from '../env.ts';
import { decoded, readBytes } from '../post/read-body.ts';
import { strangerWait } from '../principal/stranger-allowance.ts';
import type { Settings } from '../settings.ts';
import { authorizationServer, rowsOf, toLibrary } from './library.ts';
import { programsClient } from './oauth-client.ts';
import { askedTooOften, oauthError } from './oauth-error.ts';
import { issuerOf } from './resource.ts';

/** Bytes of what a program says of itself. */
const MAX_BYTES = 8192;

const MAX_NAME = 200;
const MAX_REDIRECTS = 10;
const MAX_REDIRECT = 1000;

/** Seconds that a registration waits for somebody to let the program in. */
const UNUSED_S = 7 * 86_400;

/** Registrations that are kept; the ones that end first make room. */
export const MOST_REGISTERED = 10_000;

/**
 * `POST /oauth/register`: a program says who it is. Anybody may, so it is bounded in every way, and
 * it gives nothing: a person decides on the page that names it.
 * @see RFC 7591
 */
export async function register(request: Request, env: Env, settings: Settings): Promise<Response> {
  const origin = issuerOf(request, settings);
  const wait = await strangerWait(request, env, settings, 'oauth');
  if (wait !== null) {
    return askedTooOften(wait, 'Too many programs were registered from here. Try again later.');
  }
  const body = await readBytes(request, MAX_BYTES).then(decoded, () => null);
  const description = body === null ? `At most ${MAX_BYTES} bytes of UTF-8.` : tooMuchIn(body);
  if (body === null || description !== null) {
    const status = body === null ? 413 : 400;
    return oauthError({ status, error: 'invalid_client_metadata', description: description ?? '' });
  }
  let kept: string | null = null;
  const rows = {
    ...rowsOf(null),
    put: async (key: string, value: string) => {
      kept = key;
      const name = key.replace(/^client:/, 'registered:');
      await programsClient(env).keep(name, value, UNUSED_S, MOST_REGISTERED);
    },
  };
  const headers = { 'content-type': 'application/json' };
  const asked = new Request(`${origin}/oauth/register`, { method: 'POST', headers, body });
  const response = await toLibrary(authorizationServer(origin), asked, rows);
  if (response.status === 201 && kept === null) throw new Error('The registration was not kept.');
  return withoutCors(response);
}

/** Our own headers say who may read an answer. */
function withoutCors(response: Response): Response {
  const headers = new Headers(
    [...response.headers].filter(([name]) => !name.startsWith('access-control-')),
  );
  return new Response(response.body, { status: response.status, headers });
}

/** What is more than a program needs; the rest is judged by the library. */
function tooMuchIn(body: string): string | null {
  let metadata: unknown;
  try {
    metadata = JSON.parse(body);
  } catch {
    return 'The body must be JSON.';
  }
  if (!isObject(metadata)) return 'The body must be a JSON object.';
  const { client_name: name = '', redirect_uris: redirects = [] } = metadata;
  if (typeof name !== 'string' || name.length > MAX_NAME) {
    return `client_name has at most ${MAX_NAME} characters.`;
  }
  const areFew = Array.isArray(redirects) && redirects.length <= MAX_REDIRECTS;
  if (!areFew || redirects.some((each) => typeof each !== 'string' || each.length > MAX_REDIRECT)) {
    return `redirect_uris has at most ${MAX_REDIRECTS} addresses of ${MAX_REDIRECT} characters.`;
  }
  return null;
}
