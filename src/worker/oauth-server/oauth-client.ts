import type { Env } from '../env.ts';
import { valueOf } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { OauthObject } from './oauth-object.ts';

const METHODS = ['exchange', 'approve', 'validate', 'list', 'end', 'find', 'keep'] as const;

type Method = (typeof METHODS)[number];

/** The methods of an object of the authorization server as they are called from outside. */
export type OauthClient = {
  readonly [Name in Method]: (
    ...parameters: Parameters<OauthObject[Name]>
  ) => Promise<Answer<OauthObject[Name]>>;
};

type Answer<Call extends (...parameters: never[]) => unknown> =
  Awaited<ReturnType<Call>> extends Outcome<infer Value> ? Value : never;

type Stub = Readonly<Record<Method, (...parameters: unknown[]) => Promise<Outcome<unknown>>>>;

/** The object of a grantor, by a name that {@link isGrantorId} knows. */
export function grantorClient(env: Env, grantorId: string): OauthClient {
  return client(env, `of:${grantorId}`);
}

/** The object of what programs say of themselves before anybody let them in. */
export function programsClient(env: Env): OauthClient {
  return client(env, 'programs');
}

function client(env: Env, name: string): OauthClient {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the platform's type of a stub gives up on JSON
  const stub = env.OAUTH.getByName(name) as unknown as Stub;
  const calls = METHODS.map((method) => [
    method,
    async (...parameters: unknown[]) => valueOf(await stub[method](...parameters)),
  ]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- derived from the class itself
  return Object.fromEntries(calls) as OauthClient;
}
