/** Tokens of programs, inside workerd with real objects, their SQLite and their alarms. */
import {
  env,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/worker/env.ts';
import worker from '../../src/worker/index.ts';
import { accessOf, challenge } from '../../src/worker/oauth-server/access.ts';
import { grantorId, isGrantorId } from '../../src/worker/oauth-server/grantor.ts';
import { KeptRows } from '../../src/worker/oauth-server/kept-rows.ts';
import { programsClient } from '../../src/worker/oauth-server/oauth-client.ts';
import { readSettings } from '../../src/worker/settings.ts';

const bindings = env as unknown as Env;
const SITE = 'https://prompts.example';
const CALLBACK = 'https://notes.example/callback';
const ALICE = 'alice:alice-key-0123456789';

function settingsWith(variables: Record<string, string> = {}) {
  const { settings } = readSettings({
    ID_KEY: 'an-id-key-of-tests-that-is-long-enough',
    VAULT_KEY: 'a-vault-key-of-tests-that-is-long-enough',
    API_KEYS: `${ALICE},bob:bob-key-0123456789`,
    PUBLIC_URL: SITE,
    ...variables,
  });
  if (settings === null) throw new Error('misconfigured');
  return settings;
}
const SETTINGS = settingsWith();

async function ask(
  path: string,
  init: RequestInit = {},
  variables: Record<string, string> = {},
): Promise<Response> {
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  const request = new Request(SITE + path, { redirect: 'manual', ...init });
  return await worker.fetch(
    request as Parameters<typeof worker.fetch>[0],
    { ...bindings, ...variables },
    context as unknown as ExecutionContext,
  );
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const send = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  ask(path, {
    method: 'POST',
    headers: { ...FORM, ...headers },
    body: new URLSearchParams(fields),
  });

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

let client = '';
beforeAll(async () => {
  client = await newClient();
});

async function newClient(): Promise<string> {
  const response = await ask('/oauth/register', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Notes',
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
    }),
  });
  return (await response.json<{ client_id: string }>()).client_id;
}

/** What the owner of a key lets the program have. */
async function tokens(name = 'alice', id = client, from = ''): Promise<Tokens> {
  const verifier = 'v'.repeat(43);
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const challenged = btoa(String.fromCharCode(...new Uint8Array(hash)));
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: id,
    redirect_uri: CALLBACK,
    code_challenge: challenged.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
    code_challenge_method: 'S256',
    resource: `${SITE}/mcp/${'a'.repeat(32)}`,
  });
  const authorization = `Bearer ${name}-key-0123456789`;
  const page = await ask(`/oauth/authorize?${query.toString()}`, { headers: { authorization } });
  const cookie = (page.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const proof = /name="proof" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
  const fields = { query: query.toString(), proof, decision: 'allow' };
  const decided = await send('/oauth/authorize', fields, { authorization, cookie });
  const code = new URL(decided.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const grant = { grant_type: 'authorization_code', redirect_uri: CALLBACK };
  const exchanged = { ...grant, client_id: id, code, code_verifier: verifier };
  return (await send('/oauth/token', exchanged, { 'cf-connecting-ip': from })).json();
}

const called = (token: string, url = `${SITE}/mcp`) =>
  new Request(url, { headers: { authorization: `Bearer ${token}` } });
const objectOf = async (principal: string) =>
  bindings.OAUTH.getByName(`of:${await grantorId(principal, SETTINGS)}`);

/** Works on what the object of somebody keeps. */
async function inside<Value>(principal: string, work: (storage: DurableObjectStorage) => Value) {
  return runInDurableObject(await objectOf(principal), (_object, { storage }) => work(storage));
}

describe('an access token', () => {
  it('says who let the program in, which it is, and what it may, for all of /mcp', async () => {
    const { access_token } = await tokens();
    const access = {
      principal: 'key:alice',
      person: 'alice',
      clientId: client,
      scopes: ['runs', 'offline_access'],
    };
    expect(await accessOf(called(access_token), bindings, SETTINGS)).toEqual(access);
    const part = called(access_token, `${SITE}/mcp/${'b'.repeat(32)}`);
    expect(await accessOf(part, bindings, SETTINGS)).toEqual(access);
  });

  it('is nothing once its hour is over', async () => {
    const { access_token } = await tokens();
    await inside('key:alice', ({ sql }) =>
      sql.exec(`UPDATE kept SET expires_at = ? WHERE key LIKE 'token:%'`, Date.now() - 1),
    );
    expect(await accessOf(called(access_token), bindings, SETTINGS)).toBeNull();
  });

  it('lives an hour, and its grant thirty days', async () => {
    await tokens();
    const ends = await inside('key:alice', ({ sql }) =>
      sql.exec<{ key: string; expires_at: number }>('SELECT key, expires_at FROM kept').toArray(),
    );
    const longest = (kind: string) => {
      const times = ends.filter(({ key }) => key.startsWith(kind));
      return Math.max(...times.map(({ expires_at }) => expires_at - Date.now())) / 1000;
    };
    expect(longest('token:')).toBeCloseTo(3600, -2);
    expect(longest('grant:')).toBeCloseTo(30 * 86_400, -2);
  });

  it.each([
    ['another origin', { PUBLIC_URL: 'https://other.example' }],
    ['a key that was replaced', { API_KEYS: 'alice:another-key-0123456789' }],
    ['a key that is gone', { API_KEYS: 'bob:bob-key-0123456789' }],
    ['a server with another ID_KEY', { ID_KEY: 'x'.repeat(40) }],
  ])('is nothing for %s', async (_what, variables) => {
    const { access_token } = await tokens();
    expect(await accessOf(called(access_token), bindings, settingsWith(variables))).toBeNull();
  });

  it('is nothing in the address, and as anything but a whole bearer token', async () => {
    const { access_token, refresh_token } = await tokens();
    const given = [
      called(access_token, `${SITE}/mcp?access_token=${access_token}`),
      new Request(`${SITE}/mcp?access_token=${access_token}`),
      called(refresh_token),
      called(access_token.slice(0, -1)),
      called(`${access_token}x`),
      new Request(`${SITE}/mcp`, { headers: { authorization: `Basic ${access_token}` } }),
      new Request(`${SITE}/mcp`),
    ];
    for (const request of given) expect(await accessOf(request, bindings, SETTINGS)).toBeNull();
  });

  it('that somebody made up names no object', async () => {
    const before = await listDurableObjectIds(bindings.OAUTH);
    const made = `${'a'.repeat(32)}:${'b'.repeat(16)}:${'c'.repeat(32)}`;
    expect(await accessOf(called(made), bindings, SETTINGS)).toBeNull();
    for (const [path, fields] of [
      ['/oauth/token', { grant_type: 'authorization_code', code: made }],
      ['/oauth/token', { grant_type: 'refresh_token', refresh_token: made }],
      ['/oauth/revoke', { token: made }],
    ] as const) {
      await send(path, { client_id: client, ...fields });
    }
    expect(await listDurableObjectIds(bindings.OAUTH)).toHaveLength(before.length);
  });
});

describe('a program that was let in', () => {
  let addresses = 0;
  const newAddress = () => `198.51.100.${(addresses += 1)}`;

  it(
    'uses up no requests for tokens but its own: others of the same person come from elsewhere',
    {
      timeout: 120_000,
    },
    async () => {
      const [own, another] = [newAddress(), newAddress()];
      const { refresh_token } = await tokens('bob', client, own);
      const [grantor = ''] = refresh_token.split(':');
      const guess = (from: string) =>
        send(
          '/oauth/token',
          { grant_type: 'refresh_token', client_id: client, refresh_token: `${grantor}:a:b` },
          { 'cf-connecting-ip': from },
        );
      await vi.waitFor(
        async () => {
          const answers = await Promise.all(Array.from({ length: 50 }, () => guess(own)));
          expect(answers.map(({ status }) => status)).toContain(429);
        },
        { timeout: 60_000, interval: 0 },
      );
      expect((await guess(another)).status).toBe(400);
      expect((await tokens('bob', client, another)).access_token).toBeDefined();
    },
  );
});

describe('the MCP endpoint', () => {
  const id = 'a'.repeat(32);
  const clientInfo = { name: 'notes', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params };
  const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' };
  const post = (
    headers: Record<string, string>,
    path = '/mcp',
    message: object = initialize,
    variables: Record<string, string> = {},
  ) =>
    ask(
      path,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
        body: JSON.stringify(message),
      },
      variables,
    );
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('refuses whoever brings no token that holds, and says where to get one', async () => {
    const { access_token, refresh_token } = await tokens();
    const made = `${'a'.repeat(32)}:${'b'.repeat(16)}:${'c'.repeat(32)}`;
    const metadata = `${SITE}/.well-known/oauth-protected-resource/mcp`;
    for (const [path, headers, error] of [
      ['/mcp', {}, false],
      [`/mcp?access_token=${access_token}`, {}, false],
      [`/mcp?access_token=${access_token}`, bearer(access_token), true],
      ['/mcp', bearer(refresh_token), true],
      ['/mcp', bearer(made), true],
      ['/mcp', bearer(`${access_token}x`), true],
      ['/mcp', { authorization: `Basic ${access_token}` }, true],
      [`/mcp/${id}`, bearer(made), true],
    ] as const) {
      const { status, headers: answered } = await post(headers, path);
      const challenged = answered.get('www-authenticate') ?? '';
      expect([path, status, challenged.includes('error="invalid_token"')]).toEqual([
        path,
        401,
        error,
      ]);
      const part = path.startsWith('/mcp/') ? path.slice('/mcp'.length) : '';
      expect(challenged).toContain(`resource_metadata="${metadata}${part}"`);
    }
    expect((await post(bearer(access_token))).status).toBe(200);
  });

  it('refuses a token of the same server under another name', async () => {
    const { access_token } = await tokens();
    const { status } = await post(bearer(access_token), '/mcp', initialize, {
      PUBLIC_URL: 'https://other.example',
    });
    expect(status).toBe(401);
  });

  it('refuses a token whose hour is over, also in a session that it began', async () => {
    const { access_token } = await tokens();
    const begun = await post(bearer(access_token));
    await begun.text();
    const session = { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' };
    const headers = { ...bearer(access_token), ...session };
    const held = await post(headers, '/mcp', list);
    expect([held.status, await held.text()]).toEqual([
      200,
      expect.stringContaining('chat_completion'),
    ]);
    await inside('key:alice', ({ sql }) =>
      sql.exec(`UPDATE kept SET expires_at = ? WHERE key LIKE 'token:%'`, Date.now() - 1),
    );
    for (const given of [bearer(access_token), headers]) {
      const refused = await post(given, '/mcp', list);
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
    // What gets a new token goes on in the same session.
    const again = await post(
      { ...bearer((await tokens()).access_token), ...session },
      '/mcp',
      list,
    );
    expect(again.status).toBe(200);
    await again.text();
  });

  it('is forbidden to a token without the scope, in the words of the protocol', async () => {
    const { access_token } = await tokens();
    const call = {
      jsonrpc: '2.0',
      id: 3,
      method: 'tools/call',
      params: { name: 'list_connections', arguments: {} },
    };
    const begun = await post(bearer(access_token));
    await begun.text();
    const session = { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' };
    for (const more of [{}, session]) {
      const headers = { ...bearer(access_token), ...more };
      const { status, headers: answered } = await post(headers, '/mcp', call);
      expect(status).toBe(403);
      const challenged = answered.get('www-authenticate') ?? '';
      expect(challenged).toContain('error="insufficient_scope"');
      expect(challenged).toContain('scope="connections');
      expect(challenged).toContain('resource_metadata="');
    }
  });
});

describe('the name of a grantor', () => {
  it('says nothing of the principal, and is known again', async () => {
    const id = await grantorId('key:alice', SETTINGS);
    expect(id).not.toContain('alice');
    expect(await isGrantorId(id, SETTINGS)).toBe(true);
    expect(await isGrantorId(`${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`, SETTINGS)).toBe(
      false,
    );
  });
});

describe('the refusal', () => {
  it('names the document of what was asked for, and what is wrong', () => {
    const at = (path: string) => challenge(new Request(SITE + path), SETTINGS, 'invalid_token');
    const root = `${SITE}/.well-known/oauth-protected-resource`;
    expect(at('/mcp')).toBe(
      `Bearer error="invalid_token", resource_metadata="${root}/mcp", scope="runs connections"`,
    );
    expect(at(`/mcp/${'a'.repeat(32)}`)).toContain(`"${root}/mcp/${'a'.repeat(32)}"`);
    expect(at('/mcp/"x')).toContain(`"${root}/mcp"`);
  });
});

describe('a registration', () => {
  const days = async (id: string, kind = 'registered') => {
    const programs = bindings.OAUTH.getByName('programs');
    const ends = await runInDurableObject(programs, (_object, { storage }) =>
      storage.sql
        .exec<{ expires_at: number }>('SELECT expires_at FROM kept WHERE key = ?', `${kind}:${id}`)
        .one(),
    );
    return (ends.expires_at - Date.now()) / 86_400_000;
  };

  it('lasts a week, and much longer once somebody let the program in', async () => {
    const id = await newClient();
    expect(await days(id)).toBeCloseTo(7, 1);
    await tokens('alice', id);
    expect(await days(id, 'used')).toBeCloseTo(90, 1);
  });

  it('that somebody used takes no room from those that wait', async () => {
    const id = await newClient();
    await tokens('alice', id);
    expect(await days(id)).toBeCloseTo(7, 1);
    const programs = programsClient(bindings);
    await programs.keep('registered:later', '{}', 8 * 86_400, 1);
    await expect(programs.find(`registered:${id}`)).resolves.toBeNull();
    expect((await tokens('alice', id)).access_token).toBeDefined();
    expect(await days(id, 'used')).toBeCloseTo(90, 1);
  });

  it('that is over leaves what was allowed, and the way to ask who allowed it again', async () => {
    const id = await newClient();
    const { refresh_token } = await tokens('alice', id);
    const programs = bindings.OAUTH.getByName('programs');
    await runInDurableObject(programs, (_object, { storage }) =>
      storage.sql.exec('DELETE FROM kept WHERE key LIKE ?', `%:${id}`),
    );
    const fields = { grant_type: 'refresh_token', client_id: id, refresh_token };
    expect((await send('/oauth/token', fields)).status).toBe(200);
    expect((await tokens('alice', id)).access_token).toBeDefined();
  });
});

describe('an object of the authorization server', () => {
  it('removes itself when nothing of it is left', async () => {
    await tokens('bob');
    await inside('key:bob', ({ sql }) =>
      sql.exec('UPDATE kept SET expires_at = ? WHERE expires_at IS NOT NULL', Date.now() - 1),
    );
    expect(await runDurableObjectAlarm(await objectOf('key:bob'))).toBe(true);
    await inside('key:bob', async (storage) => {
      expect(
        storage.sql.exec(`SELECT name FROM sqlite_master WHERE name = 'kept'`).toArray(),
      ).toEqual([]);
      expect(await storage.getAlarm()).toBeNull();
    });
    expect((await tokens('bob')).access_token).toBeDefined();
  });

  it('forgets what a program said of itself with the last thing it may', async () => {
    const other = await newClient();
    await tokens('bob', other);
    await tokens('bob');
    await inside('key:bob', ({ sql }) =>
      sql.exec(
        `UPDATE kept SET expires_at = ? WHERE json_extract(metadata, '$.clientId') = ?`,
        Date.now() - 1,
        other,
      ),
    );
    await runDurableObjectAlarm(await objectOf('key:bob'));
    const left = await inside('key:bob', ({ sql }) =>
      sql.exec<{ key: string }>(`SELECT key FROM kept WHERE key LIKE 'client:%'`).toArray(),
    );
    expect(left).toEqual([{ key: `client:${client}` }]);
  });

  it('keeps so many registrations, the last ones', async () => {
    const programs = programsClient(bindings);
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      await programs.keep(`some:${name}`, name, 60 + index, 2);
    }
    const found = await Promise.all(['a', 'b', 'c'].map((name) => programs.find(`some:${name}`)));
    expect(found).toEqual([null, 'b', 'c']);
  });

  it('lists its rows page by page, without those that are over', async () => {
    await inside('key:pages', async (storage) => {
      const rows = new KeptRows(storage);
      for (const name of ['a:1', 'a:2', 'a:3', 'b:1'])
        await rows.put(name, '"x"', { metadata: name });
      await rows.put('a:4', '"x"', { expiration: 1 });
      const first = rows.list({ prefix: 'a:', limit: 2 });
      expect(first).toMatchObject({ list_complete: false, cursor: 'a:2' });
      const rest = rows.list({ prefix: 'a:', limit: 2, cursor: 'a:2' });
      expect(rest).toEqual({ keys: [{ name: 'a:3', metadata: 'a:3' }], list_complete: true });
      expect([rows.get('a:4'), rows.get('a:1', { type: 'json' })]).toEqual([null, 'x']);
    });
  });
});
