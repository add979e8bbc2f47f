/** What the editor asks of the server: addresses are looked at, documents are opened, nothing runs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { demoTools } from '../support/login-product.ts';
import { httpPeer } from '../support/peers.ts';
import type { Peer } from '../support/peers.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

interface Looked {
  readonly url: string;
  readonly as: string;
  readonly ok: boolean;
  readonly code: string | null;
  readonly message: string | null;
  readonly [field: string]: unknown;
}

let product: Product;
let peer: Peer;
/** Path and `Authorization` of what the peer was asked. */
const seen: (readonly [string, string | undefined])[] = [];

beforeAll(async () => {
  peer = await httpPeer((request, response, body) => {
    const { url = '', headers } = request;
    seen.push([url, headers.authorization]);
    if (url === '/tools/mcp') return demoTools(request, response, body);
    if (url === '/key/mcp') return response.writeHead(401).end();
    if (url === '/page.html') {
      response.writeHead(200, { 'content-type': 'text/html' });
      return response.end('<!doctype html><title>x</title>');
    }
    const isText = url.startsWith('/doc');
    response.writeHead(isText ? 200 : 404, { 'content-type': 'text/markdown; charset=utf-8' });
    return response.end(isText ? `# ${url}\r\n\r\nSay hello.` : '');
  });
  product = await startProduct({
    EGRESS_ALLOW: peer.host,
    SECRET_KEY: 'canary-of-the-owner',
    PUBLIC_URL: 'https://prompts.example',
    PUBLIC_RUNS: '1',
    API_KEYS: 'alice:alice-key-0123456789',
    RUN_RATE: '60,2',
  });
});
afterAll(() => Promise.all([product.stop(), peer.stop()]));

async function look(
  prompt: string,
  query = '',
  headers: Record<string, string> = {},
): Promise<{ status: number; addresses: readonly Looked[]; text: string }> {
  const { status, text } = await ask(`${product.origin}/inspect${query}`, {
    method: 'POST',
    body: prompt,
    headers: { 'content-type': 'text/markdown', ...headers },
  });
  const { addresses = [] } = JSON.parse(text) as { addresses?: readonly Looked[] };
  return { status, addresses, text };
}

const withKey = () =>
  `---\ntools:\n  - server_url: ${peer.origin}/key/mcp\n    authorization: \${env:KEY}\n---\nHi.`;
const runs = async () => (await ask(`${product.origin}/runs`)).text;

describe('POST /inspect', () => {
  it('says of context what it is, and of tool servers what they offer, and runs nothing', async () => {
    const before = await runs();
    const prompt = `---\ntools: ${peer.origin}/tools/mcp\nallowed_tools: [calc*]\n---\n@/demo/mcp\n\nRead @${peer.origin}/doc.md and https://a.example/x.`;
    const { status, addresses } = await look(prompt);
    expect(status).toBe(200);
    const [tools, demo, context] = addresses;
    expect(addresses).toHaveLength(3);
    expect(tools).toMatchObject({ url: `${peer.origin}/tools/mcp`, ok: true, tools: 1 });
    expect(demo).toMatchObject({ url: '/demo/mcp', as: 'server', ok: true, tools: 1 });
    expect(context).toMatchObject({ as: 'context', ok: true, media_type: 'text/markdown' });
    expect(context?.['bytes']).toBe(23);
    expect(context?.['tokens']).toBeGreaterThan(0);
    expect(await runs()).toBe(before);
  });

  it('counts the tools that a filter leaves', async () => {
    const { addresses } = await look(
      '---\nallowed_tools: {read_only: false}\n---\n@/demo/mcp\n\nHi.',
    );
    expect(addresses).toMatchObject([{ ok: true, tools: 0, tokens: 0 }]);
    const reading = await look('---\nallowed_tools: {read_only: true}\n---\n@/demo/mcp\n\nHi.');
    expect(reading.addresses[0]?.['tools']).toBeGreaterThan(3);
  });

  it('sends no secret unless it is asked to', async () => {
    seen.length = 0;
    const { addresses } = await look(withKey());
    expect(addresses[0]).toMatchObject({ ok: false, code: 'login_required', needs_login: true });
    expect(addresses[0]?.['can_login']).toBe(false);
    expect(seen.map(([, sent]) => sent)).not.toContain('Bearer canary-of-the-owner');
    await look(withKey(), '?with_logins=1');
    expect(seen.map(([, sent]) => sent)).toContain('Bearer canary-of-the-owner');
  });

  it('sends none for a suggested document, whatever is asked, and reaches nothing local', async () => {
    seen.length = 0;
    const { addresses } = await look(withKey(), '?with_logins=1&suggested=1');
    expect(addresses[0]).toMatchObject({ ok: false, code: 'address_refused' });
    expect(seen).toEqual([]);
  });

  it.each([
    'https://127.0.0.1/mcp',
    'https://[::ffff:10.0.0.1]/mcp',
    'https://169.254.169.254/mcp',
    'https://2130706433/mcp',
    'https://localhost/mcp',
    'https://db.internal/mcp',
  ])('refuses %s', async (url) => {
    const { addresses } = await look(`${url}\n\nHi.`);
    expect(addresses).toMatchObject([{ ok: false, code: 'address_refused' }]);
  });

  it('says which address is no MCP server and becomes a document', async () => {
    const { addresses } = await look(`${peer.origin}/doc/mcp\n\nHi.`);
    expect(addresses[0]).toMatchObject({
      ok: false,
      message: 'It is no MCP server, so a run reads it as a document.',
    });
  });

  it('looks at twenty addresses at most', async () => {
    seen.length = 0;
    const many = Array.from({ length: 40 }, (_, at) => `@${peer.origin}/doc${at}`).join(' ');
    const { addresses } = await look(`---\nurls: { max_urls: 50 }\n---\n${many}`);
    expect(addresses).toHaveLength(20);
    expect(seen).toHaveLength(20);
  });

  it('is for who may run prompts, from pages of ours', async () => {
    const foreign = { origin: 'https://evil.example' };
    expect((await look('Hi.', '', foreign)).text).toContain('cross_site');
    const wrong = { authorization: 'Bearer not-a-key' };
    expect((await look('Hi.', '', wrong)).status).toBe(401);
    expect((await look('---\nmodel: [\n---\nHi.')).text).toContain('invalid_prompt');
    const got = await ask(`${product.origin}/inspect`);
    expect([got.status, got.headers['allow']]).toEqual([405, 'POST']);
  });

  it('is counted for callers nobody knows, beside their runs', async () => {
    const stranger = { host: 'prompts.example' };
    const statuses: number[] = [];
    for (let tried = 0; tried < 3; tried += 1) {
      statuses.push((await look('Hi.', '', stranger)).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('GET /from/{url}', () => {
  const open = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    ask(product.origin + path, { method, headers: { accept: 'text/html', ...headers } });

  it('opens the document in the editor, as a suggestion, query included', async () => {
    const { status, text, headers } = await open(`/from/${peer.origin}/doc.md?a=b&c=%20d`);
    expect(status).toBe(200);
    expect(text).toContain('# /doc.md?a=b&amp;c=%20d');
    expect(text).toContain('name="suggested" value="1"');
    expect(text).toContain(`From <span class="address" dir="ltr">${peer.origin}/doc.md?a=b&amp;c`);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('opens an example of this server, as the button in our README does', async () => {
    const { status, text } = await open(`/from/${product.origin}/examples/tweet.md`);
    expect([status, text.includes('/demo/mcp')]).toEqual([200, true]);
    for (const path of ['/examples/nothing.md', '/runs', '/connections']) {
      expect((await open(`/from/${product.origin}${path}`)).status).toBe(502);
    }
  });

  it('takes one slash for two, which proxies make of them', async () => {
    const { text } = await open(`/from/http:/${peer.host}/doc.md`);
    expect(text).toContain('# /doc.md');
  });

  it.each([
    ['/missing', '404'],
    ['/page.html', 'it is a web page, not a Markdown document'],
  ])('says on a page what failed: %s', async (path, why) => {
    const { status, text } = await open(`/from/${peer.origin}${path}`);
    expect(status).toBe(502);
    expect(text).toContain(`${peer.origin}${path} cannot be opened: ${why}`);
  });

  it.each(['https://127.0.0.1/x.md', 'https://metadata.internal/x.md', 'http://example.com/x.md'])(
    'refuses %s',
    async (url) => {
      expect((await open(`/from/${url}`)).status).toBe(422);
    },
  );

  it.each(['/from/', '/from/notes.md', '/from/file:///etc/passwd', '/from/javascript:alert(1)'])(
    'wants the URL of a document: %s',
    async (path) => {
      expect((await open(path)).status).toBe(400);
    },
  );

  it('asks nobody for a HEAD, a page that loads ahead, a picture or a frame', async () => {
    seen.length = 0;
    const path = `/from/${peer.origin}/doc.md`;
    const answers = [
      await open(path, {}, 'HEAD'),
      await open(path, { 'sec-purpose': 'prefetch' }),
      await open(path, { 'sec-fetch-dest': 'image', 'sec-fetch-site': 'cross-site' }),
      await open(path, { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 503, 503, 503]);
    expect(seen).toEqual([]);
  });

  it('reads nothing local for callers nobody knows', async () => {
    const { status } = await open(`/from/${peer.origin}/doc.md`, { host: 'prompts.example' });
    expect([422, 429]).toContain(status);
  });
});

describe('GET /{id}?edit', () => {
  it('is the public view for who does not own the run', async () => {
    const body = '---\npublish: answer\n---\nSay hello.';
    const created = await ask(product.origin, { method: 'POST', body });
    const { id, owner_token } = JSON.parse(created.text) as { id: string; owner_token: string };
    const accept = { accept: 'text/html' };
    const others = await ask(`${product.origin}/${id}?edit`, { headers: accept });
    // It says under which names the server is reached: no script of another site reads that.
    expect(others.headers['access-control-allow-origin']).toBeUndefined();
    expect(others.status).toBe(404);
    const headers = { ...accept, authorization: `Bearer ${owner_token}` };
    const owners = await ask(`${product.origin}/${id}?edit`, { headers });
    expect(owners.text).toContain('Say hello.</textarea>');
    expect(owners.text).not.toContain('name="suggested"');
  });

  const isSuggested = 'name="suggested"';

  async function opened(
    form: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const created = await ask(product.origin, {
      method: 'POST',
      body: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });
    const { id, owner_token } = JSON.parse(created.text) as { id: string; owner_token: string };
    const cookie = `run_owner=${owner_token}`;
    const accept = { accept: 'text/html', cookie };
    return (await ask(`${product.origin}/${id}?edit`, { headers: accept })).text;
  }

  it('stays a suggestion where somebody else suggested it to its owner', async () => {
    const page = await opened({ prompt: 'Say hello.', suggested: '1' });
    expect(page).toContain('Say hello.</textarea>');
    expect(page).toContain(isSuggested);
    expect(await opened({ prompt: 'Say hello.' })).not.toContain(isSuggested);
  });

  it('is a suggestion for who holds the owner token of a run that another made', async () => {
    const alice = { authorization: 'Bearer alice-key-0123456789' };
    expect(await opened({ prompt: 'Say hello.' }, alice)).toContain(isSuggested);
  });
});
