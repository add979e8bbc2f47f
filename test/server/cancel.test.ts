/** Who cancels a run stops the tool that works for it too, not the model alone. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { modelPeer } from '../support/model-peer.ts';
import type { ModelPeer } from '../support/model-peer.ts';
import { httpPeer } from '../support/peers.ts';
import type { Peer } from '../support/peers.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

const RPC = z.object({
  method: z.string(),
  id: z.union([z.string(), z.number()]).optional(),
  params: z.object({ requestId: z.unknown() }).partial().optional(),
});
const HELLO = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'slow', version: '1' },
};
const TOOLS = { tools: [{ name: 'work', inputSchema: { type: 'object' } }] };

let model: ModelPeer;
let tools: Peer;
let product: Product;
/** The call that is under way, and what its server was told of it. */
let called: unknown = null;
let told: unknown = null;
let isHungUp = false;

beforeAll(async () => {
  model = await modelPeer();
  tools = await httpPeer(serve);
  product = await startProduct({ OPENAI_BASE_URL: model.baseUrl, EGRESS_ALLOW: tools.host });
});
afterAll(() => Promise.all([product.stop(), model.stop(), tools.stop()]));

function serve(request: IncomingMessage, response: ServerResponse, body: string): unknown {
  if (request.method !== 'POST') return response.writeHead(405).end();
  const { method, id, params } = RPC.parse(JSON.parse(body));
  if (method === 'notifications/cancelled') told = params?.requestId;
  if (id === undefined) return response.writeHead(202).end();
  if (method === 'tools/call') {
    called = id;
    response.on('close', () => (isHungUp = true));
    return undefined;
  }
  const result = { initialize: HELLO, 'tools/list': TOOLS }[method];
  response.writeHead(result === undefined ? 404 : 200, { 'content-type': 'application/json' });
  return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

it('a tool that works when its run is cancelled is told so and hung up on', async () => {
  const body = `---\ntools: ${tools.origin}/mcp\n---\nWork for long.`;
  const { text } = await ask(`${product.origin}/`, { body });
  const { id, owner_token } = JSON.parse(text) as { id: string; owner_token: string };
  (await model.next()).calls('work');
  await expect.poll(() => called).not.toBeNull();
  const headers = { authorization: `Bearer ${owner_token}` };
  const cancelled = await ask(`${product.origin}/${id}/cancel`, { method: 'POST', headers });
  expect(cancelled.status).toBe(200);
  await expect.poll(() => [told, isHungUp]).toEqual([called, true]);
});
