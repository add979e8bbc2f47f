import { Fault, faultData, FAULTS } from '../../fault/fault.ts';
import type { FaultData } from '../../fault/fault.ts';
import { renderSignIn } from '../../publish/render-sign-in.ts';
import type { ShownWay } from '../../publish/render-sign-in.ts';
import { wantsPage } from '../../connect/accept.ts';
import type { Env } from '../env.ts';
import { readFields } from '../post/read-fields.ts';
import { html, leadingHtml, seeOther } from '../../connect/responses.ts';
import { backTo } from './return-path.ts';
import { endedSession, sessionCookie, sessionOf } from './session.ts';
import type { Settings } from '../settings.ts';
import { keyOf } from './identity.ts';

/**
 * Signing a browser in with an API key, so that the person behind a key can log in to tool servers,
 * and the page that offers every other way.
 * @see spec/identity.md, Sessions
 */

/** How a sign-in elsewhere can have ended, in our words. */
const FAILED = {
  login_invalid: 'This sign-in is over or was begun in another browser. Try again.',
  login_denied:
    'You were not signed in: it was refused where you came from, or you are not one of the people of this server.',
  login_unavailable:
    'Where you sign in could not be reached, or its answer cannot be used. Try again later.',
} as const;

/** `GET /sign-in` */
export async function showSignIn(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const code = searchParams.get('failed');
  const fault =
    code === 'login_invalid' || code === 'login_denied' || code === 'login_unavailable'
      ? faultData(code, FAILED[code])
      : null;
  const back = backTo(searchParams.get('return'));
  return signInPage(request, env, settings, { back, fault });
}

/**
 * `POST /sign-in`: a key for a session. A wrong key is one answer, whatever is wrong with it, in a
 * time that says nothing.
 */
export async function signIn(request: Request, env: Env, settings: Settings): Promise<Response> {
  const fields = await readFields(request);
  const back = backTo(fields.get('return'));
  const key = await keyOf((fields.get('key') ?? '').trim(), settings);
  if (key === null) {
    const fault = faultData(
      'unauthorized',
      'This API key is not known. Copy it anew, or ask whoever runs this server for one.',
    );
    if (!wantsPage(request)) throw new Fault(fault.code, fault.message);
    return signInPage(request, env, settings, { back, fault });
  }
  return seeOther(back, await sessionCookie(request, settings, key));
}

/** `POST /sign-out` */
export function signOut(request: Request, settings: Settings): Response {
  return seeOther('/sign-in', endedSession(request, settings));
}

async function signInPage(
  request: Request,
  env: Env,
  settings: Settings,
  { back, fault }: { readonly back: string; readonly fault: FaultData | null },
): Promise<Response> {
  const session = await sessionOf(request, env, settings);
  const person = session?.kind === 'user' ? session.person : (session?.name ?? null);
  const ways = waysOf(settings);
  const takesKeys = settings.apiKeys.length > 0;
  const page = renderSignIn({ back, person, fault, ways, takesKeys });
  const status = fault === null ? 200 : FAULTS[fault.code].http;
  return ways.length === 0 ? html(page, status) : leadingHtml(page, status);
}

function waysOf({ signIn: { openRouter, openId } }: Settings): readonly ShownWay[] {
  return [
    ...(openRouter === null ? [] : [{ path: '/sign-in/openrouter', name: 'OpenRouter' }]),
    ...(openId === null ? [] : [{ path: '/sign-in/oidc', name: new URL(openId.issuer).host }]),
  ];
}
