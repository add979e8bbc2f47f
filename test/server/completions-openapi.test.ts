/** Operations of an OpenAPI service as tools, through every door of the started product. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { calls, chatServer, says, type ChatServer } from '../support/chat-server.ts';
import { startProduct, type Product } from '../support/product.ts';
import { petShop, shopDocument, type PetShop } from '../unit/execute/servers/openapi/pet-shop.ts';

const KEY = 'shop-key-canary-0123456789';

let shop: PetShop;
let operators: PetShop;
let provider: ChatServer;
let product: Product;

beforeAll(async () => {
  shop = await petShop();
  const limit = { name: 'limit', in: 'query', schema: { type: 'integer' } };
  operators = await petShop(
    shopDocument({ paths: { '/pets': { get: { operationId: 'listPets', parameters: [limit] } } } }),
  );
  provider = await chatServer((response, request) =>
    (request.body.messages.at(-1)?.role === 'tool'
      ? says('Rex is ', 'there.')
      : calls('listPets', { limit: 2 }))(response, request),
  );
  product = await startProduct({
    EGRESS_ALLOW: new URL(shop.origin).host,
    OPENAI_BASE_URL: provider.baseUrl,
    DEFAULT_MODEL: 'scripted',
    SECRET_SHOP: KEY,
    MCP_SERVER_ENDPOINTS: `openapi:${operators.origin}/openapi.json?key=operator-canary`,
  });
});
afterAll(async () => {
  await product.stop();
  await Promise.all([shop.close(), operators.close(), provider[Symbol.asyncDispose]()]);
});

describe('an OpenAPI service', () => {
  it('is called by the model of a chat completion, with the key of the caller', async () => {
    const answer = await ask(`${product.origin}/v1/chat/completions`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'openai/scripted',
        messages: [{ role: 'user', content: 'Which pets are there?' }],
        tools: [
          {
            type: 'openapi',
            server_label: 'shop',
            server_url: shop.origin,
            headers: { 'X-Shop-Key': 'key-of-the-caller-9876543210' },
            allowed_tools: ['listPets'],
          },
        ],
        view: 'text',
      }),
    });
    expect(answer.status).toBe(200);
    const { choices } = JSON.parse(answer.text) as { choices: { message: { content: string } }[] };
    expect(choices).toMatchObject([
      {
        finish_reason: 'stop',
        message: {
          content: 'Rex is there.',
          mcp: expect.arrayContaining([
            expect.objectContaining({ type: 'mcp_call', name: 'listPets' }),
          ]) as unknown,
        },
      },
    ]);
    expect(shop.sold.at(-1)).toMatchObject({
      line: 'GET /v1/pets?limit=2',
      headers: { 'x-shop-key': 'key-of-the-caller-9876543210' },
    });
    expect(answer.text).not.toContain('key-of-the-caller');
  });

  it('is called by the model of a prompt, with a secret of the server', async () => {
    const prompt = `---
tools:
  - type: openapi
    server_url: ${shop.origin}/openapi.json
    server_label: shop
    headers: { X-Shop-Key: "\${env:SHOP}" }
---
Which pets are there?
`;
    const { text } = await ask(`${product.origin}/?wait=40`, { body: prompt });
    const run = JSON.parse(text) as { id: string };
    expect(run).toMatchObject({ status: 'completed' });
    expect(shop.sold.at(-1)).toMatchObject({
      line: 'GET /v1/pets?limit=2',
      headers: { 'x-shop-key': KEY },
    });
    const page = await ask(`${product.origin}/${run.id}`, { headers: { accept: 'text/markdown' } });
    expect(page.text).toContain('Rex is there.');
    expect(page.text).not.toContain(KEY);
  });

  it('of the operator is there in every run, and shows its origin only', async () => {
    const { text } = await ask(`${product.origin}/?wait=40`, { body: 'Which pets are there?' });
    expect(JSON.parse(text)).toMatchObject({
      status: 'completed',
      servers: [{ url: operators.origin, status: 'connected' }],
    });
    expect(text).not.toContain('operator-canary');
    expect(operators.sold.at(-1)?.line).toBe('GET /v1/pets?limit=2');
    expect(operators.seen.some(({ line }) => line.includes('operator-canary'))).toBe(true);
  });

  it('on this machine is not reached where the operator did not open it', async () => {
    const closed = await petShop();
    const prompt = `---\ntools: [{type: openapi, server_url: "${closed.origin}"}]\n---\nHi.`;
    const { text } = await ask(`${product.origin}/?wait=40`, { body: prompt });
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'address_refused' } });
    expect(closed.seen).toEqual([]);
    await closed.close();
  });
});
