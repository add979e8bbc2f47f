import { cookieValue, setCookie } from '../../connect/cookies.ts';
import { seeOther } from '../../connect/responses.ts';
import { markOf } from '../../connect/signed.ts';
import type { EgressFaults } from '../../egress/guarded-fetch.ts';
import { asFault, Fault } from '../../fault/fault.ts';
import { digest, randomName } from '../../login/random.ts';
import { seal } from '../../login/sealed.ts';
import { parseJsonObject } from '../../protocol/json.ts';
import { accountClient } from '../account/account-client.ts';
import type { SignInWay } from '../account/user-token.ts';
import type { Env } from '../env.ts';
import { ownOrigin } from '../guards.ts';
import { network } from '../network.ts';
import { readFields } from '../post/read-fields.ts';
import { principalName } from '../principal/principal-name.ts';
import { backTo } from '../principal/return-path.ts';
import { isHttps, userCookie } from '../principal/session.ts';
import { mustWait, strangerWait } from '../principal/stranger-allowance.ts';
import type { Settings } from '../settings.ts';
import { addressOf, arrived, originOf } from './sign-in-way.ts';
import type { WayUse } from './sign-in-way.ts';

/**
 * Signing in at somebody else: there and back. Nothing is kept here for a browser that nobody knows
 * yet, since anybody could fill the disk; what its answer is checked against travels in its cookie,
 * sealed, and that it was used is remembered by the account that it led to.
 * @see spec/identity.md, Users
 */

/** Seconds that signing in may take. */
const FLOW_S = 600;

/** What the browser keeps while it is away. */
interface Flow {
  readonly way: SignInWay;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** The page that one comes back to. */
  readonly back: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/**
 * `POST /sign-in/{way}`: sends the browser away, with a cookie by which it is known again.
 * @throws Fault `not_found`, `rate_limited`
 */
export async function beginSignIn(
  request: Request,
  env: Env,
  settings: Settings,
  way: SignInWay,
): Promise<Response> {
  const back = backTo((await readFields(request)).get('return'));
  // OpenRouter is not asked anything before the browser comes back.
  if (way === 'oidc') await admitStranger(request, env, settings);
  const names = { state: randomName(), nonce: randomName(), verifier: randomName() };
  const flow: Flow = { way, ...names, back, until: Date.now() + FLOW_S * 1000 };
  try {
    const address = await addressOf(way, useOf(request, env, settings, way), flow);
    const value = await flowSeal(settings).close(way, JSON.stringify(flow));
    return seeOther(address, await flowCookie(request, settings, flow.state, value));
  } catch (error) {
    return failed(asFault(error, 'login_unavailable'), back);
  }
}

/** `GET /sign-in/{way}/callback`: the browser comes back. Nothing of the query stays in an address. */
export async function finishSignIn(
  request: Request,
  env: Env,
  settings: Settings,
  way: SignInWay,
): Promise<Response> {
  // Whoever looks first must not use up what comes back once.
  if (request.method !== 'GET') throw new Fault('method_not_allowed');
  const { searchParams } = new URL(request.url);
  const flow = await flowOf(request, settings, way);
  const response = await finished(request, env, settings, { flow, returned: searchParams }).catch(
    (error: unknown) => failed(asFault(error, 'login_unavailable'), flow?.back ?? '/'),
  );
  const state = flow?.state ?? searchParams.get('state') ?? '';
  response.headers.append('set-cookie', await flowCookie(request, settings, state, ''));
  return response;
}

async function finished(
  request: Request,
  env: Env,
  settings: Settings,
  { flow, returned }: { readonly flow: Flow | null; readonly returned: URLSearchParams },
): Promise<Response> {
  // Login CSRF: nothing of the query goes anywhere unless this browser began the sign-in.
  if (flow === null) throw new Fault('login_invalid');
  await admitStranger(request, env, settings);
  const use = useOf(request, env, settings, flow.way);
  const { id, ...person } = await arrived(flow.way, use, returned, flow);
  const principal = principalName({ kind: 'user', id });
  const generation = await accountClient(env, principal).signIn(principal, {
    ...person,
    state: await digest(flow.state),
    until: flow.until,
  });
  if (generation === null) throw new Fault('login_invalid');
  return seeOther(flow.back, await userCookie(request, settings, { id, generation }));
}

/**
 * Nobody knows yet who asks, and each time somebody else's server is asked with our name and secret.
 * @throws Fault `rate_limited`
 */
async function admitStranger(request: Request, env: Env, settings: Settings): Promise<void> {
  const wait = await strangerWait(request, env, settings, 'sign-in');
  if (wait === null) return;
  throw mustWait(wait, 'Too many people are signing in from here. Try again later.');
}

/** Its page says what went wrong; nothing of a stranger's words goes there. */
function failed({ code }: Fault, back: string): Response {
  const known = ['login_invalid', 'login_denied', 'not_found'];
  if (code === 'not_found') throw new Fault('not_found');
  const query = new URLSearchParams({
    failed: known.includes(code) ? code : 'login_unavailable',
    return: back,
  });
  return seeOther(`/sign-in?${query.toString()}`);
}

/** What this browser began; null when it began nothing of that state, or long ago, or elsewhere. */
async function flowOf(request: Request, settings: Settings, way: SignInWay): Promise<Flow | null> {
  const states = new URL(request.url).searchParams.getAll('state');
  const [state = ''] = states;
  if (states.length !== 1 || state === '') return null;
  const sealed = cookieValue(request, await cookieName(request, settings, state));
  const text = sealed === null ? null : await flowSeal(settings).open(way, sealed);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- we sealed it, so we wrote it
  const flow = parseJsonObject(text ?? '') as unknown as Flow | null;
  const holds = flow?.state === state && flow.way === way && flow.until > Date.now();
  return holds ? flow : null;
}

function useOf(request: Request, env: Env, settings: Settings, way: SignInWay): WayUse {
  const origin = ownOrigin(request, settings);
  const outside = network({ env, settings, origin, isTrusted: false, faults: NOBODY_THERE });
  const fetch = outside.forServer(originOf(way, settings) ?? 'https://nobody.invalid');
  const asking = { fetch, signal: request.signal };
  return { settings, callback: `${origin}/sign-in/${way}/callback`, asking };
}

const NOBODY_THERE = {
  unreachable: 'login_unavailable',
  timeout: 'login_unavailable',
  limit: 'login_unavailable',
  redirect: 'login_unavailable',
} as const satisfies Partial<EgressFaults>;

function flowSeal({ vaultKeys }: Settings) {
  return seal('sign-in', vaultKeys);
}

async function flowCookie(
  request: Request,
  settings: Settings,
  state: string,
  value: string,
): Promise<string> {
  const secure = isHttps(request, settings);
  return setCookie({
    name: await cookieName(request, settings, state),
    value,
    // `__Host-` wants the whole host. Lax: the way back begins on the page of another site.
    path: secure ? '/' : '/sign-in',
    sameSite: 'Lax',
    secure,
    seconds: value === '' ? 0 : FLOW_S,
  });
}

/** Each sign-in has its own, so that two can go on at a time; the state is not written twice. */
async function cookieName(request: Request, settings: Settings, state: string): Promise<string> {
  const mark = (await markOf(settings.idKey, `sign-in-state:${state}`)).slice(0, 16);
  return `${isHttps(request, settings) ? '__Host-' : ''}sign_in_${mark}`;
}
