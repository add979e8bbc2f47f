import { isObject, parseJsonList } from '../protocol/json.ts';
import type { RegisteredClient } from './login-client.ts';

/**
 * Reads OAuth clients that were made by hand, for authorization servers that let nobody register.
 * @param text a JSON list of `{"issuer", "client_id", "client_secret"?}`; blank is none
 * @throws TypeError when it is malformed; its values may be secrets and are not repeated
 */
export function readRegisteredClients(text: string): readonly RegisteredClient[] {
  if (text.trim() === '') return [];
  const clients = parseJsonList(text)?.map(clientIn) ?? [null];
  if (clients.every((client) => client !== null)) return clients;
  throw new TypeError(
    'LOGIN_CLIENTS must be a JSON list of {"issuer", "client_id", "client_secret"?}; an issuer is a URL.',
  );
}

function clientIn(value: unknown): RegisteredClient | null {
  if (!isObject(value)) return null;
  const { issuer, client_id, client_secret, ...others } = value;
  if (Object.keys(others).length > 0) return null;
  if (typeof issuer !== 'string' || !/^https?:/.test(issuer) || !URL.canParse(issuer)) return null;
  if (typeof client_id !== 'string' || client_id === '') return null;
  if (client_secret === undefined) return { issuer, client_id };
  return typeof client_secret === 'string' && client_secret !== ''
    ? { issuer, client_id, client_secret }
    : null;
}
