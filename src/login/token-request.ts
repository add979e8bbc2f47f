import { postForm } from './exchange.ts';
import type { Answer, Asking } from './exchange.ts';
import { union } from './scopes.ts';
import { hostOf, unavailable } from './unavailable.ts';
import type { OAuthClient } from './vault-row.ts';

/** What a token endpoint gave. */
export interface Tokens {
  readonly access_token: string;
  /** Null when none came; a refresh then keeps the one it has. */
  readonly refresh_token: string | null;
  /** Null when it was not said. */
  readonly scope: string | null;
  /** Seconds; null when not said. */
  readonly expires_in: number | null;
}

/** The token endpoint said no. `code` is its word for why. @see RFC 6749 section 5.2 */
export class TokenRefusal extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`The token endpoint refused: ${code}`);
    this.name = 'TokenRefusal';
    this.code = code;
  }
}

const MAX_TOKEN = 8192;

/**
 * Asks a token endpoint.
 * @throws TokenRefusal for an OAuth error that asking again does not change, Fault
 *   `login_unavailable` with `retryable` for anything that may pass, and those of the fetch
 * @see RFC 6749 section 5
 */
export async function requestTokens(
  endpoint: string,
  form: Readonly<Record<string, string>>,
  client: OAuthClient,
  asking: Asking,
): Promise<Tokens> {
  const answer = await postAs(endpoint, form, client, asking);
  if (answer.status < 200 || answer.status > 299) throw refusalOf(answer, endpoint);
  return tokensOf(answer, endpoint);
}

/** Posts a form as a client, by the method it was registered with. @see RFC 6749 section 2.3.1 */
export function postAs(
  endpoint: string,
  fields: Readonly<Record<string, string>>,
  client: OAuthClient,
  asking: Asking,
): Promise<Answer> {
  const form = new URLSearchParams(fields);
  const headers: Record<string, string> = {};
  if (client.method === 'client_secret_basic') {
    const pair = `${formEncoded(client.client_id)}:${formEncoded(client.client_secret ?? '')}`;
    headers['authorization'] = `Basic ${btoa(pair)}`;
  } else {
    form.set('client_id', client.client_id);
    if (client.method === 'client_secret_post')
      form.set('client_secret', client.client_secret ?? '');
  }
  return postForm(endpoint, form, headers, asking);
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

function refusalOf({ status, body }: Answer, endpoint: string): Error {
  const stated = body?.['error'];
  const code = typeof stated === 'string' && /^[a-z_]{1,64}$/.test(stated) ? stated : null;
  const passes = ['temporarily_unavailable', 'server_error', 'slow_down'];
  if (status >= 500 || status === 429 || (code !== null && passes.includes(code))) {
    return unavailable(
      `${hostOf(endpoint)} gives no tokens now (${status}). Try again later.`,
      true,
    );
  }
  // Without a code it may not even be the authorization server that spoke.
  return code === null
    ? unavailable(`${hostOf(endpoint)} gives no tokens (${status}).`, true)
    : new TokenRefusal(code);
}

function tokensOf({ body }: Answer, endpoint: string): Tokens {
  const { access_token, token_type, refresh_token, scope, expires_in } = body ?? {};
  const isBearer = typeof token_type === 'string' && token_type.toLowerCase() === 'bearer';
  if (!isBearer || !isToken(access_token)) {
    throw unavailable(`${hostOf(endpoint)} gave no bearer token.`);
  }
  return {
    access_token,
    refresh_token: isToken(refresh_token) ? refresh_token : null,
    scope: typeof scope === 'string' ? union(scope) : null,
    expires_in: secondsIn(expires_in),
  };
}

/** Some servers write the number as text, and 0 for no end. */
function secondsIn(value: unknown): number | null {
  const isGiven = typeof value === 'number' || (typeof value === 'string' && value !== '');
  const seconds = isGiven ? Number(value) : Number.NaN;
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}

/** Only what a header can carry: a line break in a token would write headers of its own. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TOKEN && /^[\x21-\x7e]+$/.test(value);
}
