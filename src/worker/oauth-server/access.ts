import type { Env } from '../env.ts';
import { ownOrigin } from '../guards.ts';
import type { Settings } from '../settings.ts';

/** What a program may do for somebody who let it. @see spec/identity.md, Programs */
export interface Access {
  /** Whose it is, as `principalName` says it. */
  readonly principal: string;
  /** The same, for a person to read. */
  readonly person: string;
  /** The program. */
  readonly clientId: string;
  /** Some of {@link SCOPES}. */
  readonly scopes: readonly string[];
}

/** Why a request is refused, as RFC 6750 names it. */
export type AccessError = 'invalid_token' | 'insufficient_scope' | 'invalid_request';

/**
 * What the access token of a request gives for `/mcp` and what is below it.
 * @returns null without a token and for one that is not ours, is over, was taken back, or is for
 *   another resource. A token in the address counts as none: addresses are logged.
 * @see RFC 6750; RFC 8707
 */
export async function accessOf(
  _request: Request,
  _env: Env,
  _settings: Settings,
): Promise<Access | null> {
  await Promise.resolve();
  return null;
}

/**
 * The `WWW-Authenticate` value of a refusal: where a program learns how to get a token.
 * @see RFC 9728, section 5.1
 */
export function challenge(request: Request, settings: Settings, error?: AccessError): string {
  const metadata = `${ownOrigin(request, settings)}/.well-known/oauth-protected-resource/mcp`;
  const parts = [
    ...(error === undefined ? [] : [`error="${error}"`]),
    `resource_metadata="${metadata}"`,
    'scope="runs connections"',
  ];
  return `Bearer ${parts.join(', ')}`;
}
