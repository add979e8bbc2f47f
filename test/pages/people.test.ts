import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser, visit } from '../support/browser.ts';
import { LoginWorld, promptFor } from '../support/login-product.ts';
import { flawsOf } from '../support/page-looks.ts';
import { ended } from '../support/page-run.ts';
import { startProduct } from '../support/product.ts';

let world: LoginWorld;
let browser: Browser;

beforeAll(async () => {
  [world, browser] = await Promise.all([LoginWorld.start(), startBrowser()]);
});

afterAll(async () => {
  await browser.close();
  await world[Symbol.asyncDispose]();
});

/** Runs a prompt from the editor. */
async function run(page: Page, prompt: string): Promise<void> {
  await page.locator('form textarea').first().fill(prompt);
  await page.getByRole('button', { name: 'Run' }).first().click();
}

describe('a run that wants a login', () => {
  test('shows its owner where, goes on by itself, and the login is listed and ended', async () => {
    const { page, context, watched } = await visit(browser, world.product.origin);
    await page.goto('/connections');
    await page.getByText('There are none yet.').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.goto('/');
    await run(page, promptFor(world.tools.url));
    const link = page.getByRole('link', { name: 'Log in' });
    await link.waitFor();
    expect(await flawsOf(page)).toEqual([]);
    const address = page.url();
    const stranger = await visit(browser, world.product.origin);
    await stranger.page.goto(address);
    await stranger.page.getByText('The run waits for its owner to log in.').waitFor();
    expect(await stranger.page.locator('main .status').textContent()).toBe('Waiting for its owner');
    expect(await page.locator('main .status').textContent()).toBe('Waiting for you');
    await page.getByText('No answer yet: the run waits for you.').waitFor();
    expect(await stranger.page.getByRole('link', { name: 'Log in' }).count()).toBe(0);
    // What the first page shows while its owner logs in on another one.
    const login = await context.newPage();
    await login.goto((await link.getAttribute('href')) ?? '');
    expect(await flawsOf(login)).toEqual([]);
    await login.getByRole('button', { name: /^Log in at/ }).click();
    await login.getByRole('heading', { name: 'You are logged in' }).waitFor();
    expect(await flawsOf(login)).toEqual([]);
    await ended(page, 'Completed');
    await page.locator('[data-key="prose"]', { hasText: 'It is 391.' }).waitFor();
    await ended(stranger.page, 'Completed');
    await page.goto('/connections');
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('There are none yet.').waitFor();
    // The authorization server is another site, and one went there.
    expect(watched.faults).toEqual([]);
    expect(stranger.watched).toEqual({ faults: [], foreign: [] });
    await Promise.all([context.close(), stranger.context.close()]);
  });

  test('is refused the login by its owner', async () => {
    const { page, context } = await visit(browser, world.product.origin);
    await page.goto('/');
    await run(page, promptFor(world.others.url));
    await page.getByRole('button', { name: 'Do not log in' }).click();
    await page.locator('main:not([data-live])').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await context.close();
  });
});

describe('the editor of who has logins', () => {
  test('says which tool server wants one, leads there, and offers it from then on', async () => {
    const { page, context } = await visit(browser, world.product.origin);
    await page.goto('/');
    await page.getByLabel('Markdown document').fill(promptFor(world.tools.url));
    await page.getByRole('button', { name: 'Check' }).click();
    const [login] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('button', { name: `Log in to ${world.tools.url}` }).click(),
    ]);
    await login.getByRole('button', { name: /^Log in at/ }).click();
    await login.getByRole('heading', { name: 'You are logged in' }).waitFor();
    await login.close();
    // Headless tabs are never hidden, so nobody tells the page that its reader is back.
    await page.evaluate(`window.dispatchEvent(new Event('focus'))`);
    await page.getByText(/^4 tools · ≈/).waitFor();
    expect(await page.locator('#announcement').textContent()).toBe('1 of 1 addresses answer');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Check');
    expect(await page.getByRole('button', { name: /^Log in to/ }).count()).toBe(0);
    await page.getByLabel('Markdown document').fill('Roll two dice.');
    await page.locator('#addresses').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Add tools' }).click();
    await page.getByRole('button', { name: `Add ${world.tools.url}` }).click();
    expect(await page.getByLabel('Markdown document').inputValue()).toBe(
      `---\ntools:\n  - ${world.tools.url}\n---\n\nRoll two dice.`,
    );
    await page.goto('/connections');
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('There are none yet.').waitFor();
    await context.close();
  });
});

describe('the editor, when its reader comes back', () => {
  test('asks without logins about what they did not look at, and not without end', async () => {
    const { page, context } = await visit(browser, world.product.origin);
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/inspect')) asked.push(new URL(request.url()).search);
    });
    await page.goto('/');
    const document = page.getByLabel('Markdown document');
    await document.pressSequentially(`${promptFor(world.others.url)}\n`);
    await page.getByRole('button', { name: /^Log in to/ }).waitFor();
    const comeBack = () => page.evaluate(`window.dispatchEvent(new Event('focus'))`);
    await comeBack();
    await expect.poll(() => asked, { timeout: 20_000 }).toEqual(['', '']);
    for (let times = 0; times < 50; times += 1) await comeBack();
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(2);
    expect([...new Set(asked), asked.length < 12]).toEqual(['', true]);
    // Pressed while the page asks by itself.
    await page.getByRole('button', { name: 'Check' }).click();
    await expect.poll(() => asked, { timeout: 20_000 }).toContain('?with_logins=1');
    await context.close();
  });
});

describe('pages of people', () => {
  test('signing in, the list of runs, and the question before logins are used look as they should', async () => {
    const { page, context, watched } = await visit(browser, world.product.origin);
    await page.goto('/sign-in?return=/connections');
    expect(await flawsOf(page)).toEqual([]);
    await page.getByLabel('API key').fill('wrong-key-0123456789');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.getByLabel('API key').fill('alice-key-0123456789');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/connections');
    await page.goto('/runs');
    await page.getByText('There are none here.').waitFor();
    await page.goto(`/?prompt=${encodeURIComponent(promptFor(world.tools.url))}`);
    await page.getByRole('button', { name: 'Run' }).first().click();
    await page.getByRole('heading', { name: 'Run it with your logins?' }).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Run without my logins' }).click();
    await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
    await page.goto('/runs');
    await page.getByRole('link', { name: 'What is 17 * 23?' }).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });

  test('PAGE-10 what is not there, what is somewhere else and what is too much say what to do', async () => {
    await using limited = await startLimited();
    const { page, context } = await visit(browser, limited.origin);
    await page.goto(`/${'A'.repeat(32)}`);
    await page.getByRole('heading', { name: 'Not here' }).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    const missing = await page.locator('main').innerHTML();
    await page.goto('/no-such-page');
    expect(await page.locator('main').innerHTML()).toBe(missing);
    await page.goto('/');
    await run(page, 'Say hello.');
    await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
    await ended(page, 'Completed');
    const old = page.url();
    // At once: a minute later it would not be too much.
    await page.goto('/');
    await run(page, 'Say hello again.');
    await page.getByRole('heading', { name: 'Too much at once' }).waitFor();
    await page.getByText(/^Try again in \d+ second/).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.goto(old);
    await page.locator('summary', { hasText: 'new address' }).click();
    await page.getByRole('button', { name: 'Change the address' }).click();
    await page.waitForURL((url) => url.href !== old && !url.pathname.endsWith('rotate'));
    await page.goto(old);
    await page.getByText('It was given another address on').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await context.close();
  });
});

/** A server on which one may run once in a minute. */
async function startLimited() {
  const product = await startProduct({ RUN_RATE: '1' });
  return { origin: product.origin, [Symbol.asyncDispose]: () => product.stop() };
}
