/** The demo tools behind a login, and the authorization server in front of them, on one port of loopback. */
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { demoMcp } from '../../src/demo/demo-mcp.ts';
import { httpPeer, type Peer } from './peers.ts';

export interface LoginPeer extends Peer {
  /** The protected tool server. */
  readonly mcp: string;
  /** Every grant type that the token endpoint was asked for, in order. */
  readonly grants: string[];
  /** Tokens that were revoked. */
  readonly revoked: string[];
  /** Refresh tokens that came twice. */
  readonly reused: string[];
  /** What the person there says. */
  consents: boolean;
  /** Seconds that an access token lives. */
  lifetime: number;
  /** Tokens of now are no longer good, as if they had been taken back. */
  forgetTokens(): void;
}

interface Code {
  readonly challenge: string;
  readonly redirect: string;
}

/** A login server that follows the MCP specification: metadata, registration, PKCE, rotation, revocation. */
export async function loginPeer(): Promise<LoginPeer & AsyncDisposable> {
  const codes = new Map<string, Code>();
  const access = new Map<string, number>();
  const refresh = new Set<string>();
  const spent = new Set<string>();
  const tokens = (): object => {
    const [access_token, refresh_token] = [`access-${randomUUID()}`, `refresh-${randomUUID()}`];
    access.set(access_token, Date.now() + peer.lifetime * 1000);
    refresh.add(refresh_token);
    const rest = { token_type: 'Bearer', expires_in: peer.lifetime, scope: 'tools.read' };
    return { access_token, refresh_token, ...rest };
  };
  const token = (form: URLSearchParams): readonly [number, object] => {
    const type = form.get('grant_type') ?? '';
    peer.grants.push(type);
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    if (type === 'authorization_code') {
      const digest = createHash('sha256').update(form.get('code_verifier') ?? '');
      const isRight =
        code?.challenge === digest.digest('base64url') && code.redirect === form.get('redirect_uri');
      return isRight ? [200, tokens()] : [400, { error: 'invalid_grant' }];
    }
    const old = form.get('refresh_token') ?? '';
    if (spent.has(old)) peer.reused.push(old);
    if (!refresh.delete(old)) return [400, { error: 'invalid_grant' }];
    spent.add(old);
    return [200, tokens()];
  };
  const authorize = (query: URLSearchParams): string => {
    const back = new URL(query.get('redirect_uri') ?? '');
    back.searchParams.set('state', query.get('state') ?? '');
    back.searchParams.set('iss', http.origin);
    if (!peer.consents) back.searchParams.set('error', 'access_denied');
    else {
      const code = randomUUID();
      codes.set(code, { challenge: query.get('code_challenge') ?? '', redirect: query.get('redirect_uri') ?? '' });
      back.searchParams.set('code', code);
    }
    return back.href;
  };
  const tools = async (request: IncomingMessage, response: ServerResponse, body: string) => {
    const sent = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if ((access.get(sent) ?? 0) < Date.now()) {
      const where = `${http.origin}/.well-known/oauth-protected-resource/mcp`;
      const challenge = `Bearer resource_metadata="${where}", scope="tools.read"`;
      return response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    const { method = 'GET', headers } = request;
    const entries = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
    const init = { method, headers: entries, ...(body === '' ? {} : { body }) };
    const answer = await demoMcp(new Request(`${http.origin}/demo/mcp`, init));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(await answer.text());
  };
  const http: Peer = await httpPeer((request, response, body) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', http.origin);
    const json = (status: number, value: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    switch (pathname) {
      case '/mcp':
        return tools(request, response, body);
      case '/.well-known/oauth-protected-resource/mcp':
        return json(200, { resource: `${http.origin}/mcp`, authorization_servers: [http.origin] });
      case '/.well-known/oauth-authorization-server':
        return json(200, metadata(http.origin));
      case '/register':
        return json(201, { client_id: randomUUID(), ...JSON.parse(body), });
      case '/authorize':
        return response.writeHead(302, { location: authorize(searchParams) }).end();
      case '/token':
        return json(...token(new URLSearchParams(body)));
      case '/revoke':
        peer.revoked.push(new URLSearchParams(body).get('token') ?? '');
        return json(200, {});
      default:
        return json(404, {});
    }
  });
  const peer: LoginPeer & AsyncDisposable = {
    ...http,
    mcp: `${http.origin}/mcp`,
    grants: [],
    revoked: [],
    reused: [],
    consents: true,
    lifetime: 3600,
    forgetTokens: () => access.clear(),
    [Symbol.asyncDispose]: () => http.stop(),
  };
  return peer;
}

function metadata(origin: string): object {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    revocation_endpoint: `${origin}/revoke`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    authorization_response_iss_parameter_supported: true,
  };
}

/**
 * Does what a person with a browser does: opens the link, presses the button, says yes at the
 * authorization server and comes back. Gives the status and the text of the last page.
 */
export async function browse(link: string): Promise<{ status: number; text: string }> {
  const page = await fetch(link);
  await page.text();
  const pressed = await fetch(link, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: new URL(link).origin },
  });
  const cookie = (pressed.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const away = pressed.headers.get('location');
  if (away === null) return { status: pressed.status, text: await pressed.text() };
  const consent = await fetch(away, { redirect: 'manual' });
  const back = await fetch(consent.headers.get('location') ?? '', { headers: { cookie } });
  return { status: back.status, text: await back.text() };
}
