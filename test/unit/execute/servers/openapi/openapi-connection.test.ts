import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../../../../src/execute/ports.ts';
import type { JsonObject } from '../../../../../src/protocol/json.ts';
import { connectTo, faultOf, NEVER, serverAt } from '../connect.ts';
import { petShop, shopDocument, type PetShop } from './pet-shop.ts';

let shop: PetShop;
let connection: Connection;
const KEY = 'shop-key-canary-0123456789';

beforeAll(async () => {
  shop = await petShop();
  connection = await open();
});
afterAll(() => shop.close());

function open(url = shop.origin, more: object = {}): Promise<Connection> {
  const headers = { 'X-Shop-Key': '${env:SHOP}' };
  return connectTo(serverAt(url, { type: 'openapi', headers, ...more }), {
    secrets: (name) => (name === 'SHOP' ? KEY : null),
  });
}

const call = (tool: string, args: JsonObject = {}) =>
  connection.call(tool, args, { signal: NEVER });
const toolNamed = (name: string) => connection.tools.find((tool) => tool.name === name);
const lastSold = () => shop.sold.at(-1);

/** What went to the shop for a call. */
async function sentBy(tool: string, args: JsonObject) {
  const outcome = await call(tool, args);
  expect(outcome).toMatchObject({ isError: false });
  return lastSold();
}

describe('the tools', () => {
  test('are the operations in the order of the document, those without a name by their path', () => {
    expect(connection.tools.map(({ name }) => name)).toEqual([
      'listPets',
      'addPet',
      'getPet',
      'setPet',
      'delete_pets_petId',
      'notePet',
      'writeNote',
      'photo',
      'upload',
    ]);
    expect(connection).toMatchObject({ name: 'Pet shop', protocolVersion: 'OpenAPI 3.0.3' });
  });

  test('take parameters as arguments, but for cookies and for headers that are the prompt\u2019s', () => {
    expect(toolNamed('listPets')).toEqual({
      name: 'listPets',
      description: 'Lists pets.',
      readOnly: true,
      idempotent: true,
      inputSchema: {
        type: 'object',
        properties: {
          limit: { type: 'integer', description: 'At most so many.' },
          tags: { type: 'array', items: { type: 'string' } },
          ids: { type: 'array' },
          filter: { type: 'object' },
          page_size: { type: 'integer' },
          'X-Trace': { type: 'string' },
        },
        additionalProperties: false,
      },
    });
  });

  test('take the fields of a body as arguments, without what only answers have', () => {
    const { inputSchema } = toolNamed('addPet') ?? {};
    expect(inputSchema).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string' },
        tag: { type: ['string', 'null'] },
        parent: { type: 'object' },
      },
      required: ['name'],
      additionalProperties: false,
    });
  });

  test('take a body that may be missing as one argument', () => {
    expect(toolNamed('setPet')).toMatchObject({
      readOnly: false,
      idempotent: true,
      inputSchema: { properties: { body: { required: ['name'] } }, required: ['petId'] },
    });
    expect(toolNamed('addPet')).toMatchObject({ readOnly: false, idempotent: false });
  });

  test('say so when they cannot be called', async () => {
    expect(toolNamed('upload')?.description).toContain(
      'Cannot be called from here: a body of the type "multipart/form-data" is not supported.',
    );
    const before = shop.sold.length;
    expect(await call('upload', { petId: '1' })).toMatchObject({ isError: true });
    expect(shop.sold.length).toBe(before);
  });

  test('are those that the prompt allows', async () => {
    const some = await open(shop.origin, { allowed_tools: ['*Note', 'getPet'] });
    expect(some.tools.map(({ name }) => name)).toEqual(['getPet', 'writeNote']);
    const all = await open(shop.origin);
    const reading = await open(shop.origin, { allowed_tools: { read_only: true } });
    expect(reading.tools).toEqual(all.tools.filter(({ readOnly }) => readOnly === true));
    expect(reading.tools.length).toBeGreaterThan(0);
    expect(reading.tools.length).toBeLessThan(all.tools.length);
  });
});

describe('a call', () => {
  test('sends a query in the styles of the document', async () => {
    const sent = await sentBy('listPets', {
      limit: 3,
      tags: ['a b', 'c&d'],
      ids: [1, 2],
      filter: { age: { from: 2 }, kind: 'cat' },
      page_size: 5,
    });
    expect(sent?.line).toBe(
      'GET /v1/pets?limit=3&tags=a%20b&tags=c%26d&ids=1,2&filter%5Bage%5D%5Bfrom%5D=2&filter%5Bkind%5D=cat&page%5Bsize%5D=5',
    );
  });

  test('sends JSON, forms and text', async () => {
    const json = await sentBy('addPet', { name: 'Rex' });
    expect(json).toMatchObject({ line: 'POST /v1/pets', body: '{"name":"Rex"}' });
    const form = await sentBy('notePet', { petId: '7', by: 'me & you', words: ['a', 'b'] });
    expect(form).toMatchObject({
      body: 'by=me+%26+you&words=a&words=b',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const plain = await sentBy('writeNote', { petId: '7', body: 'Good dog.' });
    expect(plain).toMatchObject({ body: 'Good dog.', headers: { 'content-type': 'text/plain' } });
    expect(await sentBy('setPet', { petId: '7' })).toMatchObject({ body: '' });
  });

  test('sends header parameters, and the headers of the prompt', async () => {
    const sent = await sentBy('listPets', { 'X-Trace': 'abc' });
    expect(sent?.headers).toMatchObject({ 'x-trace': 'abc', 'x-shop-key': KEY });
  });

  test('gives JSON as text and as data', async () => {
    expect(await call('listPets')).toEqual({
      isError: false,
      parts: [{ type: 'text', text: '{"pets":[{"id":1,"name":"Rex"}]}' }],
      structured: { pets: [{ id: 1, name: 'Rex' }] },
    });
  });

  test('gives images as images, other binary data as a note, and says when there is nothing', async () => {
    const photo = await call('photo', { petId: '1' });
    expect(photo.parts).toMatchObject([{ type: 'image_url' }]);
    const zip = await call('getPet', { petId: 'zip' });
    expect(zip.parts).toEqual([{ type: 'text', text: '[application/zip, 5 bytes, not shown]' }]);
    const nothing = await call('delete_pets_petId', { petId: '1' });
    expect(nothing.parts).toEqual([{ type: 'text', text: 'HTTP status 204, without a body.' }]);
  });

  test('gives a refusal with its status as a result, and which credentials are wanted', async () => {
    expect(await call('getPet', { petId: '404' })).toEqual({
      isError: true,
      parts: [{ type: 'text', text: 'HTTP status 404.\n{"message":"no such pet"}' }],
      structured: { message: 'no such pet' },
    });
    const refused = await call('getPet', { petId: '401' });
    expect(refused).toMatchObject({ isError: true });
    expect(JSON.stringify(refused.parts)).toContain(
      String.raw`The operation wants an API key in the header \"X-Shop-Key\": give it under headers.`,
    );
  });

  test('follows a redirect inside of the origin only', async () => {
    expect(await call('getPet', { petId: 'moved' })).toMatchObject({ structured: { id: '1' } });
    const fault = await faultOf(call('getPet', { petId: 'away' }));
    expect(fault).toMatchObject({ code: 'server_error', detail: { status: 302 } });
  });

  test('does not show what was sent when the server repeats it', async () => {
    const outcome = await call('getPet', { petId: 'echo' });
    expect(JSON.stringify(outcome)).not.toContain(KEY);
    expect(JSON.stringify(outcome)).toContain('[secret]');
  });

  test.each([
    ['getPet', {}, 'The argument petId is missing.'],
    ['getPet', { petId: null }, 'The argument petId is missing.'],
    ['getPet', { petId: '1', id: 2 }, 'There is no argument "id"; they are petId.'],
    ['setPet', { petId: '' }, 'The argument petId cannot stand in a path.'],
  ])('says what is wrong with the arguments of %s %j', async (tool, args, message) => {
    const before = shop.sold.length;
    expect(await call(tool, args)).toEqual({
      isError: true,
      parts: [{ type: 'text', text: message }],
    });
    expect(shop.sold.length).toBe(before);
  });

  test('ends when it is aborted', async () => {
    const controller = new AbortController();
    const calling = connection.call('listPets', {}, { signal: controller.signal });
    controller.abort();
    expect((await faultOf(calling)).code).toBe('cancelled');
  });
});

describe('the document', () => {
  const serving = async (path: string, body: string, type: string) => {
    const other = await petShop();
    await other.close();
    const { serve } = await import('../../references/http-server.ts');
    return serve((request, response) => {
      const isThere = request.url === path;
      response.writeHead(isThere ? 200 : 404, { 'content-type': type });
      response.end(isThere ? body : 'nothing');
    });
  };

  const YAML = `openapi: 3.1.0
info: {title: Small}
paths:
  /a:
    get: {operationId: a, description: Reads a.}
`;

  test.each([
    ['/openapi.yaml', ''],
    ['/api/openapi.yaml', '/api/'],
    ['/v3/api-docs', '/v3/api-docs'],
    ['/any.yml', '/any.yml'],
  ])('is found at %s from %j', async (path, url) => {
    const server = await serving(path, YAML, 'application/yaml');
    const opened = await open(server.origin + url);
    expect(opened.tools).toMatchObject([{ name: 'a', description: 'Reads a.' }]);
    expect(opened.protocolVersion).toBe('OpenAPI 3.1.0');
    await server.close();
  });

  test('of another version is unsupported', async () => {
    for (const text of ['{"swagger": "2.0"}', '{"openapi": "4.0.0"}']) {
      const server = await serving('/openapi.json', text, 'application/json');
      expect((await faultOf(open(server.origin))).code).toBe('server_unsupported');
      await server.close();
    }
  });

  test('that is not there, or wants a login, is a fault', async () => {
    const server = await serving('/none', '', 'text/plain');
    expect(await faultOf(open(server.origin))).toMatchObject({ code: 'server_error' });
    expect(await faultOf(open(`${server.origin}/openapi.json`))).toMatchObject({
      code: 'server_error',
    });
    await server.close();
    const { serve } = await import('../../references/http-server.ts');
    const closed = await serve((_request, response) => response.writeHead(401).end());
    expect((await faultOf(open(closed.origin))).code).toBe('login_required');
    await closed.close();
  });

  test('gives the same tools each time', async () => {
    const again = await open();
    expect(again.tools).toEqual(connection.tools);
  });

  test('of an operator is tried where nothing speaks MCP', async () => {
    const opened = await open(shop.origin, { type: 'mcp', from: 'operator' });
    expect(opened.tools).toHaveLength(9);
    const fault = await faultOf(open(shop.origin, { type: 'mcp' }));
    expect(fault.code).toBe('server_not_mcp');
  });

  test('may be 3.1, with types in lists and true as a schema', async () => {
    const document = shopDocument({
      openapi: '3.1.0',
      paths: {
        '/a': {
          post: {
            operationId: 'a',
            requestBody: {
              content: {
                'application/json': {
                  schema: {
                    type: 'object',
                    properties: { x: { type: ['string', 'null'] }, y: true },
                  },
                },
              },
            },
          },
        },
      },
    });
    const other = await petShop(document);
    const opened = await open(other.origin);
    expect(opened.tools[0]?.inputSchema).toMatchObject({
      properties: { x: { type: ['string', 'null'] }, y: {} },
    });
    await other.close();
  });
});
