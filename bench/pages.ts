/** The pages in a real browser: what they weigh, how soon one reads, what a long answer costs. */
import { gzipSync } from 'node:zlib';

import type { Browser, Page } from 'playwright-core';

import { startBrowser, visit } from '../test/support/browser.ts';
import { modelPeer, type Asked, type ModelPeer } from '../test/support/model-peer.ts';
import { startProduct, type Product } from '../test/support/product.ts';
import { middle, type Row } from './measure.ts';

const ROUNDS = 10;
/** Paragraphs of the long answer and characters of each: 200 kB together. */
const PARAGRAPHS = 400;
const LETTERS = 500;

interface Place {
  readonly peer: ModelPeer;
  readonly product: Product;
  readonly browser: Browser;
}

/** All rows about pages. */
export async function pagesRows(): Promise<Row[]> {
  const peer = await modelPeer();
  const [product, browser] = await Promise.all([
    startProduct({ OPENAI_BASE_URL: peer.baseUrl, OPENAI_API_KEY: 'key' }),
    startBrowser(),
  ]);
  const place = { peer, product, browser };
  try {
    const first = await firstTokenRow(place);
    const long = await longAnswerRows(place);
    return [...(await weightRows(place)), first, ...long];
  } finally {
    await browser.close();
    await product.stop();
    await peer.stop();
  }
}

/** Kilobytes as they are sent. */
async function weightRows({ product, peer }: Place): Promise<Row[]> {
  const run = await postedRun(product, peer, 'Hello.');
  const page = await bodyOf(`${product.origin}/${run}.html`);
  const [script = ''] = /\/assets\/run\.js[^"]*/.exec(page) ?? [];
  const [style = ''] = /\/assets\/style\.css[^"]*/.exec(page) ?? [];
  const weights: [string, string][] = [
    ['the page of a short run', page],
    ['the connections page', await bodyOf(`${product.origin}/connections`)],
    ['the style sheet of all pages', await bodyOf(product.origin + style)],
    ['the script of the run page', script === '' ? '' : await bodyOf(product.origin + script)],
  ];
  return weights.map(([what, body]) => ({
    what: `${what}, kB gzip`,
    floor: null,
    ours: gzipSync(body).length / 1000,
    goal: what.startsWith('the script') ? '15 kB' : 'report',
  }));
}

async function bodyOf(url: string): Promise<string> {
  return await (await fetch(url, { headers: { accept: 'text/html' } })).text();
}

async function postedRun(product: Product, peer: ModelPeer, prompt: string): Promise<string> {
  const response = await fetch(product.origin, { method: 'POST', body: prompt });
  const { id } = (await response.json()) as { id: string };
  const asked = await peer.next();
  asked.says('Hello to you.');
  asked.stops();
  await (await fetch(`${product.origin}/${id}/events`)).text();
  return id;
}

/** From the model's first word until it stands on the screen, and until it is an event. */
async function firstTokenRow({ peer, product, browser }: Place): Promise<Row> {
  const floors: number[] = [];
  const ourses: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const { page, context } = await visit(browser, product.origin);
    const asked = await openRun(page, peer);
    await page.evaluate(`new Promise((resolve) => {
      window.seen = new Promise((see) => new MutationObserver(() => {
        if (document.querySelector('.prose')) requestAnimationFrame(() => see(Date.now()));
      }).observe(document.body, { childList: true, subtree: true }));
      setTimeout(resolve, 300);
    })`);
    const event = eventOf(`${page.url()}/events`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const said = Date.now();
    asked.says('Hello.');
    const [floor, ours] = await Promise.all([event, page.evaluate('window.seen')]);
    if (round > 0) {
      floors.push(floor - said);
      ourses.push(Number(ours) - said);
    }
    asked.stops();
    await context.close();
  }
  const what = 'first word of the model on the screen (floor: as an event)';
  return { what, floor: middle(floors), ours: middle(ourses), goal: 'tens of ms' };
}

/** When the first text of a run has come as an event. */
async function eventOf(url: string): Promise<number> {
  const response = await fetch(url);
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes('event: text-delta')) return Date.now();
  }
  throw new Error('no text');
}

async function openRun(page: Page, peer: ModelPeer): Promise<Asked> {
  await page.goto('/');
  await page.locator('form textarea').first().fill('Say much.');
  await page.locator('form').first().getByRole('button', { name: 'Run' }).click();
  await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
  return await peer.next();
}

/** A long answer said in some seconds: what the page is sent, and how long its thread works. */
async function longAnswerRows({ peer, product, browser }: Place): Promise<Row[]> {
  const { page, context } = await visit(browser, product.origin);
  const asked = await openRun(page, peer);
  const client = await context.newCDPSession(page);
  await Promise.all([client.send('Network.enable'), client.send('Performance.enable')]);
  let bytes = 0;
  client.on('Network.dataReceived', ({ dataLength }) => (bytes += dataLength));
  const before = await busyMs(client);
  for (let said = 0; said < PARAGRAPHS; said += 1) {
    asked.says(`${`w${said} `.repeat(LETTERS).slice(0, LETTERS)}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  asked.stops();
  await page.locator('.status.completed').waitFor();
  await page.locator('main:not([data-live]):not([data-events])').waitFor();
  const busy = (await busyMs(client)) - before;
  await context.close();
  const length = PARAGRAPHS * LETTERS;
  const what = `an answer of ${length / 1000} kB`;
  return [
    {
      what: `${what}: kB sent (floor: twice itself)`,
      floor: (2 * length) / 1000,
      ours: bytes / 1000,
      goal: 'report',
    },
    { what: `${what}: ms of the page's thread`, floor: null, ours: busy, goal: 'report' },
  ];
}

async function busyMs(client: {
  send(method: 'Performance.getMetrics'): Promise<{ metrics: { name: string; value: number }[] }>;
}): Promise<number> {
  const { metrics } = await client.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
}
