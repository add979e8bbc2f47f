import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { nodeNetwork } from '../../../src/node/node-network.ts';
import { guardedFetch } from '../../../src/egress/guarded-fetch.ts';
import { loopbackServer } from './loopback-server.ts';

const canary = await loopbackServer((_request, response) => response.end('inside'));
const server = await loopbackServer((request, response) => {
  if (request.url === '/v1/chat/completions') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n');
    response.end('data: {"choices":[{"index":0,"delta":{"content":"lo"}}]}\n\ndata: [DONE]\n\n');
  } else {
    response.writeHead(307, { location: `${canary.origin}/mcp` }).end();
  }
});
const fetching = guardedFetch({
  allow: [server.place],
  transport: nodeNetwork(),
  maxBytes: 1_000_000,
  headTimeoutMs: 5000,
  idleTimeoutMs: 5000,
  totalTimeoutMs: 5000,
  hops: { get: 3, post: 0 },
});

describe('the guarded fetch as the fetch of other clients', () => {
  it('streams a chat completion for the openai SDK', async () => {
    const openai = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: 'key', fetch: fetching });
    const stream = await openai.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('Hello');
    expect(server.seen[0]?.headers).toMatchObject({
      authorization: 'Bearer key',
      'content-type': 'application/json',
    });
  });

  it('EG-8: stops the redirect of an MCP server to another one', async () => {
    const url = new URL(`${server.origin}/mcp`);
    const transport = new StreamableHTTPClientTransport(url, { fetch: fetching });
    const client = new Client({ name: 'test', version: '1' });
    await expect(client.connect(transport)).rejects.toThrow('redirects');
    expect(canary.seen).toEqual([]);
  });
});
