/** Caps on a local server, where no header may say who somebody is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { chatServer, says } from '../support/chat-server.ts';
import type { ChatServer } from '../support/chat-server.ts';
import { mcpClient, told } from '../support/mcp-clients.ts';
import { httpPeer } from '../support/peers.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct({
    PUBLIC_RUNS: '1',
    PUBLIC_URL: 'https://prompts.example',
    RUN_RATE: '4,2',
  });
});
afterAll(() => product.stop());

describe('a local server', () => {
  it('counts whoever comes through its tunnel as one, whatever a header says', async () => {
    const statuses = [];
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']) {
      const headers = {
        host: 'prompts.example',
        'cf-connecting-ip': address,
        'x-forwarded-for': address,
      };
      statuses.push((await ask(`${product.origin}/`, { body: 'Hi.', headers })).status);
    }
    expect(statuses).toEqual([201, 201, 429, 429]);
  });

  it('has a cap for the person at the machine when one is set, for completions too', async () => {
    const statuses = [];
    for (let tried = 0; tried < 3; tried += 1) {
      statuses.push((await ask(`${product.origin}/runs`, { body: 'Hi.' })).status);
    }
    const body = JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi.' }] });
    for (let tried = 0; tried < 2; tried += 1) {
      statuses.push((await ask(`${product.origin}/v1/chat/completions`, { body })).status);
    }
    expect(statuses).toEqual([201, 201, 201, 200, 429]);
  });
});

describe('a completion that is kept', () => {
  let narrow: Product;
  let provider: ChatServer;
  /** Answers that are held back. */
  const held: (() => void)[] = [];
  beforeAll(async () => {
    provider = await chatServer((response, asked) => {
      const answer = () => says('Hello.')(response, asked);
      if (asked.body.messages[0]?.content === 'Hold.') held.push(answer);
      else answer();
    });
    narrow = await startProduct({
      RUN_CONCURRENCY: '1',
      OPENAI_BASE_URL: provider.baseUrl,
      DEFAULT_MODEL: 'openai/m',
    });
  });
  afterAll(async () => {
    await narrow.stop();
    await provider[Symbol.asyncDispose]();
  });

  it('takes one place while it goes on and gives it back, refused or answered', async () => {
    const send = async (content: string) => {
      const messages = [{ role: 'user', content }];
      const body = JSON.stringify({ messages, store: true });
      return (await ask(`${narrow.origin}/v1/chat/completions`, { body })).status;
    };
    const both = [send('Hold.'), send('Hold.')];
    expect(await Promise.race(both)).toBe(429);
    await expect.poll(() => held).toHaveLength(1);
    for (const answer of held) answer();
    expect((await Promise.all(both)).toSorted()).toEqual([200, 429]);
    const tooLarge = 'x'.repeat(4_194_304);
    for (const [content, status] of [
      ['Hi.', 200],
      [tooLarge, 413],
      ['Hi.', 200],
    ] as const) {
      // The place is given back after the answer.
      await expect.poll(() => send(content)).toBe(status);
    }
  });
});

describe('embeddings', () => {
  it('count too, because the key of the server pays for them', async () => {
    let paid = 0;
    const provider = await httpPeer((_request, response) => {
      paid += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data": []}');
    });
    const open = await startProduct({
      OPENAI_BASE_URL: `${provider.origin}/v1`,
      OPENAI_API_KEY: 'key',
      PUBLIC_RUNS: '1',
      PUBLIC_URL: 'https://prompts.example',
      RUN_RATE: '60,2',
    });
    const body = JSON.stringify({ model: 'openai/embed-3', input: ['tide'] });
    const statuses = [];
    for (let tried = 0; tried < 4; tried += 1) {
      const headers = { host: 'prompts.example', 'content-type': 'application/json' };
      statuses.push((await ask(`${open.origin}/v1/embeddings`, { body, headers })).status);
    }
    await Promise.all([open.stop(), provider.stop()]);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect(paid).toBe(2);
  });
});

describe('addresses that a caller names', () => {
  it('are not asked without end at /mcp and for connections, whether a run comes of it or not', async () => {
    const asked: string[] = [];
    const peer = await httpPeer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(404).end();
    });
    const narrow = await startProduct({
      API_KEYS: 'alice:alice-key-0123456789,bob:bob-key-0123456789',
      EGRESS_ALLOW: peer.host,
      RUN_RATE: '2',
    });
    const headers = { authorization: 'Bearer alice-key-0123456789' };
    const client = await mcpClient(`${narrow.origin}/mcp`, { headers });
    const said = [];
    for (let tried = 0; tried < 3; tried += 1) {
      const call = { name: 'run_prompt', arguments: { url: `${peer.origin}/none.md` } };
      said.push(/\((\w+)\)$/.exec(told(await client.callTool(call)).text)?.[1]);
    }
    await client.close();
    const statuses = [];
    for (let tried = 0; tried < 3; tried += 1) {
      const body = JSON.stringify({ url: `${peer.origin}/mcp` });
      const bob = {
        authorization: 'Bearer bob-key-0123456789',
        'content-type': 'application/json',
      };
      statuses.push((await ask(`${narrow.origin}/connections`, { body, headers: bob })).status);
    }
    await Promise.all([narrow.stop(), peer.stop()]);
    expect(said).toEqual(['reference_failed', 'reference_failed', 'rate_limited']);
    expect(statuses).not.toContain(201);
    expect(statuses.map((status) => status === 429)).toEqual([false, false, true]);
    expect(asked.filter((path) => path === '/none.md')).toHaveLength(2);
  });
});
