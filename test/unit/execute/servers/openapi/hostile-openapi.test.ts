import { afterEach, describe, expect, test } from 'vitest';
import type { Connection, ServerTokens } from '../../../../../src/execute/ports.ts';
import { Fault } from '../../../../../src/fault/fault.ts';
import { connectTo, faultOf, NEVER, serverAt } from '../connect.ts';
import { serve, type TestServer } from '../../references/http-server.ts';
import { petShop, shopDocument, type PetShop } from './pet-shop.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function shopWith(more: object): Promise<PetShop> {
  const shop = await petShop(shopDocument(more));
  open.push(shop);
  return shop;
}

async function serving(body: string): Promise<TestServer> {
  const server = await serve((_request, response) => response.writeHead(200).end(body));
  open.push(server);
  return server;
}

const connect = (url: string, options: Parameters<typeof connectTo>[1] = {}) =>
  connectTo(serverAt(url, { type: 'openapi' }), options);
const faultAt = (url: string) => faultOf(connect(url));
const pathsWith = (operation: object) => ({ paths: { '/a': { get: operation } } });
const schemaOf = ({ tools }: Connection) => JSON.stringify(tools[0]?.inputSchema);

/** A document whose only operation takes this body. */
const taking = (schema: object, schemas: object = {}) => ({
  components: { schemas },
  paths: {
    '/a': {
      post: { requestBody: { required: true, content: { 'application/json': { schema } } } },
    },
  },
});

describe('a document', () => {
  test('with schemas that lead into themselves ends', async () => {
    const shop = await shopWith(
      taking(
        { $ref: '#/components/schemas/Node' },
        {
          Node: {
            type: 'object',
            properties: {
              next: { $ref: '#/components/schemas/Node' },
              all: { type: 'array', items: { $ref: '#/components/schemas/Other' } },
            },
          },
          Other: { anyOf: [{ $ref: '#/components/schemas/Node' }] },
        },
      ),
    );
    const schema = schemaOf(await connect(shop.origin));
    expect(schema).not.toContain('$ref');
    expect(schema.length).toBeLessThan(1000);
  });

  test('with a reference to itself is one that cannot be called', async () => {
    const shop = await shopWith(
      taking({ $ref: '#/components/schemas/A' }, { A: { $ref: '#/components/schemas/A' } }),
    );
    const { tools } = await connect(shop.origin);
    expect(tools[0]?.description).toContain('leads in a circle');
  });

  test('whose references multiply stays small', async () => {
    const names = Array.from({ length: 24 }, (_, index) => `S${index}`);
    const schemas = Object.fromEntries(
      names.map((name, index) => {
        const next = { $ref: `#/components/schemas/S${index + 1}` };
        const properties = { a: next, b: next, c: next };
        return [name, index === 23 ? { type: 'string' } : { type: 'object', properties }];
      }),
    );
    const shop = await shopWith(taking({ $ref: '#/components/schemas/S0' }, schemas));
    expect(schemaOf(await connect(shop.origin)).length).toBeLessThan(64 * 1024);
  });

  test('that has a little written out many times stays small and quick', async () => {
    const long = { type: 'string', enum: Array.from({ length: 100_000 }, (_, index) => index) };
    const wide = Object.fromEntries(
      Array.from({ length: 19_000 }, (_, index) => [`p${index}`, { type: 'string' }]),
    );
    const uses = Array.from({ length: 2000 }, () => ({ $ref: '#/components/schemas/Long' }));
    const body = (name: string) => ({
      required: true,
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
    });
    const paths = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [
        `/a${index}`,
        { post: { requestBody: body(index % 2 === 0 ? 'Uses' : 'Wide') } },
      ]),
    );
    const schemas = {
      Long: long,
      Uses: { anyOf: uses },
      Wide: { type: 'object', properties: wide },
    };
    const shop = await shopWith({ components: { schemas }, paths });
    const { tools } = await connect(shop.origin);
    expect(tools).toHaveLength(500);
    expect(JSON.stringify(tools).length).toBeLessThan(4 * 1024 * 1024);
    expect(tools[1]?.description).toContain('described at too great a length');
  });

  test('with an object of very many members is too much', async () => {
    const members = Object.fromEntries(
      Array.from({ length: 20_001 }, (_, index) => [`x${index}`, 1]),
    );
    const shop = await shopWith({ 'x-many': members });
    expect((await faultAt(shop.origin)).code).toBe('server_limit');
  });

  test('never has another document fetched for it', async () => {
    const other = await serving('{"type": "object"}');
    const elsewhere = `${other.origin}/schema.json#/A`;
    for (const more of [
      taking({ $ref: elsewhere }),
      pathsWith({ parameters: [{ $ref: elsewhere }] }),
      taking({ type: 'object', properties: { a: { $ref: './local.json' } } }),
    ]) {
      const shop = await shopWith(more);
      const { tools } = await connect(shop.origin);
      expect(tools[0]?.description).toContain('another document, which is not read');
    }
    expect(other.seen).toEqual([]);
  });

  test('of ten thousand operations is too much, unless the prompt names those to use', async () => {
    const paths = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [
        `/a${index}`,
        { get: { operationId: 'same' } },
      ]),
    );
    const shop = await shopWith({ paths });
    expect(await faultAt(shop.origin)).toMatchObject({ code: 'server_limit' });
    const server = serverAt(shop.origin, { type: 'openapi', allowed_tools: ['same_999*'] });
    const { tools } = await connectTo(server);
    expect(tools.map(({ name }) => name).slice(0, 2)).toEqual(['same_999', 'same_9990']);
  });

  test('that is huge, deep or no document is a fault', async () => {
    const cases = [
      [' '.repeat(4 * 1024 * 1024 + 1), 'server_limit'],
      [`{"openapi": "3.0.0", "paths": ${'{"a":'.repeat(200)}1${'}'.repeat(201)}`, 'server_limit'],
      [`{"openapi": "3.0.0", "x": ${'['.repeat(100_000)}`, 'server_garbage'],
      [`{"openapi": "3.0.0", "x": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'server_limit'],
      ['{"openapi": ', 'server_garbage'],
      ['<!doctype html><p>Docs</p>', 'server_error'],
      ['[1, 2]', 'server_error'],
      ['just words', 'server_error'],
    ] as const;
    for (const [body, code] of cases) {
      const { origin } = await serving(body);
      expect([(await faultAt(origin)).code, body.slice(0, 40)]).toEqual([code, body.slice(0, 40)]);
    }
  });

  test('with members named like those of every object changes nothing', async () => {
    const { origin } = await serving(
      '{"openapi": "3.0.0", "__proto__": {"polluted": 1}, "paths": {"/a": {"get": {"parameters": [{"name": "__proto__", "in": "query", "schema": {"__proto__": {"polluted": 1}}}, {"$ref": "#/constructor"}]}}}}',
    );
    await connect(origin);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('a YAML document', () => {
  const M = 1024 * 1024;
  const bomb = [
    'a: &a [x, x]',
    ...'bcdefghij'.split('').map((name, index) => {
      const before = 'abcdefghij'[index];
      return `${name}: &${name} [*${before}, *${before}, *${before}]`;
    }),
  ].join('\n');

  test.each([
    ['aliases', `openapi: 3.0.0\n${bomb}`],
    ['brackets', '['.repeat(M)],
    ['dashes', '- '.repeat(M / 2)],
    ['mistakes', ': : :\n'.repeat(M / 8)],
    ['documents', 'a: 1\n---\n'.repeat(M / 16)],
    ['tabs', '\ta:\n'.repeat(M / 8)],
    ['keys', '{'.concat('a,'.repeat(M / 3), '}')],
    ['more than 1 MB', `a: ${'x'.repeat(M)}`],
  ])('of %s is given up', async (_name, body) => {
    const { origin } = await serving(body);
    expect((await faultAt(`${origin}/openapi.yaml`)).code).toBe('server_garbage');
  });
});

describe('the servers of a document', () => {
  const at = (url: string, more: object = {}) => shopWith({ servers: [{ url, ...more }] });

  test.each([
    'https://other.example/v1',
    'http://127.0.0.1:1/v1',
    'http://localhost/v1',
    'http://169.254.169.254/latest',
    'file:///etc',
    '//other.example',
    'https://user:secret@other.example',
    'http://{host}/',
  ])('are not called at %s', async (url) => {
    const shop = await at(url, { variables: { host: { default: 'inside.example' } } });
    const fault = await faultAt(shop.origin);
    expect(fault).toMatchObject({ code: 'address_refused' });
    expect(shop.seen.map(({ line }) => line)).toEqual(['GET /openapi.json']);
  });

  test('of one operation do not lead it elsewhere', async () => {
    const shop = await shopWith({
      paths: {
        '/pets': { get: { operationId: 'a', servers: [{ url: 'https://evil.example' }] } },
        '//evil.example/x': { get: { operationId: 'b' } },
        '@evil.example/': { get: { operationId: 'c' } },
        '/../../x/../y': { get: { operationId: 'd' } },
        '/x#y': { get: { operationId: 'e' } },
      },
    });
    const connection = await connect(shop.origin);
    expect(connection.tools.map(({ name }) => name)).toEqual(['a', 'b', 'd', 'e']);
    for (const name of ['a', 'b', 'd', 'e']) {
      await connection.call(name, {}, { signal: NEVER });
    }
    expect(shop.seen.map(({ line }) => line)).toEqual([
      'GET /openapi.json',
      'GET /v1//evil.example/x',
      'GET /y',
    ]);
  });

  test('above or below the host, over https, are called without headers and logins', async () => {
    const asked: { url: string; headers: Headers }[] = [];
    const document = shopDocument({ servers: [{ url: 'https://api.shop.example/v1' }] });
    const connection = await connectTo(
      serverAt('https://shop.example/openapi.json', {
        type: 'openapi',
        headers: { 'X-Shop-Key': 'plain' },
      }),
      {
        fetch: async (url, init) => {
          asked.push({ url: String(url), headers: new Headers(init?.headers) });
          return Response.json(asked.length === 1 ? document : {});
        },
        tokens: { token: async () => 'token-of-a-login', refused: async () => null },
      },
    );
    await connection.call('getPet', { petId: '1' }, { signal: NEVER });
    expect(asked.map(({ url }) => url)).toEqual([
      'https://shop.example/openapi.json',
      'https://api.shop.example/v1/pets/1',
    ]);
    expect(asked[0]?.headers.get('authorization')).toBe('Bearer token-of-a-login');
    expect(asked[1]?.headers.get('authorization')).toBeNull();
    expect(asked[1]?.headers.get('x-shop-key')).toBeNull();
  });
});

describe('arguments', () => {
  test.each([
    '..',
    '.',
    '../1',
    '1/../../admin',
    '..%2fadmin',
    '%2e%2e',
    '%252e%252e%252fadmin',
    String.raw`..\admin`,
    '%25252525252e%2525252e',
  ])('cannot leave their segment of the path: %s', async (petId) => {
    const shop = await shopWith({});
    const connection = await connect(shop.origin);
    const outcome = await connection.call('getPet', { petId }, { signal: NEVER });
    expect(outcome).toMatchObject({ isError: true });
    expect(shop.sold).toEqual([]);
  });

  test.each([
    ['a/b', '/v1/pets/a%2Fb'],
    ['a%2fb', '/v1/pets/a%252fb'],
    ['1?admin=1#x', '/v1/pets/1%3Fadmin%3D1%23x'],
    ['a\r\nb', '/v1/pets/a%0D%0Ab'],
    ['...', '/v1/pets/...'],
    ['\uD800', '/v1/pets/%EF%BF%BD'],
  ])('are encoded: %j', async (petId, path) => {
    const shop = await shopWith({});
    const connection = await connect(shop.origin);
    await connection.call('getPet', { petId }, { signal: NEVER });
    expect(shop.sold.at(-1)?.line).toBe(`GET ${path}`);
  });

  test('that meet in one segment cannot leave it together', async () => {
    const shop = await shopWith({ paths: { '/pets/{a}{b}/x': { get: { operationId: 'two' } } } });
    const connection = await connect(shop.origin);
    const outcome = await connection.call('two', { a: 'x', b: '.' }, { signal: NEVER });
    expect(outcome.isError).toBe(true);
  });

  test('cannot add headers, nor change those of the prompt', async () => {
    const parameters = ['X-Ok', 'Authorization', 'Cookie', 'Host', 'X-Forwarded-For', 'x-key'].map(
      (name) => ({ name, in: 'header', schema: { type: 'string' } }),
    );
    const shop = await shopWith({ paths: { '/pets': { get: { operationId: 'a', parameters } } } });
    const server = serverAt(shop.origin, {
      type: 'openapi',
      headers: { 'X-Key': 'of-the-prompt' },
    });
    const connection = await connectTo(server);
    expect(Object.keys(connection.tools[0]?.inputSchema['properties'] ?? {})).toEqual(['X-Ok']);
    const bad = await connection.call('a', { 'X-Ok': 'a\r\nX-Key: other' }, { signal: NEVER });
    expect(bad).toMatchObject({ isError: true });
    expect(shop.sold).toEqual([]);
    await connection.call('a', { 'X-Ok': 'fine' }, { signal: NEVER });
    expect(shop.sold[0]?.headers).toMatchObject({ 'x-ok': 'fine', 'x-key': 'of-the-prompt' });
  });

  test('that nest without end are refused', async () => {
    const shop = await shopWith({});
    const connection = await connect(shop.origin);
    const deep = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`) as { a: string };
    const outcome = await connection.call('listPets', { filter: deep }, { signal: NEVER });
    expect(outcome.isError).toBe(true);
  });
});

describe('an answer', () => {
  async function answering(body: string, type = 'application/json'): Promise<Connection> {
    const document = JSON.stringify({ openapi: '3.0.0', ...pathsWith({ operationId: 'a' }) });
    const server = await serve((request, response) => {
      const isDocument = request.url === '/openapi.json';
      response.writeHead(200, { 'content-type': isDocument ? 'application/json' : type });
      response.end(isDocument ? document : body);
    });
    open.push(server);
    return connect(server.origin, { limits: { callMs: 5000 } });
  }

  test('of many bytes is cut off, and one of much text is cut', async () => {
    const huge = await answering('x'.repeat(4 * 1024 * 1024 + 1), 'text/plain');
    expect((await faultOf(huge.call('a', {}, { signal: NEVER }))).code).toBe('server_limit');
    const long = await answering('x'.repeat(300 * 1024), 'text/plain');
    expect(await long.call('a', {}, { signal: NEVER })).toMatchObject({ cut: true });
  });

  test('that nests deep stays text', async () => {
    const deep = await answering(`${'['.repeat(10_000)}${']'.repeat(10_000)}`);
    const outcome = await deep.call('a', {}, { signal: NEVER });
    expect(outcome.structured).toBeUndefined();
    expect(outcome.parts).toHaveLength(1);
  });

  test('that is no image although it says so is not passed on as one', async () => {
    const connection = await answering('<svg onload=alert(1)>', 'image/png');
    const outcome = await connection.call('a', {}, { signal: NEVER });
    expect(outcome.parts).toMatchObject([{ type: 'text' }]);
  });

  test('that does not come ends the call in time', async () => {
    const document = JSON.stringify({ openapi: '3.0.0', ...pathsWith({ operationId: 'a' }) });
    const server = await serve((request, response) => {
      if (request.url === '/openapi.json') response.end(document);
    });
    open.push(server);
    const connection = await connect(server.origin, { limits: { callMs: 50 } });
    const fault = await faultOf(connection.call('a', {}, { signal: NEVER }));
    expect(fault.code).toBe('server_timeout');
  });
});

describe('a login', () => {
  async function wanting(challenge: string): Promise<TestServer> {
    const document = JSON.stringify({ openapi: '3.0.0', ...pathsWith({ operationId: 'a' }) });
    const server = await serve((request, response) => {
      if (request.url === '/openapi.json') return response.end(document);
      const isIn = request.headers.authorization === 'Bearer second-token';
      response.writeHead(isIn ? 200 : 401, isIn ? {} : { 'www-authenticate': challenge });
      return response.end('{"ok": true}');
    });
    open.push(server);
    return server;
  }

  const tokens = (first: string | null, second: string | null): ServerTokens => ({
    token: async () => first,
    refused: async () => second,
  });
  const METADATA = 'Bearer resource_metadata="http://127.0.0.1/x"';

  test('is used, and made anew where the server says where', async () => {
    const server = await wanting(METADATA);
    const connection = await connect(server.origin, { tokens: tokens(null, 'second-token') });
    expect(await connection.call('a', {}, { signal: NEVER })).toMatchObject({ isError: false });
    expect(connection.usedLogin).toBe(true);
  });

  test('is asked of a person where the server says where', async () => {
    const server = await wanting(METADATA);
    const connection = await connect(server.origin, { tokens: tokens(null, null) });
    const fault = await faultOf(connection.call('a', {}, { signal: NEVER }));
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({ code: 'login_required', detail: { can_login: true } });
  });

  test('is not asked for by an API that takes keys', async () => {
    const server = await wanting('Basic realm="x"');
    const connection = await connect(server.origin, { tokens: tokens(null, null) });
    expect(await connection.call('a', {}, { signal: NEVER })).toMatchObject({ isError: true });
  });
});
