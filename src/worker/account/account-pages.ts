import { wantsPage } from '../../connect/accept.ts';
import { html, json, leadingHtml, seeOther } from '../../connect/responses.ts';
import { Fault } from '../../fault/fault.ts';
import { digest } from '../../login/random.ts';
import { isoTime } from '../../publish/iso-time.ts';
import { renderAccount } from '../../publish/render-account.ts';
import type { AccountPage } from '../../publish/render-account.ts';
import type { Env } from '../env.ts';
import { checkFormAction, formActionDone } from '../post/form-action.ts';
import { readFields } from '../post/read-fields.ts';
import { checkSession, knownRequest } from '../principal/known-request.ts';
import type { KnownRequest } from '../principal/known-request.ts';
import { isGuest } from '../principal/principal-name.ts';
import { endedSession } from '../principal/session.ts';
import type { Settings } from '../settings.ts';
import { accountClient } from './account-client.ts';
import type { AccountClient } from './account-client.ts';
import { MOST_KEYS } from './account-rows.ts';
import type { UserKey } from './account-rows.ts';
import { newUserToken } from './user-token.ts';

/** The account of whoever asks. @see spec/http-api.md, Your account */

const DAY_MS = 86_400_000;
const MOST_DAYS = 3650;

/** A request of somebody who signed in. */
export interface UserRequest extends KnownRequest {
  readonly account: AccountClient;
  /** As in `user:<id>`. */
  readonly user: string;
}

/** `GET /account` */
export async function showAccount(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const known = await sender(request, env, settings);
  const { person, hasSession, principal } = known;
  const user = userIn(known);
  if (user === null) {
    if (wantsPage(request)) return html(renderAccount({ person, hasSession, keys: null }));
    return json({ object: 'account', principal, person, openrouter: null });
  }
  if (wantsPage(request)) return accountPage(await pageOf(user));
  const { provider_key_at: at } = await user.account.view();
  const openrouter = isGuest(principal)
    ? { connected: at !== null, since: at === null ? null : isoTime(at) }
    : null;
  return json({ object: 'account', principal, person, openrouter });
}

/**
 * The page. Who has no OpenRouter key here any more goes there with a form of it, and which ways
 * people are sent from there is not known.
 */
function accountPage(page: AccountPage, status = 200): Response {
  const text = renderAccount(page);
  return page.openrouter_at === null ? leadingHtml(text, status) : html(text, status);
}

/** `GET /account/keys` */
export async function listKeys(request: Request, env: Env, settings: Settings): Promise<Response> {
  const user = await userRequest(request, env, settings);
  if (wantsPage(request)) return seeOther('/account');
  const { keys } = await user.account.view();
  return json({ object: 'list', data: keys.map(keyJson) });
}

/**
 * `POST /account/keys`: makes a key and says it once.
 * @throws Fault `unauthorized`, `bad_request`
 */
export async function makeKey(request: Request, env: Env, settings: Settings): Promise<Response> {
  const user = await userRequest(request, env, settings);
  checkSession(user);
  const fields = await readFields(request);
  const wish = {
    name: nameIn(fields.get('name')),
    expires_at: endIn(fields.get('expires_in_days')),
  };
  const { key, kept } = await newKey(user, wish);
  if (!wantsPage(request)) {
    return json({ ...keyJson(kept), key }, 201, { location: `/account/keys/${kept.id}` });
  }
  return accountPage({ ...(await pageOf(user)), made: { name: kept.name, key } }, 201);
}

/**
 * `DELETE /account/keys/{id}`, and `POST` with `action=revoke` for forms. A key may end itself and no
 * other one.
 * @throws Fault `unauthorized`, `bad_request`, `not_found`
 */
export async function revokeKey(
  request: Request,
  env: Env,
  settings: Settings,
  id: string,
): Promise<Response> {
  const user = await userRequest(request, env, settings);
  if (user.keyId !== id) checkSession(user);
  await checkFormAction(request, 'revoke');
  if (!/^[0-9A-Za-z]{12}$/.test(id) || !(await user.account.removeKey(id))) {
    throw new Fault('not_found', 'There is no such key of yours.');
  }
  return formActionDone(request, '/account');
}

/** `POST /account/sign-out`: no session holds any more. */
export async function signOutEverywhere(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const user = await userRequest(request, env, settings);
  checkSession(user);
  await user.account.endSessions();
  return seeOther('/sign-in', endedSession(request, settings));
}

/** `DELETE /account/openrouter`, and `POST` with `action=disconnect` for forms. */
export async function forgetOpenRouter(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const user = await userRequest(request, env, settings);
  checkSession(user);
  await checkFormAction(request, 'disconnect');
  if (!(await user.account.forgetProviderKey())) {
    throw new Fault('not_found', 'There is no OpenRouter key of yours here.');
  }
  return formActionDone(request, '/account');
}

/**
 * The request with its user.
 * @throws Fault `unauthorized` for anybody else
 */
export async function userRequest(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<UserRequest> {
  const user = userIn(await sender(request, env, settings));
  if (user !== null) return user;
  throw new Fault(
    'unauthorized',
    'Keys are made by people who signed in with an account. Whoever runs this server makes the others.',
  );
}

/**
 * A new key and what is kept of it.
 * @throws Fault `bad_request` when there are too many
 */
export async function newKey(
  { settings, account, user }: Pick<UserRequest, 'settings' | 'account' | 'user'>,
  { name, expires_at }: Pick<UserKey, 'name' | 'expires_at'>,
): Promise<{ readonly key: string; readonly kept: UserKey }> {
  const key = await newUserToken(settings, 'mdo', user);
  const kept = await account.addKey({ hash: await digest(key), name, expires_at });
  if (kept !== null) return { key, kept };
  throw new Fault('bad_request', `There are ${MOST_KEYS} keys already. Revoke one first.`);
}

/** A key as the API shows it: everything but the key. */
export function keyJson({ id, name, created_at, used_at, expires_at }: UserKey) {
  return {
    id,
    object: 'api_key',
    name,
    created_at: isoTime(created_at),
    last_used_at: used_at === null ? null : isoTime(used_at),
    expires_at: expires_at === null ? null : isoTime(expires_at),
  };
}

/** @throws Fault `bad_request` */
export function nameIn(text: string | undefined): string {
  const name = (text ?? '').trim();
  if (name !== '' && name.length <= 64) return name;
  throw new Fault('bad_request', '"name" must be a text of 1 to 64 characters.');
}

/** @throws Fault `unauthorized` */
async function sender(request: Request, env: Env, settings: Settings): Promise<KnownRequest> {
  const known = await knownRequest(request, env, settings);
  if (known === null) throw new Fault('unauthorized', 'An account belongs to somebody: sign in.');
  return known;
}

function userIn(known: KnownRequest): UserRequest | null {
  const { env, principal } = known;
  if (!principal.startsWith('user:')) return null;
  const user = principal.slice('user:'.length);
  return { ...known, user, account: accountClient(env, principal) };
}

async function pageOf({
  account,
  person,
  hasSession,
  principal,
}: UserRequest): Promise<AccountPage> {
  const { keys, provider_key_at } = await account.view();
  const page = { person, hasSession, keys };
  return isGuest(principal) ? { ...page, openrouter_at: provider_key_at } : page;
}

/** @throws Fault `bad_request` */
function endIn(text: string | undefined): number | null {
  const days = (text ?? '').trim();
  if (days === '') return null;
  if (/^\d{1,4}$/.test(days) && Number(days) >= 1 && Number(days) <= MOST_DAYS) {
    return Date.now() + Number(days) * DAY_MS;
  }
  throw new Fault('bad_request', `"expires_in_days" must be a number from 1 to ${MOST_DAYS}.`);
}
