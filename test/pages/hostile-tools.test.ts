/** A tool server, a document and a model that want to be more than text, everywhere a run is shown. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Browser } from 'playwright-core';
import * as z from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser, visit } from '../support/browser.ts';
import { CODE, lifeIn, NO_LIFE } from '../support/hostile-answers.ts';
import { modelPeer } from '../support/model-peer.ts';
import type { ModelPeer } from '../support/model-peer.ts';
import { ended, runIn } from '../support/page-run.ts';
import { httpPeer } from '../support/peers.ts';
import type { Peer } from '../support/peers.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

const WORST = `${CODE.join(' ')} [x](javascript:window.marked=1) \u202e\u2066`;
const RPC = z.object({ method: z.string(), id: z.union([z.string(), z.number()]).optional() });

const WISH = z.object({ tools: z.tuple([z.object({ function: z.object({ name: z.string() }) })]) });

let model: ModelPeer;
let tools: Peer;
let product: Product;
let browser: Browser;

beforeAll(async () => {
  [model, tools] = await Promise.all([modelPeer(), httpPeer(serve)]);
  const env = { OPENAI_BASE_URL: model.baseUrl, EGRESS_ALLOW: tools.host };
  [product, browser] = await Promise.all([startProduct(env), startBrowser()]);
});

afterAll(async () => {
  await browser.close();
  await product.stop();
  await Promise.all([model.stop(), tools.stop()]);
});

/** A server that is hostile in everything that it says of itself, its tool and the result. */
function serve(request: IncomingMessage, response: ServerResponse, body: string): unknown {
  if (request.method !== 'POST') return response.writeHead(405).end();
  const { method, id } = RPC.parse(JSON.parse(body));
  const hello = {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: WORST, title: WORST, version: WORST },
    instructions: WORST,
  };
  const inputSchema = { type: 'object', description: WORST };
  const tool = { name: `<img src=x onerror=window.marked=1>work`, title: WORST, inputSchema };
  const content = CODE.map((text) => ({ type: 'text', text }));
  const result = new Map<string, object>([
    ['initialize', hello],
    ['tools/list', { tools: [{ ...tool, description: WORST }] }],
    ['tools/call', { content, structuredContent: { [WORST]: WORST } }],
  ]).get(method);
  if (id === undefined) return response.writeHead(202).end();
  response.writeHead(200, { 'content-type': 'application/json' });
  return response.end(JSON.stringify({ jsonrpc: '2.0', id, result: result ?? {} }));
}

describe('a run in which everything is hostile', () => {
  test('is text on its page, in the list, in the editor and to strangers, before and after its end', async () => {
    const owner = await visit(browser, product.origin);
    const { page } = owner;
    const title = JSON.stringify(WORST);
    const prompt = `---\ntitle: ${title}\nrequire_approval: always\n---\n@${tools.origin}/mcp\n\n${WORST}`;
    const asked = await runIn(page, model, prompt);
    asked.says(WORST);
    asked.calls(WISH.parse(JSON.parse(asked.body)).tools[0].function.name);
    const address = page.url();
    await page.getByRole('button', { name: 'Allow this call' }).waitFor();
    expect(await lifeIn(page, '.waiting pre, .steps')).toEqual(NO_LIFE);
    await page.getByRole('button', { name: 'Allow this call' }).click();
    const next = await model.next();
    // What the tool said was handed to the model, so it is in the run.
    expect(next.body).toContain('evil.example');
    next.says(WORST);
    next.stops();
    await ended(page, 'Completed');
    const stranger = await visit(browser, product.origin);
    for (const each of [owner, stranger]) {
      await each.page.goto(address);
      await each.page.evaluate(
        `document.querySelectorAll('details').forEach((each) => (each.open = true))`,
      );
      expect(await lifeIn(each.page, '.prose, .steps')).toEqual(NO_LIFE);
      expect(await each.page.title()).toBe('Run · MarkdownOps');
    }
    await page.goto('/runs');
    expect(await lifeIn(page, 'main h2, main h3')).toMatchObject({
      marked: null,
      foreign: [],
      handlers: [],
      wide: 0,
    });
    await page.goto(`${address}?edit`);
    expect(await page.getByRole('textbox').first().inputValue()).toContain('<svg onload');
    expect(await lifeIn(page, 'main .problems')).toEqual(NO_LIFE);
    for (const { watched, context } of [owner, stranger]) {
      expect(watched).toEqual({ faults: [], foreign: [] });
      await context.close();
    }
  });
});
