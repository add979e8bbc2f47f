/** What is kept of the sessions of one principal, in the SQLite of a real object. */
import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/worker/env.ts';
import { AnsweredActions } from '../../src/worker/mcp/answered-actions.ts';
import { SessionRows } from '../../src/worker/mcp/session-rows.ts';

function inObject<Result>(name: string, work: (sql: SqlStorage) => Result): Promise<Result> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the bindings of wrangler.toml
  const { MCP_SESSIONS } = env as unknown as Env;
  const stub = MCP_SESSIONS.getByName(name);
  return runInDurableObject(stub, (_, { storage }) => work(storage.sql));
}

describe('the sessions of a principal', () => {
  it('are five hundred at most: the one that was not used for longest makes room', async () => {
    await inObject('many', (sql) => {
      const rows = new SessionRows(sql);
      for (let n = 0; n < 500; n += 1) rows.add({ id: `s${n}`, prompt: null, init: '{}' });
      sql.exec("UPDATE session SET seen = seen - 10 WHERE id = 's7'");
      rows.add({ id: 'new', prompt: null, init: '{}' });
      expect(rows.find('s7', null)).toBeNull();
      expect(rows.find('s8', null)).toMatchObject({ id: 's8' });
      expect(sql.exec<{ n: number }>('SELECT count(*) AS n FROM session').one().n).toBe(500);
    });
  });

  it('are forgotten thirty days after their last use', async () => {
    await inObject('old', (sql) => {
      const rows = new SessionRows(sql);
      rows.add({ id: 'old', prompt: null, init: '{}' });
      sql.exec('UPDATE session SET seen = ?', Date.now() - 29 * 24 * 3_600_000);
      expect(rows.find('old', null)).not.toBeNull();
      sql.exec('UPDATE session SET seen = ?', Date.now() - 31 * 24 * 3_600_000);
      expect(rows.find('old', null)).toBeNull();
    });
  });

  it('belong to the endpoint that they were begun at', async () => {
    await inObject('endpoints', (sql) => {
      const rows = new SessionRows(sql);
      rows.add({ id: 'one', prompt: 'a-run', init: '{}' });
      expect(rows.find('one', null)).toBeNull();
      expect(rows.find('one', 'another-run')).toBeNull();
      expect(rows.find('one', 'a-run')).not.toBeNull();
      rows.remove('one');
      expect(rows.find('one', 'a-run')).toBeNull();
    });
  });
});

describe('what clients answered', () => {
  it('is known by its action, and for a month', async () => {
    await inObject('answers', (sql) => {
      const answered = new AnsweredActions(sql);
      answered.add(['one', 'two']);
      answered.add(['two']);
      expect(answered.of(['one', 'three', 'two'])).toEqual(['one', 'two']);
      sql.exec('UPDATE answered SET at = ?', Date.now() - 32 * 24 * 3_600_000);
      answered.add(['four']);
      expect(answered.of(['one', 'four'])).toEqual(['four']);
    });
  });
});
