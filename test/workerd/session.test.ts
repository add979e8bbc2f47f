import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/worker/env.ts';
import { proofOf, runner } from '../../src/worker/principal/principal.ts';
import { newRunId } from '../../src/worker/run/run-id.ts';
import { sessionCookie, sessionOf } from '../../src/worker/principal/session.ts';
import { readSettings } from '../../src/worker/settings.ts';
import { signed, unsigned } from '../../src/connect/signed.ts';

const bindings = env as unknown as Env;
const ALICE = { kind: 'key', name: 'alice' };
const KEY = 'an-id-key-of-tests-that-is-long-enough';
const settingsWith = (variables: Record<string, string>) => {
  const { settings } = readSettings({
    ID_KEY: KEY,
    VAULT_KEY: 'v'.repeat(32),
    PUBLIC_URL: 'https://prompts.example',
    ...variables,
  });
  if (settings === null) throw new Error('misconfigured');
  return settings;
};
const SETTINGS = settingsWith({ API_KEYS: 'alice:alice-key-0123456789' });
const ASKED = new Request('https://prompts.example/');

async function withSession(): Promise<Request> {
  const key = { name: 'alice', key: 'alice-key-0123456789' };
  const cookie = await sessionCookie(ASKED, SETTINGS, key);
  return new Request(ASKED.url, { headers: { cookie: cookie.split(';')[0] ?? '' } });
}

describe('a session', () => {
  it('is the API key that it was made with', async () => {
    const request = await withSession();
    expect(await sessionOf(request, bindings, SETTINGS)).toEqual(ALICE);
    expect(await runner(request, bindings, SETTINGS)).toEqual(ALICE);
    const proof = await proofOf(request, bindings, SETTINGS, await newRunId(KEY));
    expect(proof).toEqual({ holdsToken: false, principal: 'key:alice' });
  });

  it('goes on while its name has a second key', async () => {
    const both = 'alice:another-key-0123456789,alice:alice-key-0123456789';
    expect(
      await sessionOf(await withSession(), bindings, settingsWith({ API_KEYS: both })),
    ).toEqual(ALICE);
  });

  it.each([
    ['the key is replaced', { API_KEYS: 'alice:another-key-0123456789' }],
    ['the name goes to another key', { API_KEYS: 'bob:alice-key-0123456789' }],
    ['the key is taken away', { API_KEYS: '' }],
    ['the server has another ID_KEY', { ID_KEY: 'x'.repeat(40) }],
  ])('ends when %s', async (_how, variables) => {
    const changed = settingsWith({ API_KEYS: 'alice:alice-key-0123456789', ...variables });
    expect(await sessionOf(await withSession(), bindings, changed)).toBeNull();
  });

  it('does not count under the name that it has without https', async () => {
    const cookie = ((await withSession()).headers.get('cookie') ?? '').replace('__Host-', '');
    expect(
      await sessionOf(new Request(ASKED.url, { headers: { cookie } }), bindings, SETTINGS),
    ).toBeNull();
  });

  it('gives way to a key in the request', async () => {
    const { headers } = await withSession();
    const both = new Headers(headers);
    both.set('authorization', 'Bearer unknown-key-0123456789');
    await expect(
      runner(new Request(ASKED.url, { headers: both }), bindings, SETTINGS),
    ).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

describe('a signed value', () => {
  const until = Date.now() + 3_600_000;

  it('comes back as it was', async () => {
    const text = await signed(KEY, 'login', { fields: ['a', 'ü €', ''], until });
    expect(text).toMatch(/^[\w-]+\.[\w-]{43}$/);
    expect(await unsigned(KEY, 'login', text)).toEqual(['a', 'ü €', '']);
  });

  it('is worth nothing for another purpose, under another key, later, or changed', async () => {
    const text = await signed(KEY, 'login', { fields: ['a'], until });
    const late = await signed(KEY, 'login', { fields: ['a'], until: Date.now() - 1 });
    expect(await unsigned(KEY, 'session', text)).toBeNull();
    expect(await unsigned(`${KEY}x`, 'login', text)).toBeNull();
    expect(await unsigned(KEY, 'login', late)).toBeNull();
    for (const changed of ['', '.', `x${text}`, `${text}x`, text.slice(1), text.replace('.', '')]) {
      expect(await unsigned(KEY, 'login', changed)).toBeNull();
    }
  });
});
