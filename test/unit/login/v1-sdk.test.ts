import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';

import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js';
import { describe, expect, it } from 'vitest';

import { handClock, NEVER, targetOf, testLogins } from '../../support/logins.ts';

type Handler = (request: unknown, response: unknown) => void;

/** The part of Express that is used here; its types are not installed. */
interface App {
  (request: unknown, response: unknown): void;
  use(handler: Handler): void;
}

/** An in-memory provider as users of the v1 SDK write it. */
function provider(): OAuthServerProvider & { readonly revoked: string[] } {
  const clients = new Map<string, OAuthClientInformationFull>();
  const codes = new Map<string, string>();
  const refreshes = new Set<string>();
  const revoked: string[] = [];
  const tokens = (resource: URL | undefined) => {
    const refresh_token = randomUUID();
    refreshes.add(refresh_token);
    const access_token = `${resource?.href ?? 'none'}|${randomUUID()}`;
    return { access_token, token_type: 'bearer', expires_in: 600, refresh_token };
  };
  return {
    revoked,
    clientsStore: {
      getClient: (id) => clients.get(id),
      registerClient: (client) => {
        const made = { ...client, client_id: randomUUID(), client_id_issued_at: 1 };
        clients.set(made.client_id, made);
        return made;
      },
    },
    authorize: async (_client, { codeChallenge, redirectUri, state }, response) => {
      const code = randomUUID();
      codes.set(code, codeChallenge);
      const back = new URL(redirectUri);
      back.searchParams.set('code', code);
      if (state !== undefined) back.searchParams.set('state', state);
      (response as unknown as { redirect(url: string): void }).redirect(back.href);
    },
    challengeForAuthorizationCode: async (_client, code) => codes.get(code) ?? '',
    exchangeAuthorizationCode: async (...[, , , , resource]) => tokens(resource),
    exchangeRefreshToken: async (_client, token, _scopes, resource) => {
      if (!refreshes.delete(token)) throw new Error('reused');
      return tokens(resource);
    },
    verifyAccessToken: async (token) => ({ token, clientId: '', scopes: [] }),
    revokeToken: async (_client, { token }) => {
      revoked.push(token);
    },
  };
}

/** `mcpAuthRouter` of the v1 SDK at the root, as its documentation shows it. */
async function v1Server() {
  const http = createServer((request, response) => app(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const own = provider();
  const app = createMcpExpressApp() as unknown as App;
  const router: unknown = mcpAuthRouter({
    provider: own,
    issuerUrl: new URL(origin),
    resourceServerUrl: new URL(`${origin}/mcp`),
    scopesSupported: ['read'],
    clientRegistrationOptions: { rateLimit: false },
    authorizationOptions: { rateLimit: false },
    tokenOptions: { rateLimit: false },
    revocationOptions: { rateLimit: false },
  });
  app.use(router as Handler);
  const close = async (): Promise<void> => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return { origin, revoked: own.revoked, [Symbol.asyncDispose]: close };
}

describe('a server that uses the router of the v1 SDK', () => {
  it('is logged in to, refreshed and disconnected', async () => {
    await using server = await v1Server();
    const clock = handClock();
    const logins = testLogins({ now: clock.now });
    const target = targetOf(`${server.origin}/mcp`);

    const { url } = await logins.begin(target, 'b', NEVER);
    const answer = await fetch(url, { redirect: 'manual' });
    const back = new URL(answer.headers.get('location') ?? '').searchParams;
    const record = await logins.finish(back, 'b', NEVER);
    expect(record).toMatchObject({ issuer: `${server.origin}/`, scope: 'read', can_refresh: true });

    const first = await logins.token(target, NEVER);
    expect(first).toContain(`${server.origin}/mcp|`);
    clock.pass(600_000);
    const second = await logins.token(target, NEVER);
    expect(second).toContain(`${server.origin}/mcp|`);
    expect(second).not.toBe(first);

    expect(await logins.disconnect(record.id, NEVER)).toBe(true);
    expect(server.revoked).toHaveLength(2);
    expect(server.revoked[1]).toBe(second);
  });
});
