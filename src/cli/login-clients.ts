import type { RegisteredClient } from '../login/login-client.ts';
import { isObject, parseJsonList } from '../protocol/json.ts';
import type { Environment } from './environment.ts';
import { UsageError } from './usage-error.ts';

/**
 * OAuth clients that were made by hand, for authorization servers that let nobody register:
 * `LOGIN_CLIENTS`, as a server has it too.
 * @throws UsageError when it is malformed; its values may be secrets and are not repeated
 */
export function loginClients(env: Environment): readonly RegisteredClient[] {
  const text = env['LOGIN_CLIENTS'] ?? '';
  if (text.trim() === '') return [];
  const clients = parseJsonList(text)?.map(clientIn) ?? [null];
  if (clients.every((client) => client !== null)) return clients;
  throw new UsageError(
    'LOGIN_CLIENTS must be a JSON list of {"issuer", "client_id", "client_secret"?}.',
  );
}

function clientIn(value: unknown): RegisteredClient | null {
  if (!isObject(value)) return null;
  const { issuer, client_id, client_secret } = value;
  if (typeof issuer !== 'string' || !URL.canParse(issuer)) return null;
  if (typeof client_id !== 'string' || client_id === '') return null;
  if (client_secret === undefined) return { issuer, client_id };
  return typeof client_secret === 'string' ? { issuer, client_id, client_secret } : null;
}
