/** What somebody else suggests runs with nothing that belongs to the one who clicks. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { Browser } from '../support/login-product.ts';
import { httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';

describe('a prompt from elsewhere', () => {
  let product: Product;
  let peer: Peer;
  const seen: string[] = [];

  beforeAll(async () => {
    peer = await httpPeer((request, response) => {
      seen.push(String(request.headers.authorization));
      response.writeHead(500).end();
    });
    product = await startProduct({ EGRESS_ALLOW: peer.host, SECRET_TOKEN: 'canary-of-the-owner' });
  });
  afterAll(() => Promise.all([product.stop(), peer.stop()]));

  /** What a click on Run in the editor sends. */
  async function clicked(prompt: string, fields: Record<string, string> = {}) {
    const response = await fetch(`${product.origin}/?wait=30`, {
      method: 'POST',
      body: new URLSearchParams({ prompt, ...fields }),
      headers: { origin: product.origin, accept: 'application/json' },
    });
    return (await response.json()) as { error: { code: string } };
  }

  const prompt = () =>
    `---\ntools:\n  - server_url: ${peer.origin}/mcp\n    authorization: \${env:TOKEN}\n---\n\nHello.`;

  it('does not reach the local addresses that its reader opened', async () => {
    const plain = `---\ntools: ${peer.origin}/mcp\n---\n\nHello.`;
    expect(await clicked(plain, { suggested: '1' })).toMatchObject({
      error: { code: 'address_refused' },
    });
    expect(seen).toEqual([]);
  });

  it('does not get the secrets of its reader', async () => {
    const own = prompt().replace(`${peer.origin}/mcp`, '/demo/mcp');
    expect(await clicked(own, { suggested: '1' })).toMatchObject({
      error: { code: 'secret_missing' },
    });
  });

  it('has both when its reader wrote it', async () => {
    expect(await clicked(prompt())).toMatchObject({ error: { code: 'server_error' } });
    expect(seen).toContain('Bearer canary-of-the-owner');
  });

  it.each([
    ['a link', () => fetch(`${product.origin}/?prompt=Hello`)],
    [
      'a form of another site',
      () =>
        fetch(product.origin, {
          method: 'POST',
          body: new URLSearchParams({ prompt: 'Hello' }),
          headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
        }),
    ],
    [
      'what was suggested and had a problem',
      () =>
        fetch(product.origin, {
          method: 'POST',
          body: new URLSearchParams({ prompt: '---\n---\n', suggested: '1' }),
          headers: { origin: product.origin, accept: 'text/html' },
        }),
    ],
  ])('is marked in the editor when it comes by %s', async (_how, ask) => {
    const page = await (await ask()).text();
    expect(page).toContain('<input type="hidden" name="suggested" value="1">');
    expect(page).toContain('Somebody else suggests this prompt.');
  });

  it('is not what an empty editor holds', async () => {
    expect(
      await (await fetch(product.origin, { headers: { accept: 'text/html' } })).text(),
    ).not.toContain('name="suggested"');
  });
});

describe('a prompt from elsewhere that names tool servers, in a browser', () => {
  let product: Product;
  let peer: Peer;
  let seen: string[] = [];

  beforeAll(async () => {
    peer = await httpPeer((request, response) => {
      seen.push(String(request.headers.authorization));
      response.writeHead(500).end();
    });
    product = await startProduct({
      EGRESS_ALLOW: peer.host,
      SECRET_TOKEN: 'canary-of-the-owner',
      API_KEYS: 'alice:alice-key-0123456789',
    });
  });
  afterAll(() => Promise.all([product.stop(), peer.stop()]));
  beforeEach(() => (seen = []));

  const named = (text: string) =>
    `---\ntools:\n  - server_url: ${peer.origin}/mcp\n    authorization: \${env:TOKEN}\n---\n\n${text}`;

  const press = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    new Browser(product.origin, headers).submit('/', { suggested: '1', ...fields });

  /** The hidden fields of a page, as a browser would send them. */
  function fieldsOf(page: string): Record<string, string> {
    const inputs = page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
    const plain = (text: string) =>
      text
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&amp;', '&')
        .replaceAll('\n', '\r\n');
    return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, plain(value)]));
  }

  async function statusOf(location: string | undefined): Promise<string> {
    const read = async () => {
      const { text } = await ask(`${product.origin}${location}.json`);
      return JSON.parse(text) as { status: string; error?: { code: string } };
    };
    await expect.poll(async () => (await read()).status).toBe('failed');
    return (await read()).error?.code ?? '';
  }

  it('asks first: the page names servers, secrets and the callback, and nothing runs', async () => {
    const text = named('One.').replace('---\n\n', 'callback: https://hook.example/x\n---\n\n');
    const page = await press({ prompt: text });
    expect(page.status).toBe(200);
    for (const said of [peer.host, 'TOKEN', 'no login of yours yet', 'https://hook.example/x']) {
      expect(page.text).toContain(said);
    }
    expect(page.text).not.toContain('canary');
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(seen).toEqual([]);
  });

  it('runs with what is its reader’s after they said so, and does not ask again', async () => {
    const asked = await press({ prompt: named('Two.') });
    const sent = await press({ ...fieldsOf(asked.text), decision: 'with' });
    expect(sent.status).toBe(303);
    expect(await statusOf(sent.headers.location)).toBe('server_error');
    expect(seen).toContain('Bearer canary-of-the-owner');
    const again = await press({ prompt: named('Two.').replaceAll('\n', '\r\n') });
    expect(again.status).toBe(303);
    expect(await statusOf(again.headers.location)).toBe('server_error');
    expect((await press({ prompt: named('Two!') })).status).toBe(200);
  });

  it('runs with nothing of theirs when they chose so, and asks the next time', async () => {
    const asked = await press({ prompt: named('Three.') });
    const sent = await press({ ...fieldsOf(asked.text), decision: 'without' });
    expect(await statusOf(sent.headers.location)).toMatch(/^(?:secret_missing|address_refused)$/);
    expect(seen).toEqual([]);
    expect((await press({ prompt: named('Three.') })).status).toBe(200);
  });

  it('is not confirmed by a token of another document, another person, or nobody', async () => {
    const { confirm = '' } = fieldsOf((await press({ prompt: named('Four.') })).text);
    const alice = { authorization: 'Bearer alice-key-0123456789' };
    for (const [fields, headers] of [
      [{ prompt: named('Five.'), confirm, decision: 'with' }, {}],
      [{ prompt: named('Four.'), confirm, decision: 'with' }, alice],
      [{ prompt: named('Four.'), confirm, decision: 'with', model: 'demo' }, {}],
      [{ prompt: named('Four.'), decision: 'with' }, {}],
      [{ prompt: named('Four.'), confirm: `${confirm}x`, decision: 'with' }, {}],
    ] satisfies [Record<string, string>, Record<string, string>][]) {
      expect((await press(fields, headers)).status).toBe(200);
    }
    expect(seen).toEqual([]);
  });

  it('is not confirmed by a document that is another one where its lines end', async () => {
    const twisted = named('Seven. \\r\nHere.');
    const asked = await press({ prompt: twisted });
    const sent = await press({ ...fieldsOf(asked.text), decision: 'with' });
    expect(await statusOf(sent.headers.location)).toBe('server_error');
    expect((await press({ prompt: named(String.raw`Seven. \nHere.`) })).status).toBe(200);
  });

  it('is not confirmed by a page of another site that has the token', async () => {
    const fields = fieldsOf((await press({ prompt: named('Six.') })).text);
    const body = new URLSearchParams({ ...fields, decision: 'with' }).toString();
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'cross-site',
    };
    const { status, text } = await ask(product.origin, { body, headers });
    expect([status, text.includes('<textarea')]).toEqual([200, true]);
    expect(seen).toEqual([]);
  });

  it('runs without a question when it uses nothing of its reader’s', async () => {
    expect((await press({ prompt: '@/demo/mcp\n\nWhat is 2 * 3?' })).status).toBe(303);
  });
});
