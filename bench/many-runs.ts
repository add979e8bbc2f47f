/** A thousand runs at the same time on the started product: how long, how much memory, none lost. */
import { readFileSync } from 'node:fs';

import { startProduct, type Product } from '../test/support/product.ts';
import type { Row } from './measure.ts';
import { wordsPeer } from './peers.ts';

const RUNS = 1000;
const CHUNKS = 50;

/** The whole may take so many milliseconds. */
const MOST_MS = 240_000;

/** The row about many runs; the product gets no more than so many posts at the same time. */
export async function manyRunsRows(): Promise<Row[]> {
  const chat = await wordsPeer(CHUNKS);
  const product = await startProduct({ OPENAI_BASE_URL: `${chat.origin}/v1`, DEFAULT_MODEL: 'm' });
  try {
    const until = Date.now() + MOST_MS;
    const begin = performance.now();
    const names = Array.from({ length: RUNS }, (_, index) => `run${index}`);
    const posted = await Promise.all(names.map((name) => post(product, name)));
    const highest = watchMemory(product);
    const bad = await wrong(posted, until);
    const ours = performance.now() - begin;
    const memory = highest();
    const what = `${RUNS} runs at once, ${CHUNKS} chunks each (${memory} MB)`;
    return [{ what, floor: null, ours, goal: `0 lost or corrupt: ${bad}` }];
  } finally {
    await product.stop();
    await chat.close();
  }
}

interface Posted {
  readonly name: string;
  readonly url: string;
}

async function post(product: Product, name: string): Promise<Posted> {
  const response = await fetch(product.origin, { method: 'POST', body: `Say ${name}.` });
  const { json_url: url } = (await response.json()) as { json_url: string };
  return { name, url };
}

/** How many did not come to the end that they should; nobody follows them while they work. */
async function wrong(posted: readonly Posted[], until: number): Promise<number> {
  let open = [...posted];
  let bad = 0;
  while (open.length > 0 && Date.now() < until) {
    const still: Posted[] = [];
    for (const run of open) {
      const shown = (await (await fetch(run.url)).json()) as { status: string; output: string };
      if (shown.status === 'queued' || shown.status === 'running') still.push(run);
      else if (shown.status !== 'completed' || shown.output !== expected(run.name)) bad += 1;
      // The rest is not further than the first that still works.
      if (still.length > 0 && still.length % 20 === 0) await later(100);
    }
    open = still;
  }
  return bad + open.length;
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

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
