import type { Env } from '../env.ts';
import { ownOrigin } from '../guards.ts';
import type { Settings } from '../settings.ts';
import { isGrantorId, stillStands } from './grantor.ts';
import { grantorClient } from './oauth-client.ts';
import { issuerOf, resourceOf, resourcePathOf } from './resource.ts';

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

/** `{grantor}:{grant}:{secret}`, as the authorization server makes them. */
const TOKEN = /^Bearer +([0-9A-Za-z]{32}):[\w-]{16}:[\w-]{32} *$/i;

/**
 * What the access token of a request gives for `/mcp` and what is below it.
 * @returns null without a token and for one that is not ours, is over, was taken back, or is for
 *   another resource. A token in the address counts as none: addresses are logged.
 * @see RFC 6750; RFC 8707
 */
export async function accessOf(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<Access | null> {
  if (new URL(request.url).searchParams.has('access_token')) return null;
  const [header = '', grantorId = ''] =
    TOKEN.exec(request.headers.get('authorization') ?? '') ?? [];
  if (header === '' || !(await isGrantorId(grantorId, settings))) return null;
  const origin = issuerOf(request, settings);
  const token = header.slice('Bearer'.length).trim();
  const found = await grantorClient(env, grantorId).validate(origin, resourceOf(origin), token);
  if (found === null || !(await stillStands(found.props, env, settings))) return null;
  const { principal, person } = found.props;
  return { principal, person, clientId: found.clientId, scopes: found.scope };
}

/**
 * The `WWW-Authenticate` value of a refusal: where a program learns how to get a token.
 * @see RFC 9728, section 5.1; RFC 6750, section 3
 */
export function challenge(request: Request, settings: Settings, error?: AccessError): string {
  const path = resourcePathOf(new URL(request.url).pathname);
  const metadata = `${ownOrigin(request, settings)}/.well-known/oauth-protected-resource${path}`;
  const parts = [
    ...(error === undefined ? [] : [`error="${error}"`]),
    `resource_metadata="${metadata}"`,
    'scope="runs connections"',
  ];
  return `Bearer ${parts.join(', ')}`;
}
