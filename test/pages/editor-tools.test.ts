/** The model picker and the dialog for tool servers, in a real browser. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFindings } from '../support/accessibility.ts';
import { startBrowser, visit } from '../support/browser.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

let product: Product;
let browser: Browser;
let provider: Server;

/** As many as a provider that resells others has. */
const MODELS = Array.from({ length: 400 }, (_, index) => ({
  id: `maker-${index % 20}/model-${index}`,
}));

beforeAll(async () => {
  provider = createServer((request, response) => {
    response.writeHead(request.url === '/v1/models' ? 200 : 404);
    response.end(JSON.stringify({ data: MODELS }));
  });
  await new Promise<void>((resolve) => void provider.listen(0, '127.0.0.1', resolve));
  const { port } = provider.address() as AddressInfo;
  [product, browser] = await Promise.all([
    startProduct({
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      DEFAULT_MODEL: 'maker-0/model-0',
    }),
    startBrowser(),
  ]);
});

afterAll(async () => {
  await browser.close();
  await product.stop();
  provider.close();
});

const text = (page: Page) => page.getByLabel('Markdown document').inputValue();

describe('the model picker', () => {
  test('finds one of four hundred by words and keys, and writes it into the settings', async () => {
    const { page, context, watched } = await visit(browser, product.origin);
    await page.goto('/');
    await page.getByLabel('Markdown document').fill('---\nseed: 1 # same each time\n---\n\nHi.');
    await page.getByRole('button', { name: /^Model: .*maker-0\/model-0$/ }).click();
    const search = page.getByRole('combobox');
    await page.getByRole('option').first().waitFor();
    expect(await page.getByRole('option', { selected: true }).textContent()).toMatch('model-0');
    expect(await seriousFindings(page)).toEqual([]);
    await search.fill('37 maker-17');
    expect(await page.getByRole('option').allTextContents()).toEqual([
      'openai/maker-17/model-37',
      'openai/maker-17/model-137',
      'openai/maker-17/model-237',
      'openai/maker-17/model-337',
      'openai/maker-17/model-377',
    ]);
    await search.press('ArrowDown');
    await search.press('Enter');
    expect(await text(page)).toBe(
      '---\nseed: 1 # same each time\nmodel: openai/maker-17/model-137\n---\n\nHi.',
    );
    await page.getByRole('button', { name: 'Model: openai/maker-17/model-137' }).waitFor();
    // One step that can be taken back.
    await page.keyboard.press('Control+z');
    expect(await text(page)).toBe('---\nseed: 1 # same each time\n---\n\nHi.');
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });

  test('says when nothing is called so, and closes with Escape', async () => {
    const { page, context } = await visit(browser, product.origin);
    await page.goto('/');
    await page.getByRole('button', { name: /^Model/ }).click();
    await page.getByRole('option').first().waitFor();
    await page.getByRole('combobox').fill('nothing-is-called-so');
    await page.getByText('No model is called that.').waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await text(page)).toBe('');
    await context.close();
  });
});

describe('the dialog for tool servers', () => {
  test('writes what is pasted into the settings, and knows what is there', async () => {
    const { page, context, watched } = await visit(browser, product.origin);
    await page.goto('/');
    await page.getByLabel('Markdown document').fill('Roll two dice.');
    await page.getByRole('button', { name: 'Add tools' }).click();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Add /demo/mcp' }).click();
    expect(await text(page)).toBe('---\ntools:\n  - /demo/mcp\n---\n\nRoll two dice.');
    await page.locator('#addresses').getByText('/demo/mcp').first().waitFor();
    await page.getByRole('button', { name: 'Add tools' }).click();
    await page.getByText('In the prompt').waitFor();
    await page.getByLabel('Address of an MCP server').fill('tools.example');
    await page.keyboard.press('Enter');
    await page.getByText('That is no address.').waitFor();
    await page.getByLabel('Address of an MCP server').fill('https://tools.example/mcp');
    await page.keyboard.press('Enter');
    expect(await text(page)).toBe(
      '---\ntools:\n  - /demo/mcp\n  - https://tools.example/mcp\n---\n\nRoll two dice.',
    );
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });

  test('says what is in the prompt as soon as what was just typed is read', async () => {
    const { page, context } = await visit(browser, product.origin);
    await page.goto('/');
    await page.getByLabel('Markdown document').fill('Hi.');
    await page.getByRole('button', { name: /^Model: / }).waitFor();
    // In one task: nothing can be read in between, however fast the parser is.
    await page.evaluate(`(() => {
      const area = document.querySelector('#document');
      area.value = '/demo/mcp is text, @/demo/mcp is not.';
      area.dispatchEvent(new Event('input', { bubbles: true }));
      [...document.querySelectorAll('button')].find((each) => each.textContent === 'Add tools').click();
      document.querySelector('dialog[open] .offered button').focus();
    })()`);
    await page.getByText('In the prompt').waitFor();
    expect(await page.locator(':focus').getAttribute('id')).toBe('server-url');
    await context.close();
  });

  test('adds a line where the settings are not to be guessed', async () => {
    const { page, context } = await visit(browser, product.origin);
    await page.goto('/');
    await page.getByLabel('Markdown document').fill('---\ntools: [{ url: /demo/mcp }]\n---\n\nHi.');
    await page.getByRole('button', { name: 'Add tools' }).click();
    await page.getByLabel('Address of an MCP server').fill('https://tools.example/mcp');
    await page.keyboard.press('Enter');
    expect(await text(page)).toBe(
      '---\ntools: [{ url: /demo/mcp }]\n---\n\nHi.\n\nhttps://tools.example/mcp\n',
    );
    await context.close();
  });
});
