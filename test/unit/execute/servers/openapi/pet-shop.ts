import { Hono } from 'hono';
import { overHttp, serve, type TestServer } from '../../references/http-server.ts';

/** A request as the shop got it. */
export interface Sold {
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A real HTTP server with a document that describes it. */
export interface PetShop extends TestServer {
  readonly sold: Sold[];
}

const PET = { $ref: '#/components/schemas/Pet' };
const text = { schema: { type: 'string' } };

/** The document of the shop; parts can be put in its place. */
export function shopDocument(more: object = {}): object {
  return {
    openapi: '3.0.3',
    info: { title: 'Pet shop', version: '1', description: 'Sells pets.' },
    servers: [
      { url: 'https://shop.example/v1' },
      { url: '/{stage}', variables: { stage: { default: 'v1' } } },
    ],
    security: [{ key: [] }],
    components: {
      securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Shop-Key' } },
      parameters: {
        Limit: {
          name: 'limit',
          in: 'query',
          description: 'At most so many.',
          schema: { type: 'integer' },
        },
      },
      schemas: {
        Pet: {
          type: 'object',
          required: ['name', 'id'],
          properties: {
            id: { type: 'integer', readOnly: true },
            name: { type: 'string', example: 'Rex' },
            tag: { type: 'string', nullable: true },
            parent: PET,
          },
        },
      },
    },
    paths: {
      '/pets': {
        get: {
          operationId: 'listPets',
          summary: 'Lists pets.',
          parameters: [
            { $ref: '#/components/parameters/Limit' },
            { name: 'tags', in: 'query', schema: { type: 'array', items: { type: 'string' } } },
            { name: 'ids', in: 'query', explode: false, schema: { type: 'array' } },
            { name: 'filter', in: 'query', style: 'deepObject', schema: { type: 'object' } },
            { name: 'page[size]', in: 'query', schema: { type: 'integer' } },
            { name: 'X-Trace', in: 'header', ...text },
            { name: 'X-Shop-Key', in: 'header', required: true, ...text },
            { name: 'session', in: 'cookie', ...text },
            { name: 'Host', in: 'header', ...text },
          ],
        },
        post: {
          operationId: 'addPet',
          requestBody: { required: true, content: { 'application/json': { schema: PET } } },
        },
      },
      '/pets/{petId}': {
        parameters: [{ name: 'petId', in: 'path', required: true, schema: { type: 'string' } }],
        get: { operationId: 'getPet' },
        put: {
          operationId: 'setPet',
          requestBody: { content: { 'application/json': { schema: PET } } },
        },
        delete: {},
      },
      '/pets/{petId}/note': {
        post: {
          operationId: 'notePet',
          requestBody: {
            required: true,
            content: {
              'application/x-www-form-urlencoded': {
                schema: {
                  type: 'object',
                  properties: { by: { type: 'string' }, words: { type: 'array' } },
                },
              },
            },
          },
        },
        put: {
          operationId: 'writeNote',
          requestBody: { required: true, content: { 'text/plain': text } },
        },
      },
      '/pets/{petId}/photo': {
        get: { operationId: 'photo' },
        post: {
          operationId: 'upload',
          requestBody: { content: { 'multipart/form-data': { schema: { type: 'object' } } } },
        },
      },
    },
    ...more,
  };
}

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Serves the shop under `/v1`, its document at `/openapi.json`. */
export async function petShop(document: object = shopDocument()): Promise<PetShop> {
  const sold: Sold[] = [];
  const app = new Hono();
  app.get('/openapi.json', (c) => c.json(document));
  app.use('/v1/*', async (c, next) => {
    const { pathname, search } = new URL(c.req.url);
    const line = `${c.req.method} ${pathname}${search}`;
    sold.push({ line, headers: c.req.header(), body: await c.req.text() });
    await next();
  });
  app.get('/v1/pets', (c) => c.json({ pets: [{ id: 1, name: 'Rex' }] }));
  app.post('/v1/pets', async (c) => c.json(JSON.parse(sold.at(-1)?.body ?? ''), 201));
  app.get('/v1/pets/:id', (c) => {
    const id = c.req.param('id');
    if (id === '404') return c.json({ message: 'no such pet' }, 404);
    if (id === '401') return c.text('who are you?', 401);
    if (id === 'moved') return c.redirect('/v1/pets/1');
    if (id === 'away') return c.redirect('https://evil.example/');
    if (id === 'zip')
      return c.body('PK\u0003\u0004\u0000', 200, { 'content-type': 'application/zip' });
    if (id === 'echo') return c.json(c.req.header());
    return c.json({ id });
  });
  app.get('/v1/pets/:id/photo', (c) =>
    c.body(Buffer.from(PIXEL, 'base64'), 200, { 'content-type': 'image/png' }),
  );
  app.all('/v1/*', (c) => c.body(null, 204));
  const server = await serve(overHttp(async (request) => app.fetch(request)));
  return { ...server, sold };
}
