import type { Env } from '../env.ts';
import type { AccountObject } from './account-object.ts';

/** The methods of an account's object as they are called from outside. */
export type AccountClient = {
  readonly [
    Name in
      | 'signIn'
      | 'session'
      | 'isLetIn'
      | 'endSessions'
      | 'useKey'
      | 'view'
      | 'addKey'
      | 'removeKey'
      | 'addCode'
      | 'takeCode'
      | 'providerKey'
      | 'forgetProviderKey'
      | 'models'
      | 'keepModels'
  ]: (
    ...parameters: Parameters<AccountObject[Name]>
  ) => Promise<Awaited<ReturnType<AccountObject[Name]>>>;
};

/**
 * The account of a user. Naming it creates it, so the principal must come from a session or a key
 * that this server signed, or from signing in.
 * @param principal as `principalName` says it
 */
export function accountClient(env: Env, principal: string): AccountClient {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- derived from the class itself
  return env.ACCOUNTS.getByName(principal) as unknown as AccountClient;
}
