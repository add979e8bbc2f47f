/** Hosts and secrets that the operator configured: for their own role, and for known callers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { modelPeer } from '../support/model-peer.ts';
import type { ModelPeer } from '../support/model-peer.ts';
import { everythingPeer, httpPeer } from '../support/peers.ts';
import type { Peer } from '../support/peers.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

interface RunJson {
  id: string;
  status: string;
  error: { code: string; message: string } | null;
  servers: { url: string; status: string }[];
  references: { error: { code: string } | null; status: number | null }[];
  output: string;
}

const DEMO = '---\nmodel: demo\n---\n';
let product: Product;
let everything: Peer;
let model: ModelPeer;
let headersSeen: string[];
let witness: Peer;

beforeAll(async () => {
  headersSeen = [];
  everything = await everythingPeer();
  model = await modelPeer();
  witness = await httpPeer((request, response) => {
    headersSeen.push(request.headers['x-witness']?.toString() ?? '');
    response.writeHead(500).end();
  });
  product = await startProduct({
    MCP_SERVER_ENDPOINTS: `${everything.origin}/mcp?key=operator-canary`,
    OPENAI_BASE_URL: model.baseUrl,
    EGRESS_ALLOW: witness.host,
    SECRET_WITNESS: 'witness-canary-0123456789',
    SECRET_BOUND: 'bound-canary-0123456789',
    HOSTS_OF_SECRET_BOUND: 'mcp.example.com',
    SECRET_NEAR: 'near-canary-0123456789',
    HOSTS_OF_SECRET_NEAR: `mcp.example.com,${witness.host}`,
  });
});
afterAll(() => Promise.all([product.stop(), everything.stop(), model.stop(), witness.stop()]));

async function run(prompt: string): Promise<RunJson> {
  const { text } = await ask(`${product.origin}/?wait=40`, { body: prompt });
  return JSON.parse(text) as RunJson;
}

describe('a host that the operator configured', () => {
  it('as a tool server is there in every run, on loopback too', async () => {
    const { status, servers } = await run(`${DEMO}Say hello.`);
    expect(status).toBe('completed');
    expect(servers).toMatchObject([{ url: everything.origin, status: 'connected' }]);
  });

  it('as a tool server shows its origin only: the rest of the address may be a key', async () => {
    const { id } = await run(`${DEMO}Say hello.`);
    for (const path of [`/${id}.md`, `/${id}.json`, `/${id}.html`, `/${id}/events`]) {
      const { text } = await ask(product.origin + path);
      expect(text).toContain(everything.origin);
      expect(text).not.toContain('operator-canary');
    }
    const dry = await ask(`${product.origin}/?dry_run=1`, { body: 'Hello.' });
    expect(dry.text).not.toContain('operator-canary');
  });

  it('as a tool server is no place for references', async () => {
    const { references } = await run(`${DEMO}Read @${everything.origin}/mcp/notes.md`);
    expect(references).toMatchObject([{ error: { code: 'address_refused' } }]);
  });

  it('as the model is no tool server for prompts', async () => {
    const { status, error } = await run(
      `---\nmodel: demo\ntools: ${model.origin}/mcp\n---\nHello.`,
    );
    expect([status, error?.code]).toEqual(['failed', 'address_refused']);
  });
});

describe('a secret', () => {
  it('goes to the server that the prompt names, and nowhere else', async () => {
    const prompt = [
      '---',
      'model: demo',
      'tools:',
      `  - server_url: ${witness.origin}/mcp`,
      '    headers: { x-witness: "${env:WITNESS}" }',
      '---',
      'Hello.',
    ].join('\n');
    const { id } = await run(prompt);
    expect(headersSeen).toContain('witness-canary-0123456789');
    for (const path of [`/${id}.md`, `/${id}.json`, `/${id}.html`, `/${id}/events`]) {
      expect((await ask(product.origin + path)).text).not.toContain('witness-canary');
    }
  });
});

describe('a secret that is bound to hosts', () => {
  const sending = (name: string) =>
    run(
      `---\nmodel: demo\ntools:\n  - server_url: ${witness.origin}/mcp\n    headers: { x-witness: "\${env:${name}}" }\n---\nHello.`,
    );

  it('is not sent to another, whoever asks: the run says which secret and which host', async () => {
    const { status, error } = await sending('BOUND');
    expect([status, error?.code]).toEqual(['failed', 'secret_refused']);
    expect(error?.message).toContain(`The secret BOUND may not be sent to ${witness.host}.`);
    expect(headersSeen.join()).not.toContain('bound-canary');
  });

  it('is sent to those', async () => {
    await sending('NEAR');
    expect(headersSeen).toContain('near-canary-0123456789');
  });
});

describe('our own paths', () => {
  it('of a run are its public answer, as a document', async () => {
    const first = await run(`${DEMO}Say hello.`);
    const second = await run(`${DEMO}Read @/${first.id} please.`);
    expect(second.references).toMatchObject([{ error: null }]);
    expect(second.output).toContain('demo model');
    const byUrl = await run(`${DEMO}Read @${product.origin}/${first.id}.md please.`);
    expect(byUrl.references).toMatchObject([{ error: null }]);
  });

  it('are ours under every name of loopback', async () => {
    const { port } = new URL(product.origin);
    for (const name of ['localhost', '127.0.0.1', '[::1]']) {
      const { status, servers } = await run(`${DEMO}http://${name}:${port}/demo/mcp\n\nHello.`);
      expect(status).toBe('completed');
      expect(servers).toMatchObject([{ url: '/demo/mcp' }, {}]);
    }
  });

  it.each(['/', '/openapi.json', '/runs', `/${'a'.repeat(32)}`])(
    'such as %s are refused',
    async (path) => {
      const { references } = await run(`${DEMO}Read @${product.origin}${path} please.`);
      expect(references[0]?.error).not.toBeNull();
    },
  );
});
