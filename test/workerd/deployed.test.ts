/** The Worker as it is deployed: no local owner, no loopback, keys instead. */
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/worker/env.ts';
import worker from '../../src/worker/index.ts';
import { frontmatterSchema } from '../../src/normalize/settings-schema.ts';

const bindings = env as unknown as Env;
const KEY = { authorization: 'Bearer alice-key-0123456789' };

interface Asked extends RequestInit {
  readonly with?: Partial<Record<string, string>>;
}

async function ask(path: string, { with: variables, ...init }: Asked = {}): Promise<Response> {
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  const request = new Request(`https://prompts.example${path}`, { redirect: 'manual', ...init });
  return await worker.fetch(
    request as Parameters<typeof worker.fetch>[0],
    { ...bindings, ...variables },
    context as unknown as ExecutionContext,
  );
}

const post = (headers: Record<string, string>, more: Asked = {}) =>
  ask('/', { method: 'POST', body: 'Say hello.', headers, ...more });
async function codeOf(response: Response): Promise<string> {
  const { error } = await response.json<{ error: { code: string } }>();
  return error.code;
}

describe('a deployed server', () => {
  it('runs prompts only for keys it knows', async () => {
    const without = await post({});
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await codeOf(without)).toBe('unauthorized');
    expect((await post({ authorization: 'Bearer alice-key-012345678X' })).status).toBe(401);
    expect((await post(KEY)).status).toBe(201);
  });

  it('says so before it reads the body', async () => {
    const body = new ReadableStream({ pull: () => new Promise(() => {}) });
    expect((await ask('/', { method: 'POST', body })).status).toBe(401);
  });

  it('runs for anybody when its operator says so', async () => {
    expect((await post({}, { with: { PUBLIC_RUNS: '1' } })).status).toBe(201);
  });

  it('names its URLs by PUBLIC_URL', async () => {
    const response = await post(KEY, { with: { PUBLIC_URL: 'https://other.example' } });
    const { url } = (await response.json()) as { url: string };
    expect(url).toMatch(/^https:\/\/other\.example\/\w{32}$/);
  });

  it.each(['ID_KEY', 'VAULT_KEY', 'API_KEYS', 'PUBLIC_URL', 'OPENAI_BASE_URL', 'EGRESS_ALLOW'])(
    'answers 503 misconfigured to everything while %s is wrong, without repeating it',
    async (name) => {
      for (const path of ['/', '/robots.txt', '/nothing']) {
        const response = await ask(path, { with: { [name]: 'canary' } });
        expect(response.status).toBe(503);
        const text = await response.text();
        expect(text).toContain('misconfigured');
        expect(text).toContain(name);
        if (name !== 'EGRESS_ALLOW') expect(text).not.toContain('canary');
      }
    },
  );

  it('lets scripts of other sites run prompts only with a key in the request', async () => {
    const foreign = { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' };
    const allowed = await post({ ...foreign, ...KEY });
    expect(allowed.status).toBe(201);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('*');
    expect(allowed.headers.get('access-control-expose-headers')).toBeNull();
    const refused = await post(foreign, { with: { PUBLIC_RUNS: '1' } });
    expect(refused.status).toBe(403);
    const preflight = await ask('/', { method: 'OPTIONS', headers: foreign });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
  });

  it('lets scripts of other sites use the doors of OpenAI\u2019s API with a key', async () => {
    const foreign = { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' };
    const chat = '/v1/chat/completions';
    const hosted = '/api.openai.com/v1/chat/completions';
    for (const path of [chat, '/v1/models', hosted, `/${'a'.repeat(32)}/chat/completions`]) {
      const headers = { ...foreign, 'access-control-request-headers': 'x-stainless-os' };
      const preflight = await ask(path, { method: 'OPTIONS', headers });
      expect([path, preflight.status]).toEqual([path, 204]);
      expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
      expect(preflight.headers.get('access-control-allow-headers')).toBe('Authorization, *');
      expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
    }
    const body = JSON.stringify({
      model: 'demo',
      messages: [{ role: 'user', content: 'Hi.' }],
      store: true,
    });
    const allowed = await ask(chat, { method: 'POST', body, headers: { ...foreign, ...KEY } });
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('*');
    expect(allowed.headers.get('access-control-expose-headers')).not.toContain('Token');
    expect(allowed.headers.get('x-run-url')).toMatch(/^https:\/\/prompts\.example\/\w{32}$/);
    for (const [path, method] of [
      [chat, 'POST'],
      [hosted, 'POST'],
      ['/v1/models', 'GET'],
    ] as const) {
      const init = method === 'GET' ? {} : { body };
      const refused = await ask(path, {
        method,
        ...init,
        headers: { ...foreign, 'x-api-key': 'sk-1' },
        with: { PUBLIC_RUNS: '1' },
      });
      expect([path, refused.status]).toEqual([path, 403]);
    }
  });

  it('lets programs that are pages of other sites use /mcp, and tells them where to get a token', async () => {
    const foreign = { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' };
    for (const path of ['/mcp', `/mcp/${'a'.repeat(32)}`]) {
      const headers = { ...foreign, 'access-control-request-headers': 'mcp-method, mcp-name' };
      const preflight = await ask(path, { method: 'OPTIONS', headers });
      expect([path, preflight.status]).toEqual([path, 204]);
      expect(Object.fromEntries(preflight.headers)).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'POST, DELETE',
        'access-control-allow-headers': 'Authorization, *',
      });
      expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
    }
    const clientInfo = { name: 'page', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    const headers = {
      ...foreign,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const post = (more: Record<string, string>) =>
      ask('/mcp', { method: 'POST', body, headers: { ...headers, ...more } });
    const refused = await post({});
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('resource_metadata=');
    const exposed = 'Mcp-Session-Id, WWW-Authenticate';
    const begun = await post(KEY);
    expect([begun.status, begun.headers.has('mcp-session-id')]).toEqual([200, true]);
    for (const answer of [refused, begun]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-expose-headers')).toBe(exposed);
    }
    // A session that somebody signed in to is nothing here: a page cannot call in its name.
    const signedIn = await ask('/sign-in', {
      method: 'POST',
      body: new URLSearchParams({ key: KEY.authorization.slice('Bearer '.length) }),
    });
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect(cookie).not.toBe('');
    expect((await post({ cookie })).status).toBe(401);
  });

  it('lists its models for callers that it knows', async () => {
    expect((await ask('/v1/models')).status).toBe(401);
    const listed = await ask('/v1/models', { headers: KEY });
    expect(await listed.text()).toContain('"demo/demo"');
  });

  it('keeps no run for somebody who is known by nothing but a provider\u2019s key', async () => {
    const body = JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi.' }],
      tools: [{ type: 'mcp', server_url: '/demo/mcp' }],
      store: true,
    });
    const headers = { authorization: 'Bearer sk-made-up' };
    const answer = await ask('/api.openai.com/v1/chat/completions', {
      method: 'POST',
      body,
      headers,
    });
    expect(answer.status).toBe(401);
    expect(await codeOf(answer)).toBe('unauthorized');
    expect(answer.headers.get('x-run-url')).toBeNull();
  });

  it('allows no preflight for what owners do', async () => {
    const { id } = (await (await post(KEY)).json()) as { id: string };
    const preflight = await ask(`/${id}`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('marks the cookie of a form Secure', async () => {
    const headers = {
      ...KEY,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'text/html',
    };
    const response = await ask('/', { method: 'POST', body: 'prompt=Hi', headers });
    expect(response.status).toBe(303);
    expect(response.headers.get('set-cookie')).toMatch(/; Secure$/);
  });

  it('takes every method that its OpenAPI document names, and no other', async () => {
    const { paths } = await (
      await ask('/openapi.json')
    ).json<{ paths: Record<string, Record<string, unknown>> }>();
    for (const [path, operations] of Object.entries(paths)) {
      // What a provider takes is the provider's business.
      if (path === '/demo/mcp' || path.startsWith('/{provider-host}')) continue;
      const address = path.replace('{id}', 'a'.repeat(32)).replace(/\{\w+\}/, 'one');
      const response = await ask(address, { method: 'OPTIONS' });
      const named = Object.keys(operations).filter((name) => name !== 'parameters');
      const allowed = (response.headers.get('allow') ?? '').toLowerCase().split(', ');
      expect([path, ...named.toSorted()]).toEqual([
        path,
        ...allowed.filter((method) => method !== 'head').toSorted(),
      ]);
    }
  });

  it('serves the settings as a JSON Schema that scripts and editors may read', async () => {
    const response = await ask('/frontmatter.schema.json', {
      headers: { origin: 'https://editor.example' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toEqual(frontmatterSchema());
  });

  it('serves its own tools to everybody', async () => {
    const response = await ask('/demo/mcp', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: '2025-06-18',
          capabilities: {},
          clientInfo: { name: 'test', version: '1' },
        },
      }),
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"serverInfo"');
  });
});
