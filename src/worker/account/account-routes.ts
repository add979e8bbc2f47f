import type { Env } from '../env.ts';
import { Fault } from '../../fault/fault.ts';
import { otherMethod } from '../other-method.ts';
import { showSignIn, signIn, signOut } from '../principal/sign-in.ts';
import type { Settings } from '../settings.ts';
import { beginSignIn, finishSignIn } from '../sign-in/sign-in-flow.ts';
import {
  forgetOpenRouter,
  listKeys,
  makeKey,
  revokeKey,
  showAccount,
  signOutEverywhere,
} from './account-pages.ts';
import { agreeToCli, exchangeCode, showCli } from './cli-handover.ts';
import type { SignInWay } from './user-token.ts';

type Handler = (request: Request, env: Env, settings: Settings, id: string) => Promise<Response>;
type Methods = Readonly<Record<string, Handler>>;

const KEY_PATH = /^\/account\/keys\/([^/]{1,64})$/;

/** The routes of accounts, by path and method. @see spec/http-api.md, Your account */
const ROUTES: Readonly<Record<string, Methods>> = {
  '/sign-in': { GET: showSignIn, POST: signIn },
  '/sign-out': {
    POST: async (...[request, , settings]) => signOut(request, settings),
  },
  '/account': { GET: showAccount },
  '/account/keys': { GET: listKeys, POST: makeKey },
  '/account/keys/:id': { POST: revokeKey, DELETE: revokeKey },
  '/account/openrouter': { POST: forgetOpenRouter, DELETE: forgetOpenRouter },
  '/account/sign-out': { POST: signOutEverywhere },
  '/account/cli': { GET: showCli, POST: agreeToCli },
  '/account/cli/token': { POST: exchangeCode },
  ...signInRoutes('openrouter'),
  ...signInRoutes('oidc'),
};

function signInRoutes(way: SignInWay): Readonly<Record<string, Methods>> {
  return {
    [`/sign-in/${way}`]: {
      POST: (...[request, env, settings]) => beginSignIn(request, env, settings, way),
    },
    [`/sign-in/${way}/callback`]: {
      GET: (...[request, env, settings]) => finishSignIn(request, env, settings, way),
    },
  };
}

/**
 * Answers a request for `/sign-in`, `/sign-out`, `/account` or something below.
 * @throws Fault `not_found` for every other path, and those of the handlers
 */
export async function answerAccount(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  const [, id = ''] = KEY_PATH.exec(pathname) ?? [];
  const methods = new Map(Object.entries(ROUTES)).get(id === '' ? pathname : '/account/keys/:id');
  if (methods === undefined) throw new Fault('not_found');
  const { method } = request;
  const handler = new Map(Object.entries(methods)).get(method === 'HEAD' ? 'GET' : method);
  if (handler === undefined) return otherMethod(request, allowedOf(methods));
  return handler(request, env, settings, id);
}

/** A HEAD is a GET without its body, except where looking would use up what comes back once. */
function allowedOf(methods: Methods): string {
  return Object.keys(methods)
    .flatMap((name) => (name === 'GET' ? [name, 'HEAD'] : [name]))
    .join(', ');
}
