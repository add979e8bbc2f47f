import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFindings } from '../support/accessibility.ts';
import { startBrowser, visit } from '../support/browser.ts';
import type { Visit } from '../support/browser.ts';
import { httpPeer } from '../support/peers.ts';
import type { Peer } from '../support/peers.ts';
import { startProduct } from '../support/product.ts';
import type { Product } from '../support/product.ts';

let product: Product;
let browser: Browser;
let peer: Peer;
/** Paths that the peer was asked for. */
const asked: string[] = [];

const DOCUMENT = '---\nmodel: demo\n---\n@/demo/mcp\n\nWhat is 17 * 23?';

beforeAll(async () => {
  peer = await httpPeer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const isText = request.url?.includes('.md') === true;
    response.writeHead(isText ? 200 : 404, { 'content-type': 'text/markdown' });
    response.end(isText ? `# From a peer\n\nSay hello. ${request.url}` : '');
  });
  [product, browser] = await Promise.all([
    startProduct({ EGRESS_ALLOW: peer.host }),
    startBrowser(),
  ]);
});

afterAll(async () => {
  await browser.close();
  await Promise.all([product.stop(), peer.stop()]);
});

/** The editor as it is opened by a person, once the parser has read it. */
async function opened(
  path = '/',
  options: Parameters<typeof visit>[2] = {},
): Promise<Visit & { area: ReturnType<Page['getByRole']> }> {
  const visited = await visit(browser, product.origin, options);
  await visited.page.goto(path);
  return { ...visited, area: visited.page.getByRole('textbox', { name: 'Markdown document' }) };
}

const figures = (page: Page) => page.locator('#figures');

describe('the editor', () => {
  test('underlines a problem as one types, and lets go of it when it is mended', async () => {
    const { page, context, watched, area } = await opened();
    await area.fill('---\ntemperatur: 0.5\n---\nHi.');
    await page.locator('.has-warning').waitFor();
    expect(await page.locator('.has-warning').textContent()).toBe('temperatur:');
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Line 2, column 1' }).click();
    expect(await page.evaluate('document.activeElement.selectionStart')).toBe(4);
    await page.keyboard.type('temperature:');
    await page.locator('#problems').waitFor({ state: 'hidden' });
    expect(await page.locator('.has-warning').count()).toBe(0);
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });

  test('says that the document is invalid, in a way that is read aloud', async () => {
    const { page, context, area } = await opened();
    await area.fill('---\nmodel: [\n---\nHi.');
    await page.locator('#problems .error').first().waitFor();
    expect(await area.getAttribute('aria-invalid')).toBe('true');
    expect(await area.getAttribute('aria-describedby')).toContain('problems');
    await page.locator('#announcement', { hasText: '1 error' }).waitFor({ state: 'attached' });
    await area.fill('Hi.');
    await page.locator('#problems').waitFor({ state: 'hidden' });
    expect(await area.getAttribute('aria-invalid')).toBeNull();
    await context.close();
  });

  test('finds the problems that the server finds', async () => {
    const { page, context, area } = await opened();
    const text =
      '---\nmodel: openai/gpt-9\nmax_stepps: 2\nurls: x\n---\n{{name}} @https://a.example';
    await area.fill(text);
    await page.locator('#problems li').first().waitFor();
    const shown = await page.locator('#problems li > code').allTextContents();
    const response = await fetch(`${product.origin}/?dry_run=1`, { method: 'POST', body: text });
    const { problems } = (await response.json()) as { problems: { code: string }[] };
    expect(problems.length).toBeGreaterThan(1);
    expect(shown).toEqual(problems.map(({ code }) => code));
    await context.close();
  });

  test('runs with Ctrl-Enter, with the demo model and the demo tools', async () => {
    const { page, context, watched, area } = await opened();
    await area.fill(DOCUMENT);
    await page.getByText('Tool server', { exact: true }).waitFor();
    await area.press('Control+Enter');
    await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
    await page.getByText('completed').first().waitFor();
    expect(await page.locator('main').textContent()).toContain('391');
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });

  test('works without scripts, problems included', async () => {
    const { page, context, area } = await opened('/', { javaScriptEnabled: false });
    await area.fill('---\nmodel: [\n---\nHi.');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.locator('.problems .error').first().waitFor();
    expect(await area.inputValue()).toContain('model: [');
    await area.fill('Say hello.');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
    await context.close();
  });

  test('keeps up with a document of 100 KB, underlines where they belong', async () => {
    const { page, context, area } = await opened();
    const line = 'A line of prose that is as long as lines of prose usually are, and ends here.\n';
    await area.fill(`---\nmodel: demo\n---\n${line.repeat(1300)}@https://a.example/end.md`);
    await page.locator('.at-context').waitFor();
    expect(await page.locator('.at-context').textContent()).toBe('@https://a.example/end.md');
    const numberOf = async (name: string, what: string) =>
      Number(await page.evaluate(`document.querySelector('${name}').${what}`));
    const height = await numberOf('.mirror', 'offsetHeight');
    expect(height).toBeGreaterThan(20_000);
    expect(await numberOf('#document', 'offsetHeight')).toBe(height);
    expect(await numberOf('#document', 'scrollHeight')).toBe(height);
    // The caret is followed by the sheet, never inside of the text area: marks would be left behind.
    await area.press('Control+End');
    await page.keyboard.type('\n\n\nThe end.');
    await expect.poll(() => numberOf('.sheet', 'scrollTop')).toBeGreaterThan(20_000);
    expect(await numberOf('#document', 'scrollTop')).toBe(0);
    await area.press('Control+Home');
    await expect.poll(() => numberOf('.sheet', 'scrollTop')).toBeLessThan(30);
    await page.getByRole('button', { name: 'Line 1304' }).click();
    await expect.poll(() => numberOf('.sheet', 'scrollTop')).toBeGreaterThan(20_000);
    await context.close();
  });

  test.each([
    ['a phone', { viewport: { width: 390, height: 844 } }],
    ['a dark screen', { colorScheme: 'dark' }],
    ['200 % zoom', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
  ] as const)('is whole and accessible on %s', async (_, options) => {
    const { page, context, area } = await opened('/', options);
    const long = `@https://a.example/${'long/'.repeat(40)}x.md`;
    await area.fill(`---\ntemperature: 9\nmodle: x\n---\n@/demo/mcp\n${long}\n\nHi.`);
    await page.locator('#problems li').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    const width = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    const overflow = await page.evaluate(width);
    expect(overflow).toBe(0);
    await context.close();
  });
});

describe('addresses', () => {
  test('are asked about after a pause, and say what is there', async () => {
    const { page, context, watched, area } = await opened();
    await area.fill(`@/demo/mcp\n\nRead @${peer.origin}/notes.md and https://a.example please`);
    await area.press('.');
    await page.getByText(/^\d+ tools · ≈ .* tokens$/).waitFor();
    await page.getByText(/^\d+ bytes · ≈ \d+ tokens$/).waitFor();
    expect(await page.locator('.addresses .ignored .kind').count()).toBe(1);
    expect(await figures(page).textContent()).toMatch(/≈ [\d,]+ tokens$/);
    expect(await seriousFindings(page)).toEqual([]);
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });

  test('of a suggested document are asked about only when its reader says so', async () => {
    const before = asked.length;
    const prompt = `Read @${peer.origin}/hidden.md please.`;
    const { page, context, area } = await opened(`/?prompt=${encodeURIComponent(prompt)}`);
    await page.getByText('Somebody else suggests this prompt.').waitFor();
    await area.press('End');
    await page.keyboard.type(' Now.');
    await figures(page).filter({ hasText: 'tokens' }).waitFor();
    await page.waitForTimeout(2500);
    expect(asked.length).toBe(before);
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('may not be reached').or(page.getByText('Refused')).first().waitFor();
    // Local addresses are not opened to what somebody else wrote.
    expect(asked.length).toBe(before);
    await context.close();
  });

  test('with hostile names are text', async () => {
    const hostile = '@https://a.example/<img/src=x/onerror=alert(1)>.md @https://b.example/%3Cb%3E';
    const { page, context, watched, area } = await opened();
    await area.fill(`---\n"<b>x</b>": 1\n---\n${hostile} <script>alert(1)</script>`);
    await page.locator('#problems li').first().waitFor();
    expect(await page.locator('main img, main b, main script').count()).toBe(0);
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });
});

describe('drafts', () => {
  test('survive a reload, and can be opened and deleted', async () => {
    const { page, context, area } = await opened();
    await area.fill('My first draft.');
    await page.getByText('Drafts in this browser (1)').click();
    await page.getByRole('button', { name: 'New document' }).click();
    await area.fill('My second draft.');
    await page.getByText('Drafts in this browser (2)').waitFor();
    await page.reload();
    expect(await area.inputValue()).toBe('My second draft.');
    await page.getByText('Drafts in this browser (2)').click();
    await page.getByRole('button', { name: 'My first draft.', exact: true }).click();
    expect(await area.inputValue()).toBe('My first draft.');
    await page.getByRole('button', { name: 'Delete draft My second draft.' }).click();
    await page.getByText('Drafts in this browser (1)').waitFor();
    await page.goto('/?prompt=From+a+link.');
    expect(await area.inputValue()).toBe('From a link.');
    await page.goto('/');
    expect(await area.inputValue()).toBe('My first draft.');
    await context.close();
  });

  test('of what somebody else suggested stay suggested', async () => {
    const { page, context, area } = await opened('/?prompt=Suggested.');
    await area.press('End');
    await page.keyboard.type(' And changed.');
    await page.getByText('Drafts in this browser (1)').waitFor();
    await page.goto('/');
    expect(await area.inputValue()).toBe('Suggested. And changed.');
    expect(await page.locator('#suggested').isVisible()).toBe(true);
    expect(await page.locator('input[name=suggested]').count()).toBe(1);
    await page.getByText('Drafts in this browser (1)').click();
    await page.getByRole('button', { name: 'New document' }).click();
    expect(await page.locator('input[name=suggested]').count()).toBe(0);
    expect(await page.locator('#suggested').isVisible()).toBe(false);
    await context.close();
  });
});

describe('a document from elsewhere', () => {
  test('is shown with its source, and asks once before it uses what is its reader’s', async () => {
    const { page, context, watched, area } = await opened(`/from/${peer.origin}/a.md?b=c&d`);
    expect(await area.inputValue()).toContain('Say hello. /a.md?b=c&d');
    expect(await page.getByText(`${peer.origin}/a.md?b=c&d`).count()).toBe(1);
    expect(await page.getByText('Somebody else suggests this prompt.').isVisible()).toBe(true);
    await area.fill(`---\nmodel: demo\ntools: https://tools.invalid/mcp\n---\nSay hello.`);
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('https://tools.invalid/mcp').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Run without my logins' }).click();
    await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
    expect(watched.foreign).toEqual([]);
    await context.close();
  });

  test('that cannot be opened is a page that says which and why', async () => {
    const { page, context } = await opened(`/from/${peer.origin}/missing`);
    await page.getByText(`${peer.origin}/missing cannot be opened: 404.`).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await context.close();
  });

  test('that is a run is the owner’s own, and a suggestion for others', async () => {
    const own = await opened();
    await own.area.fill('Say hello.');
    await own.area.press('Control+Enter');
    await own.page.waitForURL(/\/[0-9A-Za-z]{32}$/);
    const path = `${new URL(own.page.url()).pathname}?edit`;
    await own.page.goto(path);
    expect(await own.area.inputValue()).toBe('Say hello.');
    expect(await own.page.locator('#suggested').isVisible()).toBe(false);
    const other = await opened(path);
    expect(await other.area.inputValue()).toBe('Say hello.');
    expect(await other.page.locator('#suggested').isVisible()).toBe(true);
    await Promise.all([own.context.close(), other.context.close()]);
  });
});
