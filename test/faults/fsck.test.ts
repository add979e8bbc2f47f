/** Damage that somebody does to the database of a run: `fsck` of what stands on disk sees it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fsck } from '../../src/run/fsck.ts';
import { ask } from '../support/ask.ts';
import { startProduct } from '../support/product.ts';
import { storedRuns } from './disk-log.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
let file: string;
let database: DatabaseSync;
let last: number;

beforeAll(async () => {
  const product = await startProduct({ STATE_DIR: stateDir });
  const { text } = await ask(`${product.origin}/?wait=20`, {
    body: '@/demo/mcp\n\nRoll two dice.',
  });
  expect((JSON.parse(text) as { status: string }).status).toBe('completed');
  await product.stop();
  file = join(stateDir, 'runs', 'runs', storedRuns(stateDir)[0]?.file.split('/').at(-1) ?? '');
  database = new DatabaseSync(file);
  last = Number(database.prepare('SELECT max(seq) AS seq FROM event').get()?.['seq']);
});
afterAll(() => {
  database.close();
  rmSync(stateDir, { recursive: true, force: true });
});

/** What is wrong while the database is damaged; it is mended afterwards. */
function whileDamaged(damage: string, ...values: (number | string)[]): readonly string[] {
  database.exec('CREATE TABLE whole AS SELECT * FROM event');
  try {
    database.prepare(damage).run(...values);
    return storedRuns(stateDir).flatMap(({ events }) => fsck(events));
  } finally {
    database.exec('DELETE FROM event; INSERT INTO event SELECT * FROM whole; DROP TABLE whole');
  }
}

const typeAt = (seq: number): string =>
  String(
    database.prepare("SELECT json ->> 'type' AS type FROM event WHERE seq = ?").get(seq)?.['type'],
  );

describe('the log of a run on disk', () => {
  it('is sound as it was written', () => {
    expect(last).toBeGreaterThan(8);
    expect(whileDamaged('SELECT 1')).toEqual([]);
  });

  it('is damaged wherever an event is missing', () => {
    // Without its end a run has not ended yet, which is no damage.
    for (let seq = 1; seq < last; seq += 1) {
      expect([seq, whileDamaged('DELETE FROM event WHERE seq = ?', seq)]).not.toEqual([seq, []]);
    }
  });

  it('is damaged where an event stands twice', () => {
    const twice = `INSERT INTO event SELECT ?, 0, json_set(json, '$.seq', ?) FROM event WHERE seq = ?`;
    const kinds = new Set<string>();
    for (let seq = 1; seq <= last; seq += 1) {
      const problems = whileDamaged(twice, last + 1, last + 1, seq);
      expect([typeAt(seq), problems]).not.toEqual([typeAt(seq), []]);
      kinds.add(typeAt(seq));
    }
    expect([...kinds]).toEqual(expect.arrayContaining(['tool-sent', 'tool-result', 'run-end']));
  });

  it('is damaged where an event is of another kind', () => {
    for (let seq = 1; seq <= last; seq += 1) {
      const other = typeAt(seq) === 'run-start' ? 'run-end' : 'run-start';
      const change = `UPDATE event SET json = json_set(json, '$.type', ?) WHERE seq = ?`;
      expect([seq, whileDamaged(change, other, seq)]).not.toEqual([seq, []]);
    }
  });
});
