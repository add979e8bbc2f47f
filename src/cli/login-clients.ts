import type { RegisteredClient } from '../login/login-client.ts';
import { readRegisteredClients } from '../login/registered-clients.ts';
import type { Environment } from './environment.ts';
import { UsageError } from './usage-error.ts';

/**
 * The OAuth clients of `LOGIN_CLIENTS`, as a server has them too.
 * @throws UsageError when it is malformed
 */
export function loginClients(env: Environment): readonly RegisteredClient[] {
  try {
    return readRegisteredClients(env['LOGIN_CLIENTS'] ?? '');
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'LOGIN_CLIENTS is malformed.');
  }
}
