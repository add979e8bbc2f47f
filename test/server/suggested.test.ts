/** What somebody else suggests runs with nothing that belongs to the one who clicks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    ).not.toContain('suggested');
  });
});
