/** Who a program is, read from an address that a stranger chose. */
import { describe, expect, it } from 'vitest';
import { asFault } from '../../src/fault/fault.ts';
import { readDocument } from '../../src/worker/oauth-server/metadata-document.ts';

const URL_OF = 'https://notes.example/client.json';
const DOCUMENT = {
  client_id: URL_OF,
  client_name: 'Notes',
  redirect_uris: ['https://notes.example/callback'],
};

/** A network that has one answer for everything, and counts. */
function network(answer: () => Response) {
  const asked: (RequestInit | undefined)[] = [];
  const fetch = (_url: string | URL | Request, init?: RequestInit) => {
    asked.push(init);
    return Promise.resolve(answer());
  };
  return { asked, fetch };
}

const faultOf = (reading: Promise<unknown>) =>
  reading.then(
    () => null,
    (error: unknown) => asFault(error).message,
  );

describe('a client id metadata document', () => {
  it('is a public client, whatever else it says of itself', async () => {
    const more = { logo_uri: 'https://evil.example/', scope: 'admin', jwks: { keys: [] } };
    const { fetch, asked } = network(() => Response.json({ ...DOCUMENT, ...more }));
    expect(await readDocument(URL_OF, fetch)).toEqual({
      clientId: URL_OF,
      clientName: 'Notes',
      redirectUris: DOCUMENT.redirect_uris,
      grantTypes: ['authorization_code'],
      responseTypes: ['code'],
      tokenEndpointAuthMethod: 'none',
    });
    expect(asked[0]?.redirect).toBe('error');
  });

  it('may offer a password or keys beside none', async () => {
    const methods = {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    };
    const { fetch } = network(() => Response.json({ ...DOCUMENT, ...methods }));
    expect(await readDocument(URL_OF, fetch)).toMatchObject({ tokenEndpointAuthMethod: 'none' });
  });

  it.each([
    'https://notes.example',
    'https://notes.example/',
    'https://notes.example/a/../client.json',
    'https://notes.example/%2e%2e/client.json',
    'https://notes.example/client.json#part',
    'https://notes.example/client.json#',
    'https://NOTES.example/client.json',
    'https://notes.example:443/client.json',
    'https:\\\\notes.example/client.json',
    ` ${URL_OF}`,
    `https://notes.example/${'x'.repeat(500)}`,
  ])('is not looked for at %s, which is another spelling or no document', async (url) => {
    const { fetch, asked } = network(() => Response.json({ ...DOCUMENT, client_id: url }));
    expect(await faultOf(readDocument(url, fetch))).toMatch(/is no address of a document/);
    expect(asked).toHaveLength(0);
  });

  it.each([
    ['an error', () => new Response('{}', { status: 404 }), /status 404/],
    ['a page', () => new Response('<html>'), /not a JSON object/],
    ['text that is no UTF-8', () => new Response(new Uint8Array([0xff])), /not a JSON object/],
    ['too much', () => new Response('x'.repeat(10_241)), /longer than 10 KB/],
    ['nothing', () => new Response(null), /not a JSON object/],
  ])('is refused for %s', async (_what, answer, message) => {
    const { fetch } = network(answer);
    expect(await faultOf(readDocument(URL_OF, fetch))).toMatch(message);
  });
});
