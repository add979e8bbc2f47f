import type { AuthInfo } from '@modelcontextprotocol/server';
import { Fault } from '../../fault/fault.ts';
import type { Env } from '../env.ts';
import { faultResponse } from '../fault-response.ts';
import { ownOrigin } from '../guards.ts';
import { accessOf, challenge } from '../oauth-server/access.ts';
import { resourcePathOf } from '../oauth-server/resource.ts';
import { knownPrincipal, principalName } from '../principal/principal.ts';
import type { Settings } from '../settings.ts';

/** What a program may be allowed to do here. */
export type McpScope = 'runs' | 'connections';

/** Who calls at `/mcp`: somebody we know, or a program that they let act for them. */
export interface McpCaller {
  /** Whose runs and logins these are, as `principalName` says it. */
  readonly principal: string;
  /** Some of {@link McpScope}; the person themselves has all. */
  readonly scopes: readonly string[];
  /** The program, where it came with a token of its own. */
  readonly clientId: string | null;
  /** Origin under which they see us. */
  readonly origin: string;
  /** Where a program learns how to get a token for this endpoint. */
  readonly metadataUrl: string;
}

const EVERYTHING: readonly McpScope[] = ['runs', 'connections'];

/**
 * The caller of a request at `/mcp`: by an access token, an API key, or by sitting at the machine. A
 * session is nobody here: it is a browser's, and any page that reached this door with its cookie
 * would run prompts in its name.
 * @returns null for nobody we know
 * @see spec/mcp.md MCP-2
 */
export async function mcpCaller(
  request: Request,
  env: Env,
  settings: Settings,
): Promise<McpCaller | null> {
  const origin = ownOrigin(request, settings);
  const path = resourcePathOf(new URL(request.url).pathname);
  const here = { origin, metadataUrl: `${origin}/.well-known/oauth-protected-resource${path}` };
  const access = await accessOf(request, env, settings);
  if (access !== null) {
    const { principal, scopes, clientId } = access;
    return { principal, scopes, clientId, ...here };
  }
  const known = await knownPrincipal(withoutCookies(request), env, settings).catch(
    (error: unknown) => {
      // A token that is no key either: the challenge says where to get one.
      if (error instanceof Fault && error.code === 'unauthorized') return null;
      throw error;
    },
  );
  if (known === null) return null;
  return { principal: principalName(known), scopes: EVERYTHING, clientId: null, ...here };
}

/** The refusal that tells a program where it can get a token. @see RFC 9728, section 5.1 */
export function unknownCaller(request: Request, settings: Settings): Response {
  const error = request.headers.has('authorization') ? 'invalid_token' : undefined;
  const response = faultResponse(new Fault('unauthorized'), request);
  response.headers.set('www-authenticate', challenge(request, settings, error));
  return response;
}

/** The caller as handlers of the protocol are told. The token stays where it was checked. */
export function authInfoOf({ principal, scopes, clientId, metadataUrl }: McpCaller): AuthInfo {
  return {
    token: '',
    clientId: clientId ?? principal,
    scopes: [...scopes],
    resourceMetadataUrl: metadataUrl,
  };
}

function withoutCookies({ url, headers: given }: Request): Request {
  const headers = new Headers(given);
  headers.delete('cookie');
  return new Request(url, { headers });
}
