/** Who may ask a local server for what: foreign names, foreign pages, guessed ids, no owner. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { httpPeer } from '../support/peers.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct({
    PUBLIC_URL: 'https://prompts.example',
    API_KEYS: 'alice:alice-key-0123456789,bob:bob-key-0123456789',
  });
});
afterAll(() => product.stop());

const FORM = 'application/x-www-form-urlencoded';
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  ask(product.origin + path, { method: 'POST', body, headers });
const codeOf = (text: string) => (JSON.parse(text) as { error: { code: string } }).error.code;
/** Databases of objects. The files beside them come and go by themselves. */
const objects = () =>
  readdirSync(join(product.stateDir, 'runs'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.sqlite'),
  ).length;

async function newRun(
  headers: Record<string, string> = {},
): Promise<{ id: string; token: string }> {
  const { text } = await post('/?wait=20', 'Say hello.', headers);
  const { id } = JSON.parse(text) as { id: string };
  const reply = JSON.parse((await post('/', 'Say hello.', headers)).text) as {
    id: string;
    owner_token: string;
  };
  expect(id).not.toBe(reply.id);
  return { id: reply.id, token: reply.owner_token };
}

const comparable = ({ status, text, headers }: Awaited<ReturnType<typeof ask>>) =>
  JSON.stringify({ status, text, headers: { ...headers, date: '' } });

describe('the Host header', () => {
  it.each([
    'evil.example',
    'evil.example:80',
    'localhost',
    '127.0.0.1:1',
    'localhost.evil.example',
    '0.0.0.0',
  ])('%s is answered with 421 and nothing runs', async (host) => {
    const before = objects();
    const reading = await ask(`${product.origin}/`, { headers: { host } });
    const running = await post('/', 'Say hello.', { host });
    expect([reading.status, running.status]).toEqual([421, 421]);
    expect(codeOf(running.text)).toBe('wrong_host');
    expect(objects()).toBe(before);
  });

  it.each([
    '"><script>',
    'a b',
    'x:99999',
    '[::1',
    'localhost:abc',
    '%',
    'a/b',
    'a@b',
    'a?b',
    'a#b',
  ])('%s is no host: 400 wherever it is sent', async (host) => {
    const before = objects();
    for (const path of ['/', '/docs', '/mcp', '/assets/style.css', '/x.example/v1/models']) {
      const reading = await ask(product.origin + path, { headers: { host } });
      const running = await post(path, 'Say hello.', { host });
      expect([path, reading.status, running.status]).toEqual([path, 400, 400]);
      expect(codeOf(running.text)).toBe('bad_request');
      expect(running.headers['content-security-policy']).toContain("default-src 'none'");
    }
    for (const method of ['GET', 'POST']) {
      const page = await ask(product.origin, { method, headers: { host, accept: 'text/html' } });
      expect([page.status, page.text.includes('<script>')]).toEqual([400, false]);
    }
    expect(objects()).toBe(before);
  });

  it('may be any name of loopback with our port, or that of PUBLIC_URL', async () => {
    const { port } = new URL(product.origin);
    for (const host of [
      `localhost:${port}`,
      `LOCALHOST:${port}`,
      `[::1]:${port}`,
      'prompts.example',
    ]) {
      expect((await ask(`${product.origin}/`, { headers: { host } })).status).toBe(200);
    }
  });
});

describe('a request that arrives under the host of PUBLIC_URL, through a tunnel', () => {
  const host = 'prompts.example';

  it('is not the local owner: without a key it runs nothing', async () => {
    const before = objects();
    for (const path of ['/', '/runs', '/?dry_run=1']) {
      const { status, text } = await post(path, 'Say hello.', { host });
      expect([status, codeOf(text)]).toEqual([401, 'unauthorized']);
    }
    expect(objects()).toBe(before);
  });

  it('is told the addresses of the run under PUBLIC_URL', async () => {
    const alice = { host, authorization: 'Bearer alice-key-0123456789' };
    const { headers, text } = await post('/', 'Say hello.', { ...alice, accept: 'text/html' });
    expect(text).toBe('');
    expect(headers['set-cookie']?.[0]).toContain('Secure');
    const { url } = JSON.parse((await post('/', 'Say hello.', alice)).text) as { url: string };
    expect(new URL(url).origin).toBe('https://prompts.example');
  });

  it('is cross-site from a page of any other origin, http of the same host included', async () => {
    const alice = { host, authorization: 'Bearer alice-key-0123456789' };
    const from = (origin: string) => post('/', 'Say hello.', { ...alice, origin });
    expect((await from('https://prompts.example')).status).toBe(201);
    expect((await from('http://prompts.example')).status).toBe(403);
    expect((await from(product.origin)).status).toBe(403);
    const local = await post('/', 'Say hello.', { origin: 'https://prompts.example' });
    expect(local.status).toBe(403);
  });

  it('with an API key is the principal of that key, whose run it is', async () => {
    const alice = { host, authorization: 'Bearer alice-key-0123456789' };
    const { id } = await newRun(alice);
    const bob = { host, authorization: 'Bearer bob-key-0123456789' };
    expect((await post(`/${id}/cancel`, '', bob)).status).toBe(401);
    expect((await post(`/${id}/cancel`, '', alice)).status).toBe(200);
  });
});

describe('a request that another site caused', () => {
  it.each(['cross-site', 'same-site'])('(%s) as no-cors text changes nothing', async (site) => {
    const before = objects();
    const headers = {
      'content-type': 'text/plain',
      'sec-fetch-site': site,
      'sec-fetch-mode': 'no-cors',
    };
    const { status, text } = await post('/', 'Say hello.', headers);
    expect(status).toBe(403);
    expect(codeOf(text)).toBe('cross_site');
    expect(objects()).toBe(before);
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1:1'])(
    'is known by its Origin %s where Sec-Fetch-Site is missing',
    async (origin) => {
      expect((await post('/', 'Say hello.', { origin })).status).toBe(403);
    },
  );

  it.each([
    [{ 'content-type': FORM, 'sec-fetch-site': 'cross-site' }, 'prompt=Say+%3Cb%3Ehello'],
    [{ 'content-type': FORM, origin: 'https://evil.example' }, 'prompt=Say+%3Cb%3Ehello'],
  ])('as a form shows the editor, filled, and runs nothing', async (headers, body) => {
    const before = objects();
    const { status, headers: answered, text } = await post('/', body, headers);
    expect(status).toBe(200);
    expect(text).toContain('<textarea');
    expect(text).toContain('Say &lt;b&gt;hello');
    expect(answered['referrer-policy']).toBe('same-origin');
    expect(answered.location).toBeUndefined();
    expect(objects()).toBe(before);
  });

  it('cannot cancel or delete a run even with its token', async () => {
    const { id, token } = await newRun();
    const headers = { authorization: `Bearer ${token}`, 'sec-fetch-site': 'same-site' };
    expect((await post(`/${id}/cancel`, '', headers)).status).toBe(403);
    expect((await ask(`${product.origin}/${id}`, { method: 'DELETE', headers })).status).toBe(403);
  });

  it.each([
    '/runs',
    '/%72uns',
    '/%63onnections',
    '/connect%69ons',
    '/%66rom/https://a.example/%ff',
  ])('reads nothing of %s, which is somebody’s own however it is written', async (path) => {
    const { headers } = await ask(product.origin + path, { headers: { origin: 'null' } });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    const read = `${product.origin}/%72obots.txt`;
    const open = await ask(read, { headers: { origin: 'null' } });
    expect(open.headers['access-control-allow-origin']).toBe('*');
  });

  it('never gets leave from a preflight of a local server', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const answer = await ask(`${product.origin}/`, { method: 'OPTIONS', headers });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    const key = { authorization: 'Bearer alice-key-0123456789', origin: 'https://evil.example' };
    expect((await post('/', 'Hi.', key)).status).toBe(403);
  });

  it('from our own page is our own', async () => {
    const own = { 'sec-fetch-site': 'same-origin', origin: product.origin };
    expect((await post('/', 'Say hello.', own)).status).toBe(201);
    expect((await post('/', 'Say hello.', { origin: product.origin })).status).toBe(201);
    expect((await post('/', 'Say hello.', { 'sec-fetch-site': 'none' })).status).toBe(201);
  });
});

describe('an id that this server did not make', () => {
  const guessed = () =>
    Array.from({ length: 32 }, () => 'abcXYZ019'[Math.floor(Math.random() * 9)]).join('');

  it('is the same 404 whether mistyped, guessed, malformed or deleted, and creates nothing', async () => {
    const { id, token } = await newRun();
    await ask(`${product.origin}/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
    const mistyped = (id.startsWith('a') ? 'b' : 'a') + id.slice(1);
    const before = objects();
    const guesses = Array.from({ length: 30 }, guessed);
    const answers = await Promise.all(
      [id, mistyped, 'nothing', ...guesses].map((path) => ask(`${product.origin}/${path}`)),
    );
    expect(answers[0]?.status).toBe(404);
    expect(new Set(answers.map(comparable)).size).toBe(1);
    expect(objects()).toBe(before);
  });

  it.each(['/events', '/cancel', '.json', '.md', '?key=output'])(
    'with %s is that 404 too',
    async (rest) => {
      const method = rest === '/cancel' ? 'POST' : 'GET';
      const { status, text } = await ask(`${product.origin}/${guessed()}${rest}`, { method });
      expect(status).toBe(404);
      expect(codeOf(text)).toBe('not_found');
    },
  );
});

describe('an address with a slash too much at its end', () => {
  it.each([
    ['GET', '/docs/', '/docs'],
    ['POST', '/runs/?wait=1', '/runs?wait=1'],
    ['GET', '/examples//', '/examples/'],
  ])('of %s %s leads to %s', async (method, path, location) => {
    const { status, headers } = await ask(product.origin + path, { method });
    expect([status, headers.location]).toEqual([308, location]);
  });

  it.each(['//evil.example/', '/\\evil.example/'])('never leads elsewhere: %s', async (path) => {
    const { status, headers } = await ask(product.origin + path);
    expect([status, headers.location]).toEqual([404, undefined]);
  });
});

describe('owning a run', () => {
  it.each([
    ['no proof', {}],
    ['the token of another run', { authorization: `Bearer ${'x'.repeat(43)}` }],
    ['a key of somebody else', { authorization: 'Bearer bob-key-0123456789' }],
    ['an empty bearer', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['a wrong cookie', { cookie: 'run_owner=nope' }],
  ])('is not shown by %s: 401 owner_required, also on loopback', async (_, headers) => {
    const { id } = await newRun();
    const cancelled = await post(`/${id}/cancel`, '', headers);
    const deleted = await ask(`${product.origin}/${id}`, { method: 'DELETE', headers });
    expect([cancelled.status, deleted.status]).toEqual([401, 401]);
    expect(codeOf(cancelled.text)).toBe('owner_required');
    expect((await ask(`${product.origin}/${id}`)).status).toBe(200);
  });

  it('is shown by the token, the cookie, or the API key that made the run', async () => {
    const key = { authorization: 'Bearer alice-key-0123456789' };
    const mine = await newRun(key);
    expect(
      (await ask(`${product.origin}/${mine.id}`, { method: 'DELETE', headers: key })).status,
    ).toBe(204);
    const one = await newRun();
    const cookie = { cookie: `other=1; run_owner=${one.token}` };
    expect((await post(`/${one.id}/cancel`, '', cookie)).status).toBe(200);
    const other = await newRun();
    const token = { authorization: `Bearer ${other.token}` };
    expect(
      (await ask(`${product.origin}/${other.id}`, { method: 'DELETE', headers: token })).status,
    ).toBe(204);
  });

  it('an unknown API key runs nothing', async () => {
    const { status, text } = await post('/', 'Hi.', {
      authorization: 'Bearer unknown-key-0123456789',
    });
    expect(status).toBe(401);
    expect(codeOf(text)).toBe('unauthorized');
  });
});

describe('every response', () => {
  it('carries the security headers', async () => {
    const { id } = await newRun();
    for (const path of [
      '/',
      `/${id}`,
      `/${id}.html`,
      `/${id}.json`,
      '/nothing',
      '/openapi.json',
      '/robots.txt',
    ]) {
      const { headers } = await ask(product.origin + path);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['x-robots-tag']).toContain('noindex');
      expect(headers['referrer-policy']).toBe(path === '/' ? 'same-origin' : 'no-referrer');
      const isForAll = path === '/openapi.json';
      expect(headers['cache-control']).toMatch(isForAll ? /^public, no-cache$/ : /^private/);
    }
  });

  it.each([
    ['/', 'PUT', 'GET, HEAD, POST'],
    ['/runs', 'PUT', 'GET, HEAD, POST'],
    ['/openapi.json', 'POST', 'GET, HEAD'],
  ])('to a method that %s does not take (%s) names those it does', async (path, method, allow) => {
    const { status, headers, text } = await ask(product.origin + path, { method });
    expect(status).toBe(405);
    expect(headers.allow).toBe(allow);
    expect(text).toContain(`takes ${allow}, and no ${method}`);
  });
});

describe('the network inside', () => {
  it('is never reached from a prompt, directly or by way of a redirect', async () => {
    const seen: string[] = [];
    const canary = await httpPeer((request, response) => {
      seen.push(request.url ?? '');
      response.end('secret of the inside');
    });
    const redirecting = await httpPeer((_, response) =>
      response.writeHead(302, { location: `${canary.origin}/by-redirect` }).end(),
    );
    const other = await startProduct({ EGRESS_ALLOW: redirecting.host });
    const { port } = new URL(canary.origin);
    const addresses = [
      `${canary.origin}/plain`,
      `${redirecting.origin}/redirect`,
      `http://localhost:${port}/name`,
      `http://2130706433:${port}/decimal`,
      `http://0x7f.1:${port}/hex`,
      `http://[::ffff:127.0.0.1]:${port}/mapped`,
      `https://127.0.0.1:${port}/tls`,
      `http://localtest.me:${port}/dns`,
    ];
    const prompt = addresses.map((address) => `- @${address}`).join('\n');
    const response = await ask(`${other.origin}/?wait=40`, { body: `Read:\n${prompt}` });
    await Promise.all([other.stop(), canary.stop(), redirecting.stop()]);
    expect(response.status).toBe(200);
    expect(response.text).not.toContain('secret of the inside');
    expect(seen).toEqual([]);
  });
});
