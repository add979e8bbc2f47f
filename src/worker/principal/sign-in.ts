import { Fault, faultData, FAULTS } from '../../fault/fault.ts';
import { renderSignIn } from '../../publish/render-sign-in.ts';
import { wantsPage } from '../../connect/accept.ts';
import { readFields } from '../post/read-fields.ts';
import { html, seeOther } from '../../connect/responses.ts';
import { backTo } from './return-path.ts';
import { endedSession, sessionCookie, sessionKey } from './session.ts';
import type { Settings } from '../settings.ts';
import { keyOf } from './principal.ts';

/**
 * Signing a browser in with an API key, so that the person behind a key can log in to tool servers.
 * @see spec/identity.md, Sessions
 */

/** `GET /sign-in` */
export async function showSignIn(request: Request, settings: Settings): Promise<Response> {
  const back = backTo(new URL(request.url).searchParams.get('return'));
  const person = await sessionKey(request, settings);
  return html(renderSignIn({ back, person, fault: null }));
}

/**
 * `POST /sign-in`: a key for a session. A wrong key is one answer, whatever is wrong with it, in a
 * time that says nothing.
 */
export async function signIn(request: Request, settings: Settings): Promise<Response> {
  const fields = await readFields(request);
  const back = backTo(fields.get('return'));
  const key = await keyOf((fields.get('key') ?? '').trim(), settings);
  if (key === null) {
    const fault = faultData('unauthorized', 'This API key is not known.');
    if (!wantsPage(request)) throw new Fault(fault.code, fault.message);
    const person = await sessionKey(request, settings);
    return html(renderSignIn({ back, person, fault }), FAULTS.unauthorized.http);
  }
  return seeOther(back, await sessionCookie(request, settings, key));
}

/** `POST /sign-out` */
export function signOut(request: Request, settings: Settings): Response {
  return seeOther('/sign-in', endedSession(request, settings));
}
