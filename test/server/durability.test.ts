/** What survives when workerd is killed in the middle of a run. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/run/event.ts';
import { fsck } from '../../src/run/fsck.ts';
import { ask } from '../support/ask.ts';
import { httpPeer } from '../support/peers.ts';
import type { Peer } from '../support/peers.ts';
import { modelPeer } from '../support/model-peer.ts';
import type { ModelPeer } from '../support/model-peer.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
let model: ModelPeer;
let product: Product;
let tools: Peer;
let called: ServerResponse[];

const start = () =>
  startProduct({
    STATE_DIR: stateDir,
    OPENAI_BASE_URL: model.baseUrl,
    EGRESS_ALLOW: tools.host,
  });

beforeAll(async () => {
  model = await modelPeer();
  called = [];
  tools = await httpPeer(answerAsToolServer);
  product = await start();
});
afterAll(async () => {
  await product.stop();
  await Promise.all([model.stop(), tools.stop()]);
  rmSync(stateDir, { recursive: true, force: true });
});

/** A tool server with one tool that changes something and never answers. */
function answerAsToolServer(request: IncomingMessage, response: ServerResponse, body: string) {
  const message = request.method === 'POST' ? RPC.parse(JSON.parse(body)) : null;
  if (message?.method === 'tools/call') return called.push(response);
  const result = { initialize: HELLO, 'tools/list': TOOLS }[message?.method ?? ''];
  if (message === null || result === undefined) {
    const status = message === null ? 405 : message.id === undefined ? 202 : 404;
    return response.writeHead(status).end();
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  return response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
}

const RPC = z.object({ method: z.string(), id: z.union([z.string(), z.number()]).optional() });
const HELLO = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'payments', version: '1' },
};
const TOOLS = { tools: [{ name: 'pay', inputSchema: { type: 'object' } }] };

async function create(body = 'Tell me a story.'): Promise<{ id: string; owner_token: string }> {
  const { text } = await ask(`${product.origin}/`, { body });
  return JSON.parse(text) as { id: string; owner_token: string };
}

async function eventsOf({ id, owner_token }: Awaited<ReturnType<typeof create>>): Promise<string> {
  const headers = { authorization: `Bearer ${owner_token}` };
  return (await ask(`${product.origin}/${id}/events`, { headers })).text;
}

/** The log of a run as its owner is sent it. */
function mistakesIn(stream: string): readonly string[] {
  const lines = stream.match(/^data: .*$/gm) ?? [];
  return fsck(lines.map((line) => JSON.parse(line.slice(6)) as RunEvent));
}

describe('after kill -9 of workerd', () => {
  it('a run goes on by itself, without any request, and its first text is superseded', async () => {
    const done = await create();
    const first = await model.next();
    first.says('Finished before.');
    first.stops();
    await ask(`${product.origin}/${done.id}/events`);
    const before = (await ask(`${product.origin}/${done.id}/events`)).text;

    const { id, owner_token } = await create();
    const asked = await model.next();
    asked.says('Once upon');
    await expect
      .poll(async () => (await ask(`${product.origin}/${id}.txt`)).text)
      .toContain('Once upon');
    process.kill(product.workerdPid(), 'SIGKILL');
    await product.ended;
    product = await start();

    // Nobody asks the server for anything: the alarm alone makes it ask the model again.
    const again = await model.next();
    again.says('Once more, and to the end.');
    again.stops();
    const { text } = await ask(`${product.origin}/${id}/events`);
    expect(text).toContain('"attempt":2');
    expect(text.match(/^id: \d+$/gm)?.map((line) => Number(line.slice(4)))).toEqual(
      Array.from({ length: text.match(/^id: /gm)?.length ?? 0 }, (_, index) => index + 1),
    );
    expect(mistakesIn(text)).toEqual([]);
    expect((await ask(`${product.origin}/${id}.txt`)).text.trim()).toBe(
      'Once more, and to the end.',
    );

    // The finished run is untouched, and the tokens are still good: the key was kept.
    expect((await ask(`${product.origin}/${done.id}/events`)).text).toBe(before);
    const headers = { authorization: `Bearer ${owner_token}` };
    const removed = await ask(`${product.origin}/${id}`, { method: 'DELETE', headers });
    expect(removed.status).toBe(204);
  });

  it('a call that was sent is never sent again, and the model is told that its outcome is unknown', async () => {
    const owned = await create(`---\ntools: ${tools.origin}/mcp\n---\nPay the bill.`);
    const { id } = owned;
    (await model.next()).calls('pay');
    await expect.poll(() => called.length).toBe(1);
    process.kill(product.workerdPid(), 'SIGKILL');
    await product.ended;
    product = await start();
    const again = await model.next();
    expect(again.body).toContain('The outcome of this call is unknown');
    again.says('I cannot tell whether it was paid.');
    again.stops();
    const { text } = await ask(`${product.origin}/${id}/events`);
    expect(text.match(/^event: (?:tool-.*|run-end)$/gm)).toEqual([
      'event: tool-call',
      'event: tool-sent',
      'event: tool-result',
      'event: run-end',
    ]);
    expect(mistakesIn(await eventsOf(owned))).toEqual([]);
    expect(called).toHaveLength(1);
  });
});
