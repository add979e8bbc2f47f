/** Runs as a person makes them: in the editor of a page, with a model that a test speaks for. */
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from './browser.ts';
import { modelPeer } from './model-peer.ts';
import type { Asked, ModelPeer } from './model-peer.ts';
import { startProduct } from './product.ts';
import type { Product } from './product.ts';

/** A browser, a product, and the model that its runs ask. */
export interface PageWorld {
  readonly peer: ModelPeer;
  readonly product: Product;
  readonly browser: Browser;
  stop(): Promise<void>;
}

/** Starts all of it; the caller stops it. */
export async function pageWorld(): Promise<PageWorld> {
  const peer = await modelPeer();
  const env = { OPENAI_BASE_URL: peer.baseUrl, OPENAI_API_KEY: 'key' };
  const [product, browser] = await Promise.all([startProduct(env), startBrowser()]);
  return {
    peer,
    product,
    browser,
    stop: async () => {
      await browser.close();
      await product.stop();
      await peer.stop();
    },
  };
}

/** Writes a prompt, presses Run, and is on the page of the run when the model is asked. */
export async function runIn(page: Page, peer: ModelPeer, prompt: string): Promise<Asked> {
  await page.goto('/');
  await page.locator('form textarea').first().fill(prompt);
  await page.locator('form').first().getByRole('button', { name: 'Run' }).click();
  await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
  return await peer.next();
}

/** The same, answered at once and over. */
export async function answered(
  page: Page,
  peer: ModelPeer,
  prompt: string,
  answer: string,
): Promise<void> {
  const asked = await runIn(page, peer, prompt);
  asked.says(answer);
  asked.stops();
  await ended(page, 'Completed');
}

/** Until the page says that its run stands so. */
export async function ended(page: Page, status: string): Promise<void> {
  await page.locator('main .status', { hasText: status }).waitFor();
  await page.locator('main:not([data-live])').waitFor();
}

/** What stands in the page, without what its reader did to it. */
export async function mainOf(page: Page): Promise<string> {
  return String(
    await page.evaluate(`(() => {
      const main = document.querySelector('main').cloneNode(true);
      for (const open of main.querySelectorAll('details[open]')) open.removeAttribute('open');
      return main.outerHTML;
    })()`),
  );
}
