import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFindings } from '../support/accessibility.ts';
import { startBrowser, visit } from '../support/browser.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

let product: Product;
let browser: Browser;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), startBrowser()]);
});

afterAll(async () => {
  await browser.close();
  await product.stop();
});

describe('the editor', () => {
  test('runs what is written in it, and leads to the page of the run', async () => {
    const { page, context, watched } = await visit(browser, product.origin);
    await page.goto('/');
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('textbox').fill('Say hello.');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
    await page.getByText('completed').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });
});
