/** Finished runs on the started product are read from its folder of snapshots. */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const SUFFIXES = ['', '.md', '.json', '.txt', '.html', '?key=output', '?key=prompt'];

async function ended(body: string) {
  const { headers } = await ask(`${product.origin}/?wait=20`, { body });
  const url = `${product.origin}${String(headers.location)}`;
  const file = join(product.stateDir, 'snapshots', url.slice(-32));
  const kept = () => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return null;
    }
  };
  await expect.poll(kept).not.toBeNull();
  const owner = { authorization: `Bearer ${String(headers['x-run-owner-token'])}` };
  return { url, owner, kept };
}

const all = (url: string) =>
  Promise.all(
    SUFFIXES.map(async (suffix) => {
      const { status, headers, text } = await ask(url + suffix);
      return [status, headers.etag, text];
    }),
  );

/** Databases of runs that the serving process holds open: those of objects that are awake. */
function awake(): string[] {
  const folder = `/proc/${product.workerdPid()}/fd`;
  return readdirSync(folder)
    .flatMap((fd) => {
      try {
        return [readlinkSync(join(folder, fd))];
      } catch {
        return [];
      }
    })
    .filter((path) => /\/runs\/runs\/[0-9a-f]{64}\.sqlite$/.test(path));
}

describe('finished runs', () => {
  it.skipIf(process.platform !== 'linux')(
    'are read without waking them, as often as anybody likes',
    async () => {
      const runs = await Promise.all(
        ['one', 'two', 'three'].map((name) => ended(`Say ${name} ünd 🌊.`)),
      );
      const before = await Promise.all(runs.map(({ url }) => all(url)));
      // Nobody asks for them, and they fall asleep.
      await expect.poll(awake, { timeout: 60_000, interval: 500 }).toEqual([]);
      for (let times = 0; times < 5; times += 1) {
        expect(await Promise.all(runs.map(({ url }) => all(url)))).toEqual(before);
      }
      expect(awake()).toEqual([]);
      const [first] = runs;
      await ask(`${first?.url}.json`, { headers: first?.owner ?? {} });
      expect(awake()).toHaveLength(1);
    },
  );

  it('leave nothing to read when they are deleted', async () => {
    const { url, owner, kept } = await ended('Say canary.');
    expect(kept()).toContain('canary');
    expect((await ask(url, { method: 'DELETE', headers: owner })).status).toBe(204);
    expect(kept()).not.toContain('canary');
    for (const [status] of await all(url)) expect(status).toBe(404);
  });
});

describe('what is left in the folder when a server dies', () => {
  it('is a stone alone of a run whose time was over, and it is 410 as before', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
    let server = await startProduct({ STATE_DIR: stateDir });
    const body = '---\nttl: 1s\n---\n\nSay canary.';
    const { headers } = await ask(`${server.origin}/`, { body });
    const id = String(headers.location).slice(1);
    const owner = { authorization: `Bearer ${String(headers['x-run-owner-token'])}` };
    const folder = join(stateDir, 'snapshots');
    const kept = () => readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    await expect.poll(kept, { timeout: 90_000 }).toEqual([expect.stringContaining('"stone"')]);
    process.kill(server.workerdPid(), 'SIGKILL');
    await server.ended;
    // Between the removal of its database and the word that stays, the object holds nothing.
    rmSync(join(stateDir, 'runs', 'runs'), { recursive: true });
    const stone = { stone: { status: 'deleted', when: 0 } };
    writeFileSync(join(folder, 'a'.repeat(32)), JSON.stringify(stone));
    writeFileSync(join(folder, 'b'.repeat(32)), '{"stone": {"stat');
    writeFileSync(join(folder, 'c'.repeat(32)), JSON.stringify({ version: 2, view: {} }));
    writeFileSync(join(folder, '.part'), kept().join(''));
    server = await startProduct({ STATE_DIR: stateDir });
    expect(readdirSync(folder)).toEqual([id]);
    for (const suffix of [...SUFFIXES, '/events', '/live?from=1.1.1.1']) {
      const url = `${server.origin}/${id}${suffix}`;
      expect([suffix, (await ask(url, { headers: owner })).status]).toEqual([suffix, 410]);
      expect([suffix, (await ask(url)).status]).toEqual([suffix, 410]);
    }
    await server.stop();
    rmSync(stateDir, { recursive: true });
  });
});
