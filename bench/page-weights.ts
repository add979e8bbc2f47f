/** What the pages weigh in a real browser, and how often each one asks. */
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../test/support/browser.ts';
import { modelPeer } from '../test/support/model-peer.ts';
import type { ModelPeer } from '../test/support/model-peer.ts';
import { startProduct } from '../test/support/product.ts';
import type { Product } from '../test/support/product.ts';
import type { Row } from './measure.ts';

interface Weighed {
  readonly name: string;
  readonly path: string;
  readonly goal: string;
}

/** The pages that are weighed; a run that goes on comes on top. */
const WEIGHED: readonly Weighed[] = [
  { name: 'the editor', path: '/', goal: 'script ≤ 60 KB, parser ≤ 80 KB' },
  { name: 'the documentation of the API', path: '/docs', goal: 'no script' },
  { name: 'the examples', path: '/examples', goal: 'no script' },
];

/** All rows about the weight of pages. */
export async function pageWeightRows(): Promise<Row[]> {
  const model = await modelPeer();
  const product = await startProduct({ OPENAI_BASE_URL: model.baseUrl, DEFAULT_MODEL: 'bench' });
  const browser = await startBrowser();
  try {
    const run = { name: 'a run', path: await begunRun(product, model), goal: 'script ≤ 15 KB' };
    const rows: Row[] = [];
    for (const weighed of [...WEIGHED, run]) {
      rows.push(...(await weightRows(browser, product, weighed)));
    }
    return rows;
  } finally {
    await browser.close();
    await product.stop();
    await model.stop();
  }
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

/** The path of a run whose model has been asked and goes on for as long as nobody ends it. */
async function begunRun(product: Product, model: ModelPeer): Promise<string> {
  const created = await fetch(product.origin, { method: 'POST', body: 'Say a word.' });
  const { url } = (await created.json()) as { url: string };
  await model.next();
  return new URL(url).pathname;
}
