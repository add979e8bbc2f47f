import { json } from '../../connect/responses.ts';

/** What is answered to a program that asks the authorization server for something it cannot have. */
export interface OauthError {
  readonly status: number;
  /** As RFC 6749 or RFC 7591 names it. */
  readonly error: string;
  /** One sentence. */
  readonly description: string;
  /** Seconds after which it is worth trying again. */
  readonly retryAfter?: number;
}

/** The answer in the words of OAuth, which clients read. */
export function oauthError({ status, error, description, retryAfter }: OauthError): Response {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return json({ error, error_description: description }, status, {
    'cache-control': 'no-store',
    ...headers,
  });
}

/**
 * The answer to who asked too often.
 * @param retryAfter seconds
 */
export function askedTooOften(retryAfter: number, description: string): Response {
  return oauthError({ status: 429, error: 'temporarily_unavailable', description, retryAfter });
}
