import { describe, expect, it } from 'vitest';
import { nodeNetwork } from '../../../src/node/node-network.ts';
import type { Resolver } from '../../../src/node/node-network.ts';
import { loopbackServer } from '../egress/loopback-server.ts';

const inside = await loopbackServer((_request, response) => response.end('inside'));
const { port } = new URL(inside.origin);

/** A resolver that says what the test wants, as the owner of a zone can. */
function answering(...addresses: string[]): Resolver {
  return (_hostname, _options, callback) => {
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
}

describe('the internet transport', () => {
  it.each([
    ['loopback', ['127.0.0.1']],
    ['a public and a loopback address', ['8.8.8.8', '127.0.0.1']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['a private address', ['10.0.0.1']],
    ['the metadata service', ['169.254.169.254']],
    ['nothing', []],
  ])('EG-6: refuses a name that resolves to %s', async (_what, addresses) => {
    inside.seen.length = 0;
    const { internet } = nodeNetwork(answering(...addresses));
    await expect(internet(`http://rebound.example:${port}/`, {})).rejects.toThrow('fetch failed');
    expect(inside.seen).toEqual([]);
  });

  it.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost'])(
    'EG-6: refuses %s even when the address policy was not asked',
    async (host) => {
      inside.seen.length = 0;
      await expect(nodeNetwork().internet(`http://${host}:${port}/`, {})).rejects.toThrow(
        'fetch failed',
      );
      expect(inside.seen).toEqual([]);
    },
  );
});

describe('the local transport', () => {
  it('EG-7: reaches loopback by number and by name', async () => {
    const response = await nodeNetwork().local(inside.origin, {});
    expect(await response.text()).toBe('inside');
    const { local } = nodeNetwork(answering('127.0.0.1'));
    expect((await local(`http://localhost:${port}/`, {})).status).toBe(200);
  });

  it('EG-7: reaches nothing else', async () => {
    const { local } = nodeNetwork(answering('8.8.8.8'));
    await expect(local('http://localhost:1/', {})).rejects.toThrow('fetch failed');
    await expect(local('http://10.0.0.1:1/', {})).rejects.toThrow('fetch failed');
  });
});
