import { describe, expect, it } from 'vitest';

import type { LoginRows, RowKind } from '../../../src/login/login.ts';
import { memoryRows } from '../../../src/login/memory-rows.ts';
import { seal } from '../../../src/login/sealed.ts';
import type { Grant } from '../../../src/login/vault-row.ts';
import { grantKey, openVault } from '../../../src/login/vault.ts';

const OLD = 'an-old-key-of-tests-that-is-long-enough';
const NEW = 'a-new-key-of-tests-that-is-long-enough!';
const TARGET = { url: 'https://tools.example/mcp', user: '', profile: 'default' };
const GRANT: Grant = {
  id: 'id',
  target: TARGET,
  issuer: 'https://as.example',
  resource: 'https://tools.example/mcp',
  client: { client_id: 'client', method: 'none', source: 'dynamic' },
  access_token: 'canary-access',
  refresh_token: 'canary-refresh',
  scope: 'read',
  requested: 'read',
  created_at: 1,
  expires_at: null,
  refresh_at: null,
  renewed_at: null,
};

describe('a sealed text', () => {
  it('opens at its place and says nothing before', async () => {
    const sealed = await seal('alice', [OLD]).close('place', 'canary-text');
    expect(sealed).not.toContain('canary');
    expect(await seal('alice', [OLD]).open('place', sealed)).toBe('canary-text');
  });

  it('looks different each time', async () => {
    const alice = seal('alice', [OLD]);
    expect(await alice.close('place', 'text')).not.toBe(await alice.close('place', 'text'));
  });

  it('does not open at another place, for another principal or with another key', async () => {
    const sealed = await seal('alice', [OLD]).close('place', 'text');
    expect(await seal('alice', [OLD]).open('other', sealed)).toBeNull();
    expect(await seal('bob', [OLD]).open('place', sealed)).toBeNull();
    expect(await seal('alice', [NEW]).open('place', sealed)).toBeNull();
  });

  it('does not open when it was changed, cut or is no sealed text at all', async () => {
    const alice = seal('alice', [OLD]);
    const sealed = await alice.close('place', 'a text of some length');
    const [version = '', id = '', nonce = '', content = ''] = sealed.split('.');
    const flipped = `${content.startsWith('A') ? 'B' : 'A'}${content.slice(1)}`;
    const broken = [
      '',
      '....',
      'not sealed',
      sealed.slice(0, -4),
      sealed.slice(0, sealed.length / 2),
      `2.${id}.${nonce}.${content}`,
      `${version}.${id}..${content}`,
      `${version}.${id}.${nonce}.${flipped}`,
      `${version}.${id}.${nonce}.`,
      `${version}.${id}.${nonce}.%%%`,
    ];
    for (const each of broken) expect(await alice.open('place', each)).toBeNull();
  });

  it('opens with an older key and is closed with the first', async () => {
    const sealed = await seal('alice', [OLD]).close('place', 'text');
    const rotated = seal('alice', [NEW, OLD]);
    expect(await rotated.open('place', sealed)).toBe('text');
    const again = await rotated.close('place', 'text');
    expect(await seal('alice', [NEW]).open('place', again)).toBe('text');
    expect(await seal('alice', [OLD]).open('place', again)).toBeNull();
  });

  it('names the key without telling whose it is or what it is', async () => {
    const [alice = '', bob = ''] = await Promise.all(
      ['alice', 'bob'].map(async (name) => await seal(name, [OLD]).close('place', 'x')),
    );
    expect(alice.split('.')[1]).toHaveLength(8);
    expect(alice.split('.')[1]).not.toBe(bob.split('.')[1]);
  });

  it('needs a key', () => {
    expect(() => seal('alice', [])).toThrow(TypeError);
  });
});

describe('the vault', () => {
  const keyed = grantKey(TARGET, GRANT.issuer);

  it('keeps nothing that can be read, neither in values nor in keys', async () => {
    const key = await keyed;
    const rows = memoryRows();
    await openVault(rows, 'alice', [OLD]).put('grant', key, GRANT);
    expect(JSON.stringify(await rows.list('grant'))).not.toContain('canary');
  });

  it('takes a row that was swapped with another for no login', async () => {
    const key = await keyed;
    const rows = memoryRows();
    const vault = openVault(rows, 'alice', [OLD]);
    const otherKey = await grantKey({ ...TARGET, url: 'https://other.example/mcp' }, GRANT.issuer);
    await vault.put('grant', key, GRANT);
    await vault.put('grant', otherKey, { ...GRANT, access_token: 'other' });
    await swap(rows, 'grant', key, otherKey);
    expect(await vault.get('grant', key)).toBeNull();
    expect(await vault.list('grant')).toEqual([]);
  });

  it('takes a row of another kind for no login', async () => {
    const key = await keyed;
    const rows = memoryRows();
    const vault = openVault(rows, 'alice', [OLD]);
    await vault.put('grant', key, GRANT);
    await rows.put('flow', key, (await rows.get('grant', key)) ?? '');
    expect(await vault.get('flow', key)).toBeNull();
  });

  it('takes the row of another principal for no login', async () => {
    const key = await keyed;
    const alice = memoryRows();
    const bob = memoryRows();
    await openVault(alice, 'alice', [OLD]).put('grant', key, GRANT);
    await bob.put('grant', key, (await alice.get('grant', key)) ?? '');
    expect(await openVault(bob, 'bob', [OLD]).get('grant', key)).toBeNull();
  });

  it('takes a row of an earlier version for no login', async () => {
    const key = await keyed;
    const rows = memoryRows();
    const place = JSON.stringify(['grant', key]);
    await rows.put('grant', key, await seal('alice', [OLD]).close(place, '{"token":"x"}'));
    expect(await openVault(rows, 'alice', [OLD]).get('grant', key)).toBeNull();
  });

  it('has a key for every user, profile, server and issuer, with nothing of a URL but its host', async () => {
    const keys = await Promise.all([
      grantKey(TARGET, 'https://as.example'),
      grantKey(TARGET, 'https://as.example/'),
      grantKey({ ...TARGET, user: 'u' }, 'https://as.example'),
      grantKey({ ...TARGET, profile: 'p' }, 'https://as.example'),
      grantKey({ ...TARGET, user: 'default', profile: '' }, 'https://as.example'),
      grantKey({ ...TARGET, url: `${TARGET.url}/more` }, 'https://as.example'),
      grantKey({ ...TARGET, url: `${TARGET.url}?key=canary` }, 'https://as.example'),
    ]);
    expect(keys.join()).not.toContain('canary');
    expect(keys[0]).toMatch(/^tools\.example /);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('rows in memory', () => {
  it('run work of one name alone, and of other names beside it', async () => {
    const rows = memoryRows();
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      await Promise.resolve();
      running -= 1;
    };
    await Promise.all(Array.from({ length: 10 }, () => rows.alone('one', work)));
    expect(most).toBe(1);
    await Promise.all(['a', 'b', 'c'].map((name) => rows.alone(name, work)));
    expect(most).toBeGreaterThan(1);
  });

  it('go on after work that failed', async () => {
    const rows = memoryRows();
    const failing = rows.alone('one', () => Promise.reject(new Error('no')));
    const next = rows.alone('one', async () => 'yes');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});

async function swap(rows: LoginRows, kind: RowKind, one: string, other: string): Promise<void> {
  const [first, second] = [await rows.get(kind, one), await rows.get(kind, other)];
  await rows.put(kind, one, second ?? '');
  await rows.put(kind, other, first ?? '');
}
