import { contentSecurityPolicy } from '../publish/layout.ts';
import { readEnv } from './env.ts';
import type { Env } from './env.ts';
import { allowsCors, isChatPath, isMcpPath, isOpenPath, isTokenPath, namesHost } from './guards.ts';

/** The response with the headers that every response has; its own ones win. */
export function secured(response: Response, request: Request, env: Env): Response {
  const headers = new Headers({
    'content-security-policy': contentSecurityPolicy(),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    // The address of a run is its secret: it must not travel to the sites that the answer links to.
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex, nofollow, noarchive',
    'cache-control': 'private, no-store',
    ...corsHeaders(request, env),
  });
  for (const [name, value] of response.headers) {
    if (name === 'set-cookie') headers.append(name, value);
    else headers.set(name, value);
  }
  return new Response(response.body, { status: response.status, headers });
}

/**
 * Never with credentials, and headers that carry tokens are not exposed. A preflight is answered
 * only where the request it asks for would be allowed.
 */
function corsHeaders(request: Request, env: Env): Record<string, string> {
  const { settings } = readEnv(env);
  if (settings === null || !namesHost(request)) return {};
  const { pathname } = new URL(request.url);
  const isChat = isChatPath(pathname);
  if (request.method !== 'OPTIONS') {
    if (!allowsCors(request, settings)) return {};
    return { 'access-control-allow-origin': '*', ...exposedHeaders(pathname) };
  }
  if (isTokenPath(pathname) || pathname.startsWith('/.well-known/oauth-')) {
    return {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'Authorization, Content-Type, Accept, MCP-Protocol-Version',
      'access-control-max-age': '600',
    };
  }
  const isMcp = isMcpPath(pathname);
  if (settings.localOrigin !== null || !(isMcp || isOpenPath(pathname))) return {};
  return {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': methodsOf({ isChat, isMcp }),
    // SDKs send a dozen headers of their own; the doors hand on what they know.
    'access-control-allow-headers':
      isChat || isMcp
        ? 'Authorization, *'
        : 'Authorization, Content-Type, Accept, Prefer, X-MCP-Authorization',
    'access-control-max-age': '600',
  };
}

function methodsOf({ isChat, isMcp }: { isChat: boolean; isMcp: boolean }): string {
  if (isMcp) return 'POST, DELETE';
  return isChat ? 'GET, POST, PUT, PATCH, DELETE' : 'POST';
}

function exposedHeaders(pathname: string): Record<string, string> {
  const name = 'access-control-expose-headers';
  // Who may run prompts with a key may know where the run is; its token is not told.
  if (isChatPath(pathname)) return { [name]: 'X-Run-Url, Retry-After' };
  // The id of a session is worth nothing to another caller; the refusal says where to get a token.
  return isMcpPath(pathname) ? { [name]: 'Mcp-Session-Id, WWW-Authenticate' } : {};
}
