import type { Env } from '../env.ts';
import { valueOf } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { Who } from './principal-logins.ts';
import type { PrincipalObject } from './principal-object.ts';

const METHODS = [
  'token',
  'refused',
  'ask',
  'offer',
  'begin',
  'finish',
  'list',
  'disconnect',
  'recall',
  'keep',
  'isConfirmed',
  'confirm',
  'admitRun',
  'takePlace',
  'releasePlace',
  'noteRun',
  'addRun',
  'moveRun',
  'listRuns',
] as const;

type Method = (typeof METHODS)[number];

/**
 * The methods of a principal's object as they are called from outside: for one principal, and
 * with faults thrown.
 */
export type PrincipalClient = {
  readonly [Name in Method]: Parameters<PrincipalObject[Name]> extends [Who, ...infer Rest]
    ? (...parameters: Rest) => Promise<Answer<PrincipalObject[Name]>>
    : never;
};

type Answer<Call extends (...parameters: never[]) => unknown> =
  Awaited<ReturnType<Call>> extends Outcome<infer Value> ? Value : never;

type Stub = Readonly<
  Record<Method, (who: Who, ...parameters: unknown[]) => Promise<Outcome<unknown>>>
>;

/** The object of a principal, named by nothing but {@link Who.principal}. */
export function principalClient(env: Env, who: Who): PrincipalClient {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the platform's type of a stub gives up on JSON
  const stub = env.PRINCIPALS.getByName(who.principal) as unknown as Stub;
  const calls = METHODS.map((name) => [
    name,
    async (...parameters: unknown[]) => valueOf(await stub[name](who, ...parameters)),
  ]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- derived from the class itself
  return Object.fromEntries(calls) as PrincipalClient;
}
