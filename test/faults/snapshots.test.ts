/** `kill -9` while finished runs are removed: what was removed is never read, what was not is whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { keptFiles } from '../support/kept-files.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';
import { later, Random, roundsOf, seedOf } from './random.ts';

const ACTS = ['delete', 'rotate', 'expire'] as const;
type Act = (typeof ACTS)[number];

/** So long runs live whose time is to be over when the process dies. */
const TTL_S = 3;
const RUNS_OF_EACH = 4;

interface Made {
  readonly act: Act;
  readonly canary: string;
  readonly id: string;
  readonly owner: Readonly<Record<string, string>>;
  readonly at: number;
  /** What the answer to the act was; null when none came. */
  answer: { readonly status: number; readonly text: string } | null;
  /** What a read after that answer, of the same process, was answered. */
  after: number | null;
}

const ROUNDS = roundsOf(2);
const seed = seedOf('snapshots');
const random = new Random(seed);
const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
const made: Made[] = [];
let product: Product;
beforeAll(
  async () => {
    product = await start();
    for (let round = 0; round < ROUNDS; round += 1) await killWhileRemoving(round);
    await settled();
  },
  60_000 + ROUNDS * 30_000,
);
afterAll(async () => {
  await product.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

async function start(): Promise<Product> {
  return startProduct({ STATE_DIR: stateDir });
}

async function post(act: Act, canary: string): Promise<Made> {
  const settings = act === 'expire' ? `---\nttl: ${TTL_S}s\n---\n\n` : '';
  const body = `${settings}Say ${canary}.`;
  const at = Date.now();
  const { headers } = await ask(`${product.origin}/?wait=20`, { body });
  const id = String(headers.location).slice(1);
  const owner = { authorization: `Bearer ${String(headers['x-run-owner-token'])}` };
  return { act, canary, id, owner, at, answer: null, after: null };
}

async function killWhileRemoving(round: number): Promise<void> {
  const wanted = ACTS.flatMap((act) => Array.from({ length: RUNS_OF_EACH }, () => act));
  const runs = await Promise.all(wanted.map((act, index) => post(act, `canary-${round}-${index}`)));
  made.push(...runs);
  // Everybody has read it, so there is a snapshot of each.
  await Promise.all(runs.map((run) => read(run)));
  const over = Math.max(...runs.map(({ at }) => at)) + TTL_S * 1000;
  await later(Math.max(0, over - Date.now() - 30));
  const acts = runs.map((run) => removed(run));
  const reads = runs.map((run) => read(run).catch(() => null));
  await later(random.below(60));
  process.kill(product.workerdPid(), 'SIGKILL');
  await product.ended;
  await Promise.all([...acts, ...reads]);
  product = await start();
}

async function removed(run: Made): Promise<void> {
  if (run.act === 'expire') return;
  const [path, method] = run.act === 'delete' ? [run.id, 'DELETE'] : [`${run.id}/rotate`, 'POST'];
  const options = { method, headers: run.owner };
  run.answer = await ask(`${product.origin}/${path}`, options).catch(() => null);
  if (run.answer !== null) run.after = (await read(run).catch(() => null))?.status ?? null;
}

const read = (run: Made, headers = {}) => ask(`${product.origin}/${run.id}.json`, { headers });

/** What was begun goes on by itself: moves, and the removal of what is over. */
async function settled(): Promise<void> {
  await later(6000);
}

const acted = (act: Act) => made.filter((run) => run.act === act);

describe(`after ${ROUNDS} kills among those who remove runs (SEED=${seed})`, () => {
  it('no run that was answered to be removed is read, by nobody', async () => {
    const answered = acted('delete').filter(({ answer }) => answer?.status === 204);
    for (const run of acted('rotate').filter(({ answer }) => answer?.status === 200)) {
      expect([410, null], run.canary).toContain(run.after);
    }
    for (const run of answered) {
      expect([404, null], run.canary).toContain(run.after);
      expect((await read(run)).status, run.canary).toBe(404);
      expect((await read(run, run.owner)).status, run.canary).toBe(404);
    }
  });

  it('a run whose removal was not answered is removed or whole', async () => {
    for (const run of acted('delete').filter(({ answer }) => answer?.status !== 204)) {
      const { status, text } = await read(run);
      expect([200, 404], run.canary).toContain(status);
      if (status === 200) expect(text).toContain(run.canary);
      expect((await read(run, run.owner)).status).toBe(status);
    }
  });

  it('no run is read at the address that it left', async () => {
    for (const run of acted('rotate')) {
      const { status } = await read(run);
      if (run.answer?.status === 200) expect(status, run.canary).toBe(410);
      else expect([200, 410], run.canary).toContain(status);
      if (run.answer?.status !== 200) continue;
      const { id } = JSON.parse(run.answer.text) as { id: string };
      expect((await ask(`${product.origin}/${id}.json`)).text).toContain(run.canary);
    }
  });

  it('no run is read when its time is over', async () => {
    for (const run of acted('expire')) {
      expect((await read(run)).status, run.canary).toBe(410);
      expect((await read(run, run.owner)).status, run.canary).toBe(410);
    }
  });

  it('nothing of them is left on disk', async () => {
    const gone = [...acted('expire'), ...acted('delete').filter(({ answer }) => answer !== null)];
    const over = gone.filter(({ answer, act }) => act === 'expire' || answer?.status === 204);
    const left = () => {
      const kept = keptFiles(join(stateDir, 'snapshots'));
      return over.filter(({ canary }) => kept.some((text) => text.includes(`${canary}.`)));
    };
    await expect.poll(left).toEqual([]);
  });
});
