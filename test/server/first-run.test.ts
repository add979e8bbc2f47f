/** The main job, end to end: the started product, real tool servers, real model servers. */
import { readFileSync } from 'node:fs';
import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everythingPeer, freePort, httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';

/** As much of the JSON of a run as these tests look at. */
interface RunJson {
  status: string;
  output: string;
  stop_reason: string;
  error: { code: string; message: string } | null;
  steps: { type: string; server?: string; tool?: string; content?: unknown; error: unknown }[];
  servers: { label: string; status: string; tools?: unknown[] }[];
  references: {
    url: string;
    status?: number;
    error?: { message: string } | null;
    media_type?: string;
    sha256?: string;
  }[];
  usage: { total_tokens: number };
}

const tweet = readFileSync(new URL('../../prompts/tweet.md', import.meta.url), 'utf8');

async function runOn(product: Product, prompt: string, query = ''): Promise<RunJson> {
  const response = await fetch(`${product.origin}/?wait=60${query}`, {
    method: 'POST',
    body: prompt,
    headers: { accept: 'application/json', 'content-type': 'text/markdown' },
  });
  expect(response.status).toBe(200);
  return (await response.json()) as RunJson;
}

const toolSteps = (run: RunJson) => run.steps.filter(({ type }) => type === 'tool');

describe('with nothing configured', () => {
  let product: Product;
  let everything: Peer;
  let documents: Peer;
  let closedPort: number;

  beforeAll(async () => {
    everything = await everythingPeer();
    documents = await httpPeer((request, response) => {
      switch (request.url) {
        case '/notes.md':
          return response
            .writeHead(200, { 'content-type': 'text/markdown' })
            .end('# Tide notes\n\nHigh at noon.');
        case '/page.html':
          return response
            .writeHead(200, { 'content-type': 'text/html' })
            .end(
              '<html><head><title>A page</title></head><body><nav>Menu</nav><main><h1>Moon</h1><p>It is <b>full</b>.</p></main><script>evil()</script></body></html>',
            );
        case '/broken/mcp':
          return response.writeHead(500).end('no');
        case '/garbage/mcp':
          return response
            .writeHead(200, { 'content-type': 'application/json' })
            .end('{"jsonrpc": ');
        case '/page/mcp':
          return response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Not MCP</h1>');
        case '/login/mcp':
          return response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
        default:
          return response.writeHead(404).end('not here');
      }
    });
    closedPort = await freePort();
    product = await startProduct({
      EGRESS_ALLOW: `${everything.host},${documents.host},127.0.0.1:${closedPort}`,
    });
  });
  afterAll(() => Promise.all([product.stop(), everything.stop(), documents.stop()]));

  it('a tweet with @/demo/mcp calls its tools and the answer is published', async () => {
    const run = await runOn(product, tweet);
    expect(run).toMatchObject({ status: 'completed', stop_reason: 'stop', error: null });
    expect(
      toolSteps(run)
        .map(({ tool }) => tool)
        .toSorted(),
    ).toEqual(['calculate', 'time_in_zone']);
    expect(run.output).toContain('391');
    expect(run.output).toMatch(/not a language model/i);
  });

  it("the same server's full URL on the first line does the same", async () => {
    const run = await runOn(product, tweet.replace('@/demo/mcp', `${product.origin}/demo/mcp`));
    expect(run.status).toBe('completed');
    expect(toolSteps(run)).toHaveLength(2);
  });

  it('a tool server of others, named in the frontmatter', async () => {
    const run = await runOn(
      product,
      `---\ntools: ${everything.origin}/mcp\n---\n\nEcho "hello there".`,
    );
    expect(run.status).toBe('completed');
    expect(run.servers).toMatchObject([{ status: 'connected' }]);
    expect(toolSteps(run)).toMatchObject([{ tool: 'echo', status: 'done', error: null }]);
    expect(run.output).toContain('hello there');
  });

  it('several servers at once, with the same tools, never collide', async () => {
    const prompt = `---\ntools:\n  - ${everything.origin}/mcp\n  - /demo/mcp\n  - type: mcp\n    server_url: ${everything.origin}/mcp?again\n    server_label: again\n---\n\nEcho "hi", and what is 6 * 7?`;
    const run = await runOn(product, prompt);
    expect(run.status).toBe('completed');
    expect(run.servers).toHaveLength(3);
    expect(new Set(run.servers.map(({ label }) => label)).size).toBe(3);
    expect(run.output).toContain('42');
  });

  it('an inline @url is given as context, HTML as readable Markdown', async () => {
    const run = await runOn(
      product,
      `Read @${documents.origin}/notes.md and @${documents.origin}/page.html please.`,
    );
    expect(run.status).toBe('completed');
    expect(run.references).toMatchObject([
      { status: 200, media_type: 'text/markdown' },
      { status: 200, media_type: 'text/html' },
    ]);
    expect(run.references[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(run.output).toContain('Tide notes');
    expect(run.output).toContain('Moon');
    expect(run.output).not.toContain('evil');
  });

  it('a broken @url is a visible note and the run goes on', async () => {
    const response = await fetch(`${product.origin}/?wait=30`, {
      method: 'POST',
      body: `Read @${documents.origin}/notes.md and @${documents.origin}/gone.md`,
      headers: { accept: 'text/markdown' },
    });
    const markdown = await response.text();
    expect(response.status).toBe(200);
    expect(markdown).toContain('1 of 2 references read');
    expect(markdown).toContain('404');
  });

  it.each([
    ['/broken/mcp', 'server_error'],
    ['/garbage/mcp', 'server_garbage'],
    ['/page/mcp', 'server_not_mcp'],
    ['/login/mcp', 'login_unavailable'],
  ])('a tool server at %s ends the run with %s, and says which server', async (path, code) => {
    const run = await runOn(product, `---\ntools: ${documents.origin}${path}\n---\n\nHello.`);
    expect(run).toMatchObject({ status: 'failed', stop_reason: code, error: { code } });
    expect(JSON.stringify(run.error)).toContain(documents.host);
  });

  it('a tool server that is down ends the run with server_unreachable', async () => {
    const run = await runOn(
      product,
      `---\ntools: http://127.0.0.1:${closedPort}/mcp\n---\n\nHello.`,
    );
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'server_unreachable' });
  });

  it('an address of the prose that is a page after all becomes a document', async () => {
    const run = await runOn(product, `${documents.origin}/page/mcp\n\nWhat does it say?`);
    expect(run.status).toBe('completed');
    expect(run.references).toMatchObject([{ url: `${documents.origin}/page/mcp`, status: 200 }]);
  });

  it('an address that is not in EGRESS_ALLOW is refused, and the message names the variable', async () => {
    const run = await runOn(product, 'http://127.0.0.1:9/mcp\n\nHello.');
    expect(run).toMatchObject({ status: 'failed', error: { code: 'address_refused' } });
    expect(run.error?.message).toContain('EGRESS_ALLOW=127.0.0.1:9');
  });

  it('a model that loops for ever meets its limit', async () => {
    const run = await runOn(
      product,
      '---\nmax_steps: 3\ntools: /demo/mcp\n---\n\nPlease loop forever.',
    );
    expect(run).toMatchObject({ status: 'failed', stop_reason: 'max_steps' });
  });
});

describe('with a provider', () => {
  let product: Product;
  let mock: LLMock;

  beforeAll(async () => {
    mock = new LLMock({ port: 0, chunkSize: 3 });
    mock.addFixture({
      match: { userMessage: 'seventeen', turnIndex: 0 },
      response: {
        toolCalls: [
          { name: 'demo__calculate', arguments: JSON.stringify({ expression: '17 * 23' }) },
          { name: 'demo__count_words', arguments: JSON.stringify({ text: 'one two three' }) },
        ],
      },
    });
    mock.addFixture({
      match: { userMessage: 'seventeen', turnIndex: 1 },
      response: { content: 'It is 391, and there are three words. Grüße 🌊!' },
    });
    await mock.start();
    product = await startProduct({ OPENAI_BASE_URL: `${mock.url}/v1`, DEFAULT_MODEL: 'gpt-test' });
  });
  afterAll(async () => {
    await product.stop();
    await mock.stop();
  });

  it('streams, calls tools whose arguments come in many deltas, and answers', async () => {
    const run = await runOn(product, '@/demo/mcp\n\nWhat is seventeen times 23?');
    expect(run).toMatchObject({
      status: 'completed',
      output: 'It is 391, and there are three words. Grüße 🌊!',
    });
    expect(toolSteps(run)).toMatchObject([
      { tool: 'calculate', status: 'done', error: null },
      { tool: 'count_words', status: 'done', error: null },
    ]);
  });

  it('uses the demo model only when it is asked for by name', async () => {
    const run = await runOn(product, '---\nmodel: demo\n---\n\nSay hello.');
    expect(run.output).toMatch(/demo model/i);
  });
});
