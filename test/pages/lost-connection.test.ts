import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser, visit } from '../support/browser.ts';
import { modelPeer, type ModelPeer } from '../support/model-peer.ts';
import { ended, mainOf, runIn } from '../support/page-run.ts';
import { freePort } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';

let peer: ModelPeer;
let browser: Browser;
let product: Product | undefined;
const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-lost-'));

beforeAll(async () => {
  [peer, browser] = await Promise.all([modelPeer(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await product?.stop();
  await peer.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

describe('a page whose server is gone', () => {
  test('says so, in every tab, and goes on by itself when the server is back', async () => {
    const env = {
      OPENAI_BASE_URL: peer.baseUrl,
      OPENAI_API_KEY: 'key',
      STATE_DIR: stateDir,
      PORT: String(await freePort()),
    };
    product = await startProduct(env);
    const { page, context, watched } = await visit(browser, product.origin);
    const asked = await runIn(page, peer, 'Tell me of tea.');
    const other = await context.newPage();
    await other.goto(page.url());
    const tabs = [page, other];
    asked.says('# Tea\n\nIt is');
    for (const tab of tabs) await tab.locator('[data-key="prose"]').getByText('It is').waitFor();
    await product.stop();
    for (const tab of tabs) {
      await tab.locator('.lost', { hasText: 'Connection lost' }).waitFor();
      expect(await tab.locator('#announcement').textContent()).toContain('Connection lost');
    }

    product = await startProduct(env);
    const again = await peer.next();
    again.says('# Tea\n\nIt comes from China.');
    for (const tab of tabs) {
      await tab.locator('[data-key="prose"]').getByText('It comes from China.').waitFor();
      expect(await tab.locator('.lost').count()).toBe(0);
    }
    again.stops();
    for (const tab of tabs) {
      await ended(tab, 'Completed');
      expect(await tab.locator('#announcement').textContent()).toBe('Run: Completed');
    }
    const grown = await mainOf(page);
    await page.reload();
    expect(await mainOf(page)).toBe(grown);
    expect(watched.foreign).toEqual([]);
    await context.close();
  });
});
