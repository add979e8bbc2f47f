import { Fault } from '../../fault/fault.ts';
import { getJson, postJson } from '../../login/exchange.ts';
import type { Asking } from '../../login/exchange.ts';
import { digest } from '../../login/random.ts';
import type { OpenIdClient, OpenIdFlow } from '../../login/openid.ts';
import { isObject } from '../../protocol/json.ts';
import { letInBy } from '../account/let-in.ts';
import { userId } from '../account/user-token.ts';
import type { SignInWay } from '../account/user-token.ts';
import type { Settings } from '../settings.ts';
import type { OpenIdSettings } from './sign-in-settings.ts';

/** A way to sign in, with what it needs of the world. */
export interface WayUse {
  readonly settings: Settings;
  /** Address of ours that the browser comes back to. */
  readonly callback: string;
  /** The fetch for the host that the operator configured, and its bounds. */
  readonly asking: Asking;
}

/** Somebody who was signed in elsewhere. */
export interface Arrived {
  readonly id: string;
  /** For a person to read. */
  readonly person: string;
  /** A key of the provider that belongs to them; null where none comes along. */
  readonly providerKey: string | null;
  /** By what they were let in, as `letInBy` says it; null where anybody is. */
  readonly letIn: string | null;
}

/** The origin at which people are signed in; null when the operator did not switch it on. */
export function originOf(way: SignInWay, { signIn }: Settings): string | null {
  return way === 'openrouter' ? signIn.openRouter : (signIn.openId?.issuer ?? null);
}

/**
 * The address to send the browser to.
 * @throws Fault `not_found` when this way is not switched on, `login_unavailable`
 */
export async function addressOf(way: SignInWay, use: WayUse, flow: OpenIdFlow): Promise<string> {
  const { openRouter, openId } = use.settings.signIn;
  if (way === 'oidc') {
    const { openIdAddress } = await import('../../login/openid.ts');
    return openIdAddress(clientOf(openId, use), flow, use.asking);
  }
  if (openRouter === null) throw new Fault('not_found');
  // OpenRouter knows no `state`: ours travels in the address that it sends the browser back to.
  const callback = new URL(use.callback);
  callback.searchParams.set('state', flow.state);
  const url = new URL('/auth', openRouter);
  url.searchParams.set('callback_url', callback.href);
  url.searchParams.set('code_challenge', await digest(flow.verifier));
  url.searchParams.set('code_challenge_method', 'S256');
  return url.href;
}

/**
 * Who came back.
 * @throws Fault `login_denied`, `login_unavailable`
 */
export async function arrived(
  way: SignInWay,
  use: WayUse,
  returned: URLSearchParams,
  flow: OpenIdFlow,
): Promise<Arrived> {
  const { settings, asking } = use;
  const { openRouter, openId } = settings.signIn;
  if (way === 'oidc') {
    const { openIdPerson } = await import('../../login/openid.ts');
    const client = clientOf(openId, use);
    const { subject, person, email } = await openIdPerson(client, returned, flow, asking);
    if (!isAllowed(email, client.allow)) throw new Fault('login_denied');
    const id = await userId(settings, way, { issuer: client.issuer, subject });
    const letIn = await letInBy(settings, { issuer: client.issuer, email });
    return { id, person: shown(person), providerKey: null, letIn };
  }
  if (openRouter === null) throw new Fault('not_found');
  const [code, ...more] = returned.getAll('code');
  if (code === undefined || more.length > 0) throw new Fault('login_denied');
  const { key, subject } = await openRouterKey(openRouter, code, flow.verifier, asking);
  const id = await userId(settings, way, { issuer: openRouter, subject });
  const person = `OpenRouter user ${shown(subject).slice(-6)}`;
  return { id, person, providerKey: key, letIn: null };
}

interface OpenRouterKey {
  readonly key: string;
  readonly subject: string;
}

/** @see https://openrouter.ai/docs/guides/overview/auth/oauth */
async function openRouterKey(
  origin: string,
  code: string,
  verifier: string,
  asking: Asking,
): Promise<OpenRouterKey> {
  const { status, body } = await postJson(
    `${origin}/api/v1/auth/keys`,
    { code, code_verifier: verifier, code_challenge_method: 'S256' },
    asking,
  );
  if (status >= 500 || status === 429) throw new Fault('login_unavailable');
  const key = status === 200 ? body?.['key'] : undefined;
  // Only what a header can carry: a line break in a key would write headers of its own.
  if (typeof key !== 'string' || !/^[\x21-\x7e]{8,1024}$/.test(key))
    throw new Fault('login_denied');
  const subject = subjectIn(body?.['user_id']) ?? (await ownerOf(key, origin, asking));
  return { key, subject };
}

/** Whose a key is, where the answer that brought it did not say. */
async function ownerOf(key: string, origin: string, { fetch, signal }: Asking): Promise<string> {
  const authorized: Asking['fetch'] = (url, init) =>
    fetch(url, { ...init, redirect: 'manual', headers: { authorization: `Bearer ${key}` } });
  const { body } = await getJson(`${origin}/api/v1/key`, { fetch: authorized, signal });
  const data = body?.['data'];
  const subject = isObject(data) ? subjectIn(data['creator_user_id']) : null;
  if (subject === null) throw new Fault('login_unavailable');
  return subject;
}

function subjectIn(value: unknown): string | null {
  return typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value) ? value : null;
}

/** @throws Fault `not_found` when the operator did not switch it on */
function clientOf(
  openId: OpenIdSettings | null,
  { callback }: WayUse,
): OpenIdClient & Pick<OpenIdSettings, 'allow'> {
  if (openId === null) throw new Fault('not_found');
  return { ...openId, redirectUri: callback };
}

/** Whether somebody may come: by the whole address, or by all that stands after its last `@`. */
function isAllowed(email: string | null, allow: readonly string[]): boolean {
  if (allow.length === 0) return true;
  const address = email?.toLowerCase() ?? '';
  return allow.some((each) =>
    each.startsWith('@') ? address.slice(address.lastIndexOf('@')) === each : address === each,
  );
}

/** A stranger's text on one line, without what hides or turns around. */
function shown(text: string): string {
  return text
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, 100);
}
