import { app } from './app.ts';
import { withSettings } from './env.ts';
import type { Env } from './env.ts';
import { secured } from './security-headers.ts';

export { AccountObject } from './account/account-object.ts';
export { AddressObject } from './principal/address-object.ts';
export { McpSessionsObject } from './mcp/mcp-sessions.ts';
export { OauthObject } from './oauth-server/oauth-object.ts';
export { PrincipalObject } from './principal/principal-object.ts';
export { RunObject } from './run/run-object.ts';

export default {
  fetch: async (request, bindings, context) => {
    const env = withSettings(bindings);
    return secured(await app.fetch(request, env, context), request, env);
  },
} satisfies ExportedHandler<Env>;
