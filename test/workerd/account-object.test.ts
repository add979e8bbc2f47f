/** The account of one user, inside workerd with its real SQLite. */
import { env, runInDurableObject } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { accountClient } from '../../src/worker/account/account-client.ts';
import { AccountRows } from '../../src/worker/account/account-rows.ts';
import { newUserToken, userId, userOfToken } from '../../src/worker/account/user-token.ts';
import { providersFor } from '../../src/worker/account/user-providers.ts';
import { readEnv } from '../../src/worker/env.ts';
import type { Env } from '../../src/worker/env.ts';
import {
  isGuest,
  namedPrincipal,
  principalName,
} from '../../src/worker/principal/principal-name.ts';
import { backTo, backToPage } from '../../src/worker/principal/return-path.ts';

const bindings = env as unknown as Env;
const { settings } = readEnv(bindings);
if (settings === null) throw new Error('misconfigured');

let principal = '';
let count = 0;
beforeEach(() => {
  count += 1;
  principal = `user:o${String(count).padStart(26, '0')}`;
});

const account = () => accountClient(bindings, principal);

/** Works on what the object of this test keeps. */
function inside<Value>(work: (sql: SqlStorage) => Value): Promise<Value> {
  return runInDurableObject(bindings.ACCOUNTS.getByName(principal), (_object, state) =>
    work(state.storage.sql),
  );
}

const arrived = (state: string, providerKey: string | null = 'sk-or-v1-canary-of-ann') => ({
  person: 'Ann',
  state,
  until: Date.now() + 600_000,
  providerKey,
  letIn: null,
});

describe('a sign-in', () => {
  it('counts once for each state', async () => {
    const generation = await account().signIn(principal, arrived('one'));
    expect(generation).toMatch(/^[0-9A-Za-z]{22}$/);
    expect(await account().signIn(principal, arrived('one'))).toBeNull();
    expect(await account().signIn(principal, arrived('two'))).toBe(generation);
  });

  it('makes sessions that hold until all are ended', async () => {
    const generation = (await account().signIn(principal, arrived('one'))) ?? '';
    expect(await account().session(generation)).toBe('Ann');
    expect(await account().session('another')).toBeNull();
    await account().endSessions();
    expect(await account().session(generation)).toBeNull();
  });
});

describe('the key of a provider', () => {
  it('is given back to its own principal, and stands nowhere in what is kept', async () => {
    await account().signIn(principal, arrived('one'));
    expect(await account().providerKey(principal)).toBe('sk-or-v1-canary-of-ann');
    const kept = await inside((sql) => JSON.stringify(sql.exec('SELECT * FROM kept').toArray()));
    expect(kept).not.toContain('canary');
  });

  it('opens for nobody else who holds the row', async () => {
    await account().signIn(principal, arrived('one'));
    expect(await account().providerKey('user:oanother')).toBeNull();
  });

  it('stays when somebody signs in without one, and is gone when it is forgotten', async () => {
    await account().signIn(principal, arrived('one'));
    await account().signIn(principal, arrived('two', null));
    expect(await account().providerKey(principal)).not.toBeNull();
    expect(await account().forgetProviderKey()).toBe(true);
    expect(await account().providerKey(principal)).toBeNull();
    expect(await account().forgetProviderKey()).toBe(false);
  });

  it('takes the list of models along', async () => {
    await account().keepModels('[]');
    expect(await account().models()).toBe('[]');
    await inside((sql) => sql.exec('UPDATE kept SET at = at - 300001'));
    expect(await account().models()).toBeNull();
    await account().keepModels('[]');
    await account().signIn(principal, arrived('one'));
    expect(await account().models()).toBeNull();
  });
});

describe('a key', () => {
  it('ends when its time is over', async () => {
    await account().addKey({ hash: 'a', name: 'soon', expires_at: Date.now() + 60_000 });
    expect(await account().useKey('a')).not.toBeNull();
    await inside((sql) => sql.exec('UPDATE key SET expires_at = 1'));
    expect(await account().useKey('a')).toBeNull();
    expect((await account().view()).keys).toEqual([]);
  });

  it('notes its use, and writes no more often than once in a minute', async () => {
    const key = await account().addKey({ hash: 'a', name: 'one', expires_at: null });
    expect(key?.used_at).toBeNull();
    await account().useKey('a');
    const used = () => inside((sql) => new AccountRows(sql).keys()[0]?.used_at);
    const first = await used();
    expect(first).toBeGreaterThan(0);
    await account().useKey('a');
    expect(await used()).toBe(first);
  });
});

describe('a code', () => {
  const code = (more: object = {}) => ({
    hash: 'h',
    challenge: 'c',
    name: 'mdops',
    until: Date.now() + 60_000,
    ...more,
  });

  it('works once, with its challenge, in time', async () => {
    await account().addCode(code());
    expect(await account().takeCode('h', 'c')).toBe('mdops');
    expect(await account().takeCode('h', 'c')).toBeNull();
    await account().addCode(code());
    expect(await account().takeCode('h', 'other')).toBeNull();
    expect(await account().takeCode('h', 'c')).toBeNull();
    await account().addCode(code({ until: Date.now() - 1 }));
    expect(await account().takeCode('h', 'c')).toBeNull();
  });

  it('makes room for new ones', async () => {
    for (let n = 0; n < 30; n += 1) {
      await account().addCode(code({ hash: `h${n}`, until: Date.now() + 60_000 + n }));
    }
    expect(await account().takeCode('h0', 'c')).toBeNull();
    expect(await account().takeCode('h29', 'c')).toBe('mdops');
  });
});

describe('a token', () => {
  it('says whose it is, for what it was made alone', async () => {
    const user = await userId(settings, 'openrouter', { issuer: 'https://a', subject: 'ann' });
    const token = await newUserToken(settings, 'mdo', user);
    expect(await userOfToken(settings, 'mdo', token)).toBe(user);
    expect(await userOfToken(settings, 'mdc', token)).toBeNull();
    expect(await userOfToken(settings, 'mdc', token.replace('mdo', 'mdc'))).toBeNull();
    const other = { ...settings, idKey: `${settings.idKey}x` };
    expect(await userOfToken(other, 'mdo', token)).toBeNull();
  });

  it('names another user for another subject, issuer and way', async () => {
    const ids = await Promise.all([
      userId(settings, 'openrouter', { issuer: 'https://a', subject: 'ann' }),
      userId(settings, 'openrouter', { issuer: 'https://a', subject: 'bob' }),
      userId(settings, 'openrouter', { issuer: 'https://b', subject: 'ann' }),
      userId(settings, 'oidc', { issuer: 'https://a', subject: 'ann' }),
    ]);
    expect(new Set(ids).size).toBe(4);
    expect(ids.join()).not.toMatch(/ann|bob/);
  });
});

describe('a principal', () => {
  it('has a name that says it again', () => {
    for (const each of ['local', 'key:alice', principal]) {
      expect(principalName(namedPrincipal(each))).toBe(each);
    }
    expect(() => namedPrincipal('provider:x')).toThrow(TypeError);
  });

  it('that signed in with OpenRouter has its models and the demo alone', () => {
    expect(isGuest(principal)).toBe(true);
    expect(providersFor(settings, principal).map(({ id }) => id)).toEqual(['openrouter', 'demo']);
    expect(isGuest(principal.replace(':o', ':i'))).toBe(false);
    expect(providersFor(settings, 'key:o')).toBe(settings.providers);
  });
});

describe('the way back', () => {
  it.each([
    ['/account', '/account'],
    ['/runs', '/runs'],
    ['/', '/'],
    [
      '/oauth/authorize?client_id=a%20b&x=https://c.example/d',
      '/oauth/authorize?client_id=a%20b&x=https://c.example/d',
    ],
    ['/oauth/authorize', '/'],
    ['/oauth/token?x=1', '/'],
    ['/account/cli?a=b\\c', '/'],
    ['//account', '/'],
    ['https://evil.example/account', '/'],
    ['/account#//evil.example', '/'],
    ['/account\n', '/'],
  ])('%s is %s', (asked, path) => {
    expect(backTo(asked)).toBe(path);
  });

  it('keeps the query where the page needs it', () => {
    const page = (text: string) => backToPage(new URL(text, 'https://prompts.example'));
    expect(page('/account/cli?port=1')).toBe('/account/cli?port=1');
    expect(page('/runs?status=failed')).toBe('/runs');
  });
});
