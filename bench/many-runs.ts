/** A thousand runs at the same time on the started product: how long, how much memory, none lost. */
import { readFileSync } from 'node:fs';

import { startProduct, type Product } from '../test/support/product.ts';
import type { Row } from './measure.ts';
import { wordsPeer } from './peers.ts';

const RUNS = 1000;
const CHUNKS = 50;

/** A run that takes longer is a lost one. */
const MOST_SECONDS = 240;

/** The row about many runs. */
export async function manyRunsRows(): Promise<Row[]> {
  const chat = await wordsPeer(CHUNKS);
  const product = await startProduct({ OPENAI_BASE_URL: `${chat.origin}/v1`, DEFAULT_MODEL: 'm' });
  try {
    const highest = watchMemory(product);
    const begin = performance.now();
    const names = Array.from({ length: RUNS }, (_, index) => `run${index}`);
    const good = await Promise.all(names.map((name) => isWhole(product, name)));
    const ours = performance.now() - begin;
    const bad = good.filter((each) => !each).length;
    const what = `${RUNS} runs at once, ${CHUNKS} chunks in a second each`;
    const goal = `none lost or corrupt: ${bad}; ${highest()} MB`;
    return [{ what, floor: null, ours, goal }];
  } finally {
    await product.stop();
    await chat.close();
  }
}

/** Whether a run says in time what its model said; nobody follows it while it works. */
async function isWhole(product: Product, name: string): Promise<boolean> {
  const url = `${product.origin}/?wait=${MOST_SECONDS}`;
  const response = await fetch(url, { method: 'POST', body: `Say ${name}.` });
  const { status, output } = (await response.json()) as { status: string; output?: string };
  return status === 'completed' && output === expected(name);
}

function expected(name: string): string {
  return Array.from({ length: CHUNKS }, (_, word) => `${name}-${word}`).join(' ');
}

/** Gives the most megabytes that the server held; where the system does not say, 0. */
function watchMemory(product: Product): () => number {
  let highest = 0;
  const look = (): void => {
    const status = statusOf(product.workerdPid());
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
    highest = Math.max(highest, Math.round(kilobytes / 1024));
  };
  look();
  const timer = setInterval(look, 100);
  return () => {
    clearInterval(timer);
    return highest;
  };
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
