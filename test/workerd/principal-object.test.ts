/** What belongs to one principal, inside workerd with its real SQLite and alarms. */
import { env, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { grantKey, openVault } from '../../src/login/vault.ts';
import type { LoginTarget } from '../../src/login/login.ts';
import type { Env } from '../../src/worker/env.ts';
import { KeptValues } from '../../src/worker/principal/kept-values.ts';
import { LoginActions } from '../../src/worker/login/login-actions.ts';
import { SqlLoginRows } from '../../src/login/sql-rows.ts';
import { principalClient } from '../../src/worker/principal/principal-client.ts';
import { newRunId } from '../../src/worker/run/run-id.ts';

const bindings = env as unknown as Env;
const SERVER = 'https://tools.internal/mcp';
const target = (wish: Partial<LoginTarget> = {}): LoginTarget => ({
  url: SERVER,
  user: '',
  profile: 'default',
  ...wish,
});
const wish = (run: string | null = 'r'.repeat(32), wanted: Partial<LoginTarget> = {}) => ({
  target: target(wanted),
  shown: SERVER,
  run: run === null ? null : { id: run, expires_at: null },
});

let name = '';
let count = 0;
beforeEach(() => {
  count += 1;
  name = `key:test-${count}`;
});

const stub = () => bindings.PRINCIPALS.getByName(name);

/** Works on what the object of this test keeps. */
function inside<Value>(
  work: (storage: DurableObjectStorage) => Value | Promise<Value>,
): Promise<Value> {
  return runInDurableObject(stub(), (_object, state) => work(state.storage));
}

const withActions = <Value>(work: (actions: LoginActions) => Value) =>
  inside(({ sql }) => work(new LoginActions(sql)));

describe('a login link', () => {
  it('is 24 random characters and lives a day, or as long as its run', async () => {
    await withActions((actions) => {
      const free = actions.add(wish(), 0);
      expect(free?.id).toMatch(/^[0-9A-Za-z]{24}$/);
      expect((free?.expires_at ?? 0) - Date.now()).toBeGreaterThan(86_000_000);
      const soon = Date.now() + 5000;
      const bounded = actions.add({ ...wish(), run: { id: 'other', expires_at: soon } }, 0);
      expect(bounded?.expires_at).toBe(soon);
    });
  });

  it('is the same one for a run that asks twice, and another for every other run', async () => {
    await withActions((actions) => {
      const first = actions.add(wish('one'), Date.now());
      expect(actions.add(wish('one'), Date.now())?.id).toBe(first?.id);
      expect(actions.add(wish('two'), Date.now())?.id).not.toBe(first?.id);
      expect(actions.add(wish('one', { profile: 'work' }), Date.now())?.id).not.toBe(first?.id);
    });
  });

  it('is found by nobody but its own principal', async () => {
    const id = await withActions((actions) => actions.add(wish(), 0)?.id ?? '');
    const who = { principal: name, origin: 'https://prompts.example' };
    expect(await principalClient(bindings, who).offer(id)).toMatchObject({ action: { id } });
    const other = { ...who, principal: `${name}-other` };
    expect(await principalClient(bindings, other).offer(id)).toBeNull();
    expect(await principalClient(bindings, other).begin(id, 'browser')).toBeNull();
  });

  it('is forgotten a day after it was over', async () => {
    await withActions((actions) => {
      const made = actions.add(wish(null), 0);
      actions.purge(Date.now() + 40 * 3_600_000);
      expect(actions.find(made?.id ?? '')).not.toBeNull();
      actions.purge(Date.now() + 49 * 3_600_000);
      expect(actions.find(made?.id ?? '')).toBeNull();
    });
  });
});

describe('a login that was made', () => {
  it('is told to every run that waits for exactly it', async () => {
    await withActions((actions) => {
      for (const run of ['one', 'two']) actions.add(wish(run), Date.now());
      actions.add(wish('three', { url: `${SERVER}/other` }), Date.now());
      actions.add(wish('four', { profile: 'work' }), Date.now());
      actions.add(wish('five', { user: 'ann' }), Date.now());
      actions.add(wish(null), Date.now());
      actions.resolve(target());
      const told = actions.due(Date.now()).map(({ run_id }) => run_id);
      expect(told.toSorted()).toEqual(['one', 'two']);
    });
  });

  it('is told to a run that was refused before it and asked after it', async () => {
    await withActions((actions) => {
      const refused = Date.now();
      actions.add(wish('one'), refused);
      actions.resolve(target());
      expect(actions.add(wish('two'), refused)?.state).toBe('done');
      expect(actions.due(Date.now()).map(({ run_id }) => run_id)).toContain('two');
      // Refused although it is there: that takes another login.
      expect(actions.add(wish('three'), Date.now() + 1)?.state).toBe('waiting');
    });
  });

  it('is told again, later and later, to a run that cannot be told', async () => {
    await withActions((actions) => {
      const { id = '' } = actions.add(wish('one'), Date.now()) ?? {};
      actions.resolve(target());
      const waits = [1, 2, 3].map(() => {
        actions.retry(id, Infinity);
        return Math.round(((actions.next() ?? 0) - Date.now()) / 1000);
      });
      expect(waits).toEqual([1, 2, 4]);
      actions.retry(id, 3);
      expect(actions.next()).toBeNull();
    });
  });

  it('is not told for ever to a run that is gone', async () => {
    const run = await newRunId('a key of at least thirty-two characters');
    await withActions((actions) => {
      actions.add(wish(run), Date.now());
      actions.resolve(target());
    });
    await inside((storage) => storage.setAlarm(Date.now() + 60_000));
    await runDurableObjectAlarm(stub());
    const next = await withActions((actions) => actions.next());
    expect(next).toBeGreaterThan(Date.now());
  });

  it('is found in the vault when the process died before it could say so', async () => {
    const id = await withActions((actions) => {
      const made = actions.add(wish('one'), Date.now())?.id ?? '';
      actions.begin(made);
      return made;
    });
    const issuer = 'https://login.example';
    await inside(async (storage) => {
      const keys = ['a-vault-key-of-tests-that-is-long-enough'];
      const vault = openVault(new SqlLoginRows(storage), name, keys);
      await vault.put('grant', await grantKey(target(), issuer), {
        id: 'grant-1',
        target: target(),
        issuer,
        resource: SERVER,
        client: { client_id: 'us', method: 'none', source: 'dynamic' },
        access_token: 'access-canary',
        refresh_token: null,
        scope: '',
        requested: '',
        created_at: Date.now() + 1,
        expires_at: null,
        refresh_at: null,
        renewed_at: null,
      });
      await storage.put('who', { principal: name, origin: 'https://prompts.example' });
      await storage.setAlarm(Date.now() + 60_000);
      const rows = [...storage.sql.exec('SELECT * FROM login_row')];
      expect(JSON.stringify(rows)).not.toContain('access-canary');
    });
    await runDurableObjectAlarm(stub());
    expect(await withActions((actions) => actions.find(id)?.state)).toBe('done');
  });
});

describe('the rows of a principal', () => {
  it('are kept and listed by kind', async () => {
    await inside(async (storage) => {
      const rows = new SqlLoginRows(storage);
      await rows.put('grant', 'b', '2');
      await rows.put('grant', 'a', '1');
      await rows.put('client', 'a', '3');
      expect(await rows.list('grant')).toEqual([
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ]);
      await rows.delete('grant', 'a');
      expect([await rows.get('grant', 'a'), await rows.get('client', 'a')]).toEqual([null, '3']);
    });
  });

  it('are worked on one after the other under one name, also after a failure', async () => {
    await inside(async (storage) => {
      const rows = new SqlLoginRows(storage);
      const order: string[] = [];
      const work = (label: string, fails = false) =>
        rows.alone('refresh', async () => {
          order.push(`${label} begins`);
          await new Promise((resolve) => setTimeout(resolve, 1));
          order.push(`${label} ends`);
          if (fails) throw new Error(label);
          return label;
        });
      const [one, two, three] = await Promise.allSettled([work('a', true), work('b'), work('c')]);
      expect([one.status, two.status, three.status]).toEqual([
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      expect(order).toEqual(['a', 'b', 'c'].flatMap((each) => [`${each} begins`, `${each} ends`]));
    });
  });

  it('that strangers can cause are bounded, grants are not', async () => {
    await inside(async (storage) => {
      const rows = new SqlLoginRows(storage);
      for (let index = 0; index < 210; index += 1) {
        await rows.put('flow', `flow-${index}`, 'x');
        await rows.put('grant', `grant-${index}`, 'x');
      }
      expect([(await rows.list('flow')).length, (await rows.list('grant')).length]).toEqual([
        200, 210,
      ]);
    });
  });
});

describe('what is remembered', () => {
  it('makes room by age, in rows and in length', async () => {
    await inside(({ sql }) => {
      const kept = new KeptValues(sql, 'memory', { rows: 3, length: 10 });
      for (const key of ['a', 'b', 'c', 'd']) kept.set(key, key);
      expect(['a', 'b', 'c', 'd'].filter((key) => kept.get(key) !== null)).toHaveLength(3);
      kept.set('e', '123456789');
      expect(kept.get('e')).toBe('123456789');
      kept.set('f', '12345678901');
      expect(kept.get('f')).toBeNull();
    });
  });

  it('of documents is one principal’s decision', async () => {
    const own = principalClient(bindings, { principal: name, origin: 'https://prompts.example' });
    const other = principalClient(bindings, { principal: `${name}-x`, origin: '' });
    await own.confirm('hash');
    expect([await own.isConfirmed('hash'), await other.isConfirmed('hash')]).toEqual([true, false]);
  });
});
