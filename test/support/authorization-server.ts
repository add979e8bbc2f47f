/** Real OAuth servers on loopback: one that logs people in, and tool servers that want its tokens. */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { httpPeer } from './peers.ts';

/** How the authorization server behaves; everything may be changed while it runs. */
export interface Behaviour {
  /** Members of the metadata that replace the usual ones; `undefined` leaves one out. */
  metadata: Record<string, unknown>;
  /** Where the metadata is. */
  metadataPath: string;
  /** Put in front of every endpoint and after the origin in the issuer. */
  prefix: string;
  /** Seconds that an access token lasts; null leaves `expires_in` out. */
  expiresIn: number | null;
  refreshTokens: boolean;
  /** A new refresh token with each refresh; using an old one ends the whole login. */
  rotates: boolean;
  /** What the `iss` of the answer is; null leaves it out. */
  iss: string | null;
  /** Scopes that are given instead of those asked for. */
  gives: string | null;
  /** Says these scopes in the token answer. */
  saysScope: boolean;
  /** Answers of the authorization endpoint instead of a code. */
  denies: string | null;
  /** Answers of the token endpoint instead of tokens. */
  tokenError: { status: number; body: unknown } | null;
  /** Milliseconds that a token answer takes. */
  tokenDelay: number;
  tokenType: string;
  /** Members of the registration answer. */
  registration: Record<string, unknown>;
  registrationStatus: number;
}

/** A request that was seen. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly json: Record<string, unknown>;
  readonly authorization: string | undefined;
}

interface Family {
  readonly client: string;
  readonly resource: string;
  readonly scope: string;
  refresh: string;
  ended: boolean;
}

/** An authorization server that approves everybody at once. */
export interface AuthorizationServer extends AsyncDisposable {
  readonly origin: string;
  readonly host: string;
  readonly issuer: string;
  readonly behaviour: Behaviour;
  readonly seen: readonly Seen[];
  /** Requests to a path, without the prefix. */
  count(path: string, grant?: string): number;
  requests(path: string): readonly Seen[];
  /** Plays the browser: opens the address and gives back where it is sent. */
  visit(url: string): Promise<URLSearchParams>;
  /** What an access token is good for; null for none. */
  check(token: string): { readonly scope: string; readonly resource: string } | null;
  /** Every secret it ever gave out. */
  readonly secrets: readonly string[];
  /** Ends access tokens that were given, and keeps the refresh tokens. */
  expireAccess(): void;
  /** Ends everything that was given. */
  expireAll(): void;
}

/** Starts an authorization server. */
export async function authorizationServer(
  wishes: Partial<Behaviour> = {},
): Promise<AuthorizationServer> {
  const behaviour: Behaviour = {
    metadata: {},
    metadataPath: '/.well-known/oauth-authorization-server',
    prefix: '',
    expiresIn: 3600,
    refreshTokens: true,
    rotates: true,
    iss: null,
    gives: null,
    saysScope: true,
    denies: null,
    tokenError: null,
    tokenDelay: 0,
    tokenType: 'Bearer',
    registration: {},
    registrationStatus: 201,
    ...wishes,
  };
  const seen: Seen[] = [];
  const secrets: string[] = [];
  const codes = new Map<string, URLSearchParams>();
  const access = new Map<string, Family>();
  const families: Family[] = [];
  const used = new Map<string, Family>();
  const secret = (kind: string): string => {
    const made = `${kind}-${randomBytes(12).toString('hex')}`;
    secrets.push(made);
    return made;
  };

  const peer = await httpPeer((request, response, body) => {
    const url = new URL(request.url ?? '/', peer.origin);
    const one = seenOf(request, url, body, behaviour.prefix);
    seen.push(one);
    if (url.pathname === behaviour.metadataPath) return json(response, 200, metadata());
    if (one.path === '/authorize') return authorize(response, one);
    if (one.path === '/token') return token(response, one);
    if (one.path === '/register') return register(response);
    if (one.path === '/revoke') return revoke(response, one);
    return json(response, 404, { error: 'not_found' });
  });
  const issuer = (): string => `${peer.origin}${behaviour.prefix}`;

  function metadata(): object {
    const at = (path: string): string => `${issuer()}${path}`;
    return {
      issuer: issuer(),
      authorization_endpoint: at('/authorize'),
      token_endpoint: at('/token'),
      registration_endpoint: at('/register'),
      revocation_endpoint: at('/revoke'),
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_post', 'client_secret_basic'],
      ...behaviour.metadata,
    };
  }

  function authorize(response: ServerResponse, { query }: Seen): void {
    const back = new URL(query.get('redirect_uri') ?? '');
    const state = query.get('state');
    if (state !== null) back.searchParams.set('state', state);
    if (behaviour.iss !== null) back.searchParams.set('iss', behaviour.iss);
    if (behaviour.denies === null) {
      const code = secret('code');
      codes.set(code, query);
      back.searchParams.set('code', code);
    } else {
      back.searchParams.set('error', behaviour.denies);
    }
    response.writeHead(302, { location: back.href }).end();
  }

  function token(response: ServerResponse, { form, authorization }: Seen): void {
    const answer = (): void => {
      if (behaviour.tokenError !== null) {
        json(response, behaviour.tokenError.status, behaviour.tokenError.body);
        return;
      }
      const client = clientOf(form, authorization);
      const family =
        form.get('grant_type') === 'refresh_token' ? byRefresh(form, client) : byCode(form, client);
      if (family === null) json(response, 400, { error: 'invalid_grant' });
      else json(response, 200, given(family));
    };
    if (behaviour.tokenDelay === 0) answer();
    else setTimeout(answer, behaviour.tokenDelay);
  }

  function byCode(form: URLSearchParams, client: string): Family | null {
    const code = form.get('code') ?? '';
    const asked = codes.get(code);
    codes.delete(code);
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isRight =
      asked?.get('code_challenge') === proof &&
      asked.get('client_id') === client &&
      asked.get('redirect_uri') === form.get('redirect_uri') &&
      asked.get('resource') === form.get('resource');
    if (!isRight) return null;
    const scope = behaviour.gives ?? asked.get('scope') ?? '';
    const resource = asked.get('resource') ?? '';
    const family = { client, resource, scope, refresh: secret('refresh'), ended: false };
    families.push(family);
    return family;
  }

  function byRefresh(form: URLSearchParams, client: string): Family | null {
    const given = form.get('refresh_token') ?? '';
    const reused = used.get(given);
    if (reused !== undefined) {
      reused.ended = true;
      return null;
    }
    const family = families.find((each) => each.refresh === given && !each.ended);
    if (family?.client !== client || family.resource !== form.get('resource')) return null;
    if (behaviour.rotates) {
      used.set(given, family);
      family.refresh = secret('refresh');
    }
    return family;
  }

  function given(family: Family): object {
    const access_token = secret('access');
    access.set(access_token, family);
    return {
      access_token,
      token_type: behaviour.tokenType,
      ...(behaviour.expiresIn === null ? {} : { expires_in: behaviour.expiresIn }),
      ...(behaviour.refreshTokens ? { refresh_token: family.refresh } : {}),
      ...(behaviour.saysScope ? { scope: family.scope } : {}),
    };
  }

  function register(response: ServerResponse): void {
    const client_id = `client-${randomBytes(6).toString('hex')}`;
    const made = { client_id, ...behaviour.registration };
    json(response, behaviour.registrationStatus, made);
  }

  function revoke(response: ServerResponse, { form }: Seen): void {
    const token = form.get('token') ?? '';
    access.delete(token);
    for (const family of families) if (family.refresh === token) family.ended = true;
    json(response, 200, {});
  }

  return {
    origin: peer.origin,
    host: peer.host,
    get issuer() {
      return issuer();
    },
    behaviour,
    seen,
    secrets,
    count: (path, grant) =>
      seen.filter((one) => {
        return one.path === path && (grant === undefined || one.form.get('grant_type') === grant);
      }).length,
    requests: (path) => seen.filter((one) => one.path === path),
    visit: async (url) => {
      const answer = await fetch(url, { redirect: 'manual' });
      return new URL(answer.headers.get('location') ?? '').searchParams;
    },
    check: (token) => {
      const family = access.get(token);
      return family === undefined || family.ended ? null : family;
    },
    expireAccess: () => access.clear(),
    expireAll: () => {
      access.clear();
      for (const family of families) family.ended = true;
    },
    [Symbol.asyncDispose]: () => peer.stop(),
  };
}

/** What a guarded tool server wants and says. */
export interface Guard {
  /** Where it answers. */
  path: string;
  /** The authorization server that its metadata names. */
  issuer: string;
  /** Scopes that a token must have, by JSON-RPC method; `*` for every other. */
  scopes: Readonly<Record<string, string>>;
  /** Names these in the 401. */
  asksFor: string | null;
  /** The `scopes_supported` of its metadata. */
  lists: readonly string[] | undefined;
  metadataPath: string;
  /** Whether the 401 says where the metadata is. */
  saysWhere: boolean;
  /** Members of its metadata that replace the usual ones. */
  metadata: Record<string, unknown>;
  /** The whole challenge, when it shall be another. */
  challenge: string | null;
  check(token: string): { readonly scope: string; readonly resource: string } | null;
}

/** A tool server behind a login. */
export interface ProtectedServer extends AsyncDisposable {
  readonly url: string;
  readonly origin: string;
  readonly host: string;
  readonly guard: Guard;
  readonly seen: readonly Seen[];
}

/**
 * Starts a tool server at `/mcp` that wants tokens of this authorization server for exactly its
 * own URL.
 * @param behind answers what passed; a JSON-RPC result `{}` when left out
 */
export async function protectedServer(
  from: AuthorizationServer,
  wishes: Partial<Guard> = {},
  behind: (request: IncomingMessage, response: ServerResponse, body: string) => unknown = empty,
): Promise<ProtectedServer> {
  const guard: Guard = {
    issuer: from.issuer,
    scopes: {},
    asksFor: null,
    lists: undefined,
    path: '/mcp',
    metadataPath: '/.well-known/oauth-protected-resource/mcp',
    saysWhere: true,
    metadata: {},
    challenge: null,
    check: (token) => from.check(token),
    ...wishes,
  };
  const seen: Seen[] = [];
  const peer = await httpPeer((request, response, body) => {
    const url = new URL(request.url ?? '/', peer.origin);
    const one = seenOf(request, url, body, '');
    seen.push(one);
    if (url.pathname === guard.metadataPath) return json(response, 200, metadata());
    if (url.pathname !== guard.path) return json(response, 404, {});
    const good = passed(one);
    if (good === null) return refuse(response, 401, challenge(guard.asksFor, null));
    const missing = missingFor(one, good.scope);
    if (missing === null) return behind(request, response, body);
    return refuse(response, 403, challenge(missing, 'insufficient_scope'));
  });
  const resource = (): unknown => guard.metadata['resource'] ?? `${peer.origin}/mcp`;

  function metadata(): object {
    const scopes = guard.lists === undefined ? {} : { scopes_supported: guard.lists };
    const servers = { authorization_servers: [guard.issuer] };
    return { resource: resource(), ...servers, ...scopes, ...guard.metadata };
  }

  function passed({ authorization }: Seen): { readonly scope: string } | null {
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
    const good = token === undefined ? null : guard.check(token);
    return good?.resource === resource() ? good : null;
  }

  function missingFor({ json: asked }: Seen, scope: string): string | null {
    const needed = guard.scopes[String(asked['method'])] ?? guard.scopes['*'] ?? '';
    const has = scope.split(' ');
    return needed.split(' ').every((one) => one === '' || has.includes(one)) ? null : needed;
  }

  function challenge(scope: string | null, error: string | null): string {
    if (guard.challenge !== null) return guard.challenge;
    const where = guard.saysWhere ? `${peer.origin}${guard.metadataPath}` : null;
    const parameters = { error, scope, resource_metadata: where };
    const words = Object.entries(parameters).flatMap(([name, value]) =>
      value === null ? [] : [`${name}="${value}"`],
    );
    return `Bearer ${words.join(', ')}`.trim();
  }

  return {
    url: `${peer.origin}/mcp`,
    origin: peer.origin,
    host: peer.host,
    guard,
    seen,
    [Symbol.asyncDispose]: () => peer.stop(),
  };
}

function empty(_request: IncomingMessage, response: ServerResponse): void {
  json(response, 200, { jsonrpc: '2.0', id: 1, result: {} });
}

function refuse(response: ServerResponse, status: number, challenge: string): void {
  response.writeHead(status, {
    'www-authenticate': challenge,
    'content-type': 'application/json',
  });
  response.end(JSON.stringify({ error: 'refused' }));
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function seenOf(request: IncomingMessage, url: URL, body: string, prefix: string): Seen {
  const isJson = (request.headers['content-type'] ?? '').includes('json');
  const path = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : url.pathname;
  return {
    method: request.method ?? '',
    path,
    query: url.searchParams,
    form: new URLSearchParams(isJson ? '' : body),
    json: isJson ? (JSON.parse(body) as Record<string, unknown>) : {},
    authorization: request.headers.authorization,
  };
}

function clientOf(form: URLSearchParams, authorization: string | undefined): string {
  const basic = /^Basic (.+)$/.exec(authorization ?? '')?.[1];
  if (basic === undefined) return form.get('client_id') ?? '';
  const [id = ''] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  return decodeURIComponent(id);
}
