import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../../../../src/execute/ports.ts';
import type { JsonObject } from '../../../../../src/protocol/json.ts';
import { connectTo, NEVER, serverAt } from '../connect.ts';
import { petShop, type PetShop } from './pet-shop.ts';

/** An operation as Stripe describes its own: forms with brackets in bodies and queries. */
const DOCUMENT = {
  openapi: '3.0.0',
  info: { title: 'Till', version: '1' },
  servers: [{ url: '/v1' }],
  paths: {
    '/customers': {
      get: {
        operationId: 'GetCustomers',
        parameters: [
          { name: 'expand', in: 'query', style: 'deepObject', schema: { type: 'array' } },
          { name: 'created', in: 'query', style: 'deepObject', schema: {} },
        ],
      },
      post: {
        operationId: 'PostCustomers',
        requestBody: {
          content: {
            'application/x-www-form-urlencoded': {
              encoding: {
                address: { style: 'deepObject', explode: true },
                expand: { style: 'deepObject', explode: true },
                items: { style: 'deepObject', explode: true },
              },
              schema: {
                type: 'object',
                properties: {
                  address: { type: 'object' },
                  email: { type: 'string' },
                  expand: { type: 'array' },
                  items: { type: 'array' },
                  plain: { type: 'object' },
                },
              },
            },
          },
        },
      },
    },
  },
};

let till: PetShop;
let connection: Connection;

beforeAll(async () => {
  till = await petShop(DOCUMENT);
  connection = await connectTo(serverAt(till.origin, { type: 'openapi' }));
});
afterAll(() => till.close());

async function sentBy(tool: string, args: JsonObject) {
  await connection.call(tool, args, { signal: NEVER });
  const { line = '', body = '' } = till.sold.at(-1) ?? {};
  return { query: decodeURIComponent(line.split('?')[1] ?? ''), form: decodeURIComponent(body) };
}

describe('a form whose encoding is deepObject', () => {
  test('has objects and lists in brackets, and lists of objects numbered', async () => {
    const { form } = await sentBy('PostCustomers', {
      address: { city: 'Bonn', geo: { lat: 1 } },
      expand: ['a', 'b'],
      items: [{ price: 'p1', tags: ['x'] }, { price: 'p2' }],
    });
    expect(form.split('&')).toEqual([
      'address[city]=Bonn',
      'address[geo][lat]=1',
      'expand[]=a',
      'expand[]=b',
      'items[0][price]=p1',
      'items[0][tags][]=x',
      'items[1][price]=p2',
    ]);
  });

  test('leaves what it says nothing of as JSON, and null out', async () => {
    const { form } = await sentBy('PostCustomers', { email: null, plain: { a: 1 } });
    expect(form).toBe('plain={"a":1}');
  });

  test('holds for a list in a query too', async () => {
    const { query } = await sentBy('GetCustomers', { expand: ['a', 'b'], created: { gt: 1 } });
    expect(query).toBe('expand[]=a&expand[]=b&created[gt]=1');
    expect((await sentBy('GetCustomers', { created: 5 })).query).toBe('created=5');
  });
});
