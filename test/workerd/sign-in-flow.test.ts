/** What a browser keeps while it signs in elsewhere, inside workerd. */
import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { markOf } from '../../src/connect/signed.ts';
import { seal } from '../../src/login/sealed.ts';
import { addressName } from '../../src/worker/principal/caller-address.ts';
import { readSettings } from '../../src/worker/settings.ts';
import { variablesOf } from '../../src/worker/env.ts';
import type { Env } from '../../src/worker/env.ts';
import { beginSignIn, finishSignIn } from '../../src/worker/sign-in/sign-in-flow.ts';

const bindings = env as unknown as Env;
const { settings } = readSettings({ ...variablesOf(bindings), SIGN_IN: 'openrouter' });
if (settings === null) throw new Error('misconfigured');
const SETTINGS = settings;
const { idKey, vaultKeys } = settings;

/** Comes back with a cookie of ours that says `flow`. */
async function comesBack(
  flow: Readonly<Record<string, unknown>>,
  from: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = `__Host-sign_in_${(await markOf(idKey, 'sign-in-state:s')).slice(0, 16)}`;
  const text = JSON.stringify({ way: 'openrouter', state: 's', back: '/account', ...flow });
  const value = await seal('sign-in', vaultKeys).close('openrouter', text);
  // Without a code nobody is asked: what is refused before says so by another word.
  const url = 'https://prompts.example/sign-in/openrouter/callback?state=s';
  const request = new Request(url, { headers: { ...from, cookie: `${name}=${value}` } });
  const { headers } = await finishSignIn(request, bindings, SETTINGS, 'openrouter');
  expect(headers.get('set-cookie')).toContain(
    `${name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`,
  );
  return headers.get('location') ?? '';
}

describe('a sign-in', () => {
  it('is over after ten minutes', async () => {
    const later = await comesBack({ until: Date.now() + 60_000 });
    expect(later).toContain('failed=login_denied');
    expect(await comesBack({ until: Date.now() - 1 })).toContain('failed=login_invalid');
  });

  it('is of its own state and way alone', async () => {
    const until = Date.now() + 60_000;
    expect(await comesBack({ until, state: 't' })).toContain('failed=login_invalid');
    expect(await comesBack({ until, way: 'oidc' })).toContain('failed=login_invalid');
  });

  it('leaves a cookie in which nothing can be read, for this host alone', async () => {
    const request = new Request('https://prompts.example/sign-in/openrouter', { method: 'POST' });
    const response = await beginSignIn(request, bindings, SETTINGS, 'openrouter');
    const address = new URL(response.headers.get('location') ?? '');
    expect(address.origin).toBe('https://openrouter.ai');
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /^__Host-sign_in_[\w-]{16}=1\.[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/,
    );
    const callback = new URL(address.searchParams.get('callback_url') ?? '');
    expect(cookie).not.toContain(callback.searchParams.get('state') ?? '-');
  });

  it('asks where one signs in so often from one address, also with one cookie over and over', async () => {
    const { settings: other } = readSettings({
      ...variablesOf(bindings),
      SIGN_IN: 'oidc',
      OIDC_ISSUER: 'https://127.0.0.1:9',
      OIDC_CLIENT_ID: 'us',
    });
    if (other === null) throw new Error('misconfigured');
    const headers = { 'cf-connecting-ip': '192.0.2.77' };
    const asked = { method: 'POST', headers };
    const begin = async () => {
      const request = new Request('https://prompts.example/sign-in/oidc', asked);
      return (await beginSignIn(request, bindings, other, 'oidc')).headers.get('location');
    };
    expect(await begin()).toContain('failed=login_unavailable');
    const name = await addressName(new Request('https://prompts.example', asked), other);
    const address = bindings.ADDRESSES.getByName(`sign-in:${name}`);
    await runInDurableObject(address, (_, { storage }) => {
      storage.sql.exec('UPDATE bucket SET spare = 0, at = ?', Date.now() + 60_000);
    });
    await expect(begin()).rejects.toMatchObject({ code: 'rate_limited' });
    const until = Date.now() + 60_000;
    expect(await comesBack({ until }, headers)).toContain('failed=login_unavailable');
    expect(await comesBack({ until })).toContain('failed=login_denied');
  });

  it('uses nothing up when somebody only looks', async () => {
    const url = 'https://prompts.example/sign-in/openrouter/callback?state=s';
    const request = new Request(url, { method: 'HEAD' });
    await expect(finishSignIn(request, bindings, SETTINGS, 'openrouter')).rejects.toMatchObject({
      code: 'method_not_allowed',
    });
  });
});
