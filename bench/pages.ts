/** The pages in a real browser: what they weigh, and how soon a word of the model stands on one. */
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../test/support/browser.ts';
import { modelPeer } from '../test/support/model-peer.ts';
import type { Asked, ModelPeer } from '../test/support/model-peer.ts';
import { startProduct } from '../test/support/product.ts';
import type { Product } from '../test/support/product.ts';
import { middle, type Row } from './measure.ts';

const ROUNDS = 9;

/** The pages that are weighed, by what they are called. */
const WEIGHED: readonly (readonly [name: string, path: string, goal: string])[] = [
  ['the editor', '/', 'script ≤ 60 KB, parser ≤ 80 KB'],
  ['the documentation of the API', '/docs', 'no script'],
  ['the examples', '/examples', 'no script'],
];

/** All rows about pages. */
export async function pageRows(): Promise<Row[]> {
  const model = await modelPeer();
  const product = await startProduct({ OPENAI_BASE_URL: model.baseUrl, DEFAULT_MODEL: 'bench' });
  const browser = await startBrowser();
  try {
    const rows: Row[] = [];
    for (const [name, path, goal] of WEIGHED) {
      rows.push(...(await weightRows(browser, product, { name, path, goal })));
    }
    return [...rows, ...(await runRows(browser, product, model))];
  } finally {
    await browser.close();
    await product.stop();
    await model.stop();
  }
}

interface Weighed {
  readonly name: string;
  readonly path: string;
  readonly goal: string;
}

/** KiB of each kind of file as gzip sends it, and how many requests there were. */
async function weightRows(
  browser: Browser,
  product: Product,
  { name, path, goal }: Weighed,
): Promise<Row[]> {
  const page = await browser.newPage({ baseURL: product.origin });
  const weights = new Map<string, number>();
  const reading: Promise<void>[] = [];
  let requests = 0;
  page.on('response', (response) => {
    const kind = kindOf(response.headers()['content-type'] ?? '');
    if (!response.url().startsWith('http') || kind === null) return;
    requests += 1;
    const weigh = async () => {
      const kib = gzipSync(await response.body(), { level: 9 }).length / 1024;
      weights.set(kind, (weights.get(kind) ?? 0) + kib);
    };
    // What is cut off by leaving the page weighs nothing.
    reading.push(weigh().catch(() => {}));
  });
  await page.goto(path);
  await page.waitForTimeout(500);
  await Promise.all(reading);
  await page.close();
  const kinds = [...weights].map(([kind, ours]): Row => {
    return { what: `${name}, KiB gzip: ${kind}`, floor: null, ours, goal };
  });
  return [...kinds, { what: `${name}, requests`, floor: null, ours: requests, goal: 'few' }];
}

/** Events are no file of a page. */
function kindOf(type: string): string | null {
  return /\b(html|css|javascript)\b/.exec(type)?.[1] ?? null;
}

/** A run that goes on: its page, and a word of the model on it. */
async function runRows(browser: Browser, product: Product, model: ModelPeer): Promise<Row[]> {
  const page = await browser.newPage({ baseURL: product.origin });
  const ours: number[] = [];
  const floors: number[] = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    const run = await begunRun(product, model);
    const { told, shown } = await firstWord(page, run);
    run.asked.stops();
    if (round < 0) continue;
    floors.push(told);
    ours.push(shown);
  }
  await page.close();
  const run = await begunRun(product, model);
  const weighed = { name: 'a run', path: new URL(run.url).pathname, goal: 'script ≤ 15 KB' };
  const rows = await weightRows(browser, product, weighed);
  run.asked.stops();
  const goal = 'tens of ms';
  const what = 'first word of an answer on the page (floor: in its events)';
  return [...rows, { what, floor: middle(floors), ours: middle(ours), goal }];
}

interface BegunRun {
  readonly url: string;
  readonly asked: Asked;
}

/** A run whose model has been asked and has said nothing yet. */
async function begunRun(product: Product, model: ModelPeer): Promise<BegunRun> {
  const created = await fetch(product.origin, { method: 'POST', body: 'Say a word.' });
  const { url } = (await created.json()) as { url: string };
  return { url, asked: await model.next() };
}

/** Milliseconds from when the model says its first word until events have it, and the page shows it. */
async function firstWord(
  page: Page,
  { url, asked }: BegunRun,
): Promise<{ told: number; shown: number }> {
  await page.goto(url);
  const word = `word${Math.trunc(performance.now())}`;
  const told = toldInEvents(`${url}/events`, word);
  const shown = page
    .getByText(word)
    .first()
    .waitFor()
    .then(() => performance.now());
  await page.waitForTimeout(300);
  const begin = performance.now();
  asked.says(`${word} `);
  return { told: (await told) - begin, shown: (await shown) - begin };
}

async function toldInEvents(url: string, word: string): Promise<number> {
  const { body } = await fetch(url);
  let text = '';
  for await (const chunk of body ?? []) {
    text += new TextDecoder().decode(chunk);
    if (text.includes(word)) return performance.now();
  }
  throw new Error('The events ended without the word.');
}
