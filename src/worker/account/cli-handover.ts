import { html, json, leadingHtml, seeOther } from '../../connect/responses.ts';
import { Fault } from '../../fault/fault.ts';
import { digest } from '../../login/random.ts';
import { renderCliCode, renderCliConsent } from '../../publish/render-cli-consent.ts';
import type { Env } from '../env.ts';
import { readFields } from '../post/read-fields.ts';
import { backToPage } from '../principal/return-path.ts';
import { mayBeHere, sessionOf } from '../principal/session.ts';
import { mustWait, strangerWait } from '../principal/stranger-allowance.ts';
import type { Settings } from '../settings.ts';
import { accountClient } from './account-client.ts';
import { checkSession } from '../principal/known-request.ts';
import { keyJson, newKey, userRequest } from './account-pages.ts';
import { newUserToken, userOfToken } from './user-token.ts';

/**
 * A key for the command line. The browser carries a code and never the key: addresses stay in
 * histories and logs. What the code is worth is asked for with a secret that only the program that
 * began knows.
 * @see spec/identity.md ID-38, RFC 8252 section 7.3, RFC 7636
 */

const CODE_MS = 300_000;

/** What a program asks with. */
interface CliWish {
  /** Where it listens on its own machine; null when somebody types the code. */
  readonly port: string | null;
  readonly state: string;
  readonly challenge: string;
  /** What it calls itself. */
  readonly name: string;
}

/**
 * `GET /account/cli`: asks the person; changes nothing.
 * @throws Fault `bad_request`, `unauthorized`
 */
export async function showCli(request: Request, env: Env, settings: Settings): Promise<Response> {
  const url = new URL(request.url);
  const wish = wishIn(url.searchParams);
  if ((await sessionOf(request, env, settings)) === null) {
    return seeOther(`/sign-in?return=${encodeURIComponent(backToPage(url))}`);
  }
  const user = await userRequest(request, env, settings);
  const address = addressOf(wish);
  const { port, state, challenge, name } = wish;
  const fields = { ...(port === null ? {} : { port }), state, code_challenge: challenge, name };
  const page = renderCliConsent({ person: user.person, name, address, fields });
  return address === null ? html(page) : leadingHtml(page, 200, new URL(address).origin);
}

/**
 * `POST /account/cli`: the person said yes.
 * @throws Fault `bad_request`, `unauthorized`
 */
export async function agreeToCli(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const user = await userRequest(request, env, settings);
  checkSession(user);
  const wish = wishIn(await readFields(request));
  const code = await newUserToken(settings, 'mdc', user.user);
  const { challenge, name } = wish;
  const until = Date.now() + CODE_MS;
  await user.account.addCode({ hash: await digest(code), challenge, name, until });
  const address = addressOf(wish);
  if (address === null) return html(renderCliCode(code), 201);
  const back = new URL(address);
  back.searchParams.set('code', code);
  back.searchParams.set('state', wish.state);
  return seeOther(back.href);
}

/**
 * `POST /account/cli/token`: a code and the secret behind its challenge for a key.
 * @throws Fault `login_invalid` for every code that is not good, the same for each; `rate_limited`
 */
export async function exchangeCode(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const wait = await strangerWait(request, env, settings, 'token');
  if (wait !== null) throw mustWait(wait);
  const fields = await readFields(request);
  const code = fields.get('code') ?? '';
  const user = await userOfToken(settings, 'mdc', code);
  if (user === null || !mayBeHere(settings, user)) throw badCode();
  const account = accountClient(env, `user:${user}`);
  const challenge = await digest(fields.get('code_verifier') ?? '');
  const name = await account.takeCode(await digest(code), challenge);
  if (name === null) throw badCode();
  const { key, kept } = await newKey({ settings, account, user }, { name, expires_at: null });
  const { person } = await account.view();
  return json({ ...keyJson(kept), key, person }, 201);
}

function badCode(): Fault {
  return new Fault(
    'login_invalid',
    'This code is over, used, or for another program. Begin again.',
  );
}

/** Only ever this machine: whatever else a link named would be sent the code. */
function addressOf({ port }: CliWish): string | null {
  return port === null ? null : `http://127.0.0.1:${port}/signed-in`;
}

/** @throws Fault `bad_request` */
function wishIn(fields: { get(name: string): string | null | undefined }): CliWish {
  const port = fields.get('port') ?? null;
  const state = fields.get('state') ?? '';
  const challenge = fields.get('code_challenge') ?? '';
  const name = (fields.get('name') ?? '').trim();
  const hasPort = port === null || (/^[1-9]\d{3,4}$/.test(port) && Number(port) <= 65_535);
  const isWhole = /^[\w-]{22,64}$/.test(state) && /^[\w-]{43}$/.test(challenge);
  if (hasPort && isWhole && /^[^\n]{1,64}$/.test(name)) return { port, state, challenge, name };
  throw new Fault('bad_request', 'This link is not whole. Start mdops login again.');
}
