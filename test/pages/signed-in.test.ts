/** Somebody who signed in elsewhere, in a real browser: their keys, and programs that they let in. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { flawsOf } from '../support/page-looks.ts';
import { httpPeer } from '../support/peers.ts';
import type { Peer } from '../support/peers.ts';
import { cliPath, HOSTILE_NAME, peoplePages, programAsks } from '../support/people-pages.ts';
import type { PeoplePages } from '../support/people-pages.ts';

let browser: Browser;
let people: PeoplePages;
/** Where programs wait for what they are given. */
let program: Peer;
let callbacks: { readonly url: URL; readonly referer: string | undefined }[];

beforeAll(async () => {
  callbacks = [];
  program = await httpPeer((request, response) => {
    const url = new URL(request.url ?? '/', program.origin);
    if (url.pathname !== '/favicon.ico') {
      callbacks.push({ url, referer: request.headers.referer });
    }
    response.writeHead(200, { 'content-type': 'text/html' }).end('<p>You may close this page.');
  });
  browser = await startBrowser();
  people = await peoplePages(browser);
});

afterAll(async () => {
  await people[Symbol.asyncDispose]();
  await browser.close();
  await program.stop();
});

describe('somebody who signed in with OpenRouter', () => {
  test('forgets the key that is kept, and gets another from the same page', async () => {
    const { page, watched } = people.person;
    await page.goto('/account');
    await page.getByRole('button', { name: 'Forget the key' }).click();
    await page.getByText('There is no key of yours here.').waitFor();
    await page.getByRole('button', { name: 'Sign in with OpenRouter' }).click();
    await page.getByRole('button', { name: 'Forget the key' }).waitFor();
    expect(watched.faults).toEqual([]);
  });

  test('makes a key that is shown once, and revokes it', async () => {
    const { page } = people.person;
    await page.goto('/account');
    await page.getByLabel('Name').fill('for a day');
    await page.getByLabel('Days until it ends').fill('1');
    await page.getByRole('button', { name: 'Make a key' }).click();
    const key = (await page.locator('#made ~ pre').innerText()).trim();
    expect((await people.world.ask('/runs', key)).status).toBe(200);
    await page.goto('/account');
    expect(await page.locator('body').innerText()).not.toContain(key);
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('There are none yet.').waitFor();
    expect((await people.world.ask('/runs', key)).status).toBe(401);
  });
});

describe('a program that asks to be let in', () => {
  test('gets a code when its person allows it, is listed by its name, and is ended there', async () => {
    const { page, watched } = people.person;
    const callback = `${program.origin}/callback`;
    const { path, ...asks } = await programAsks(people.world, HOSTILE_NAME, callback);
    await page.goto(path);
    // What a program calls itself is shown as it is and does nothing.
    expect(await page.title()).toBe('Let a program in · MarkdownOps');
    await page.getByRole('heading', { name: 'Let Good⟨U+202E⟩</h1><script>' }).waitFor();
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.getByText('You may close this page.').waitFor();
    const [sent] = callbacks.splice(0);
    expect(sent?.url.searchParams.get('code')).toMatch(/^\S{40,}$/);
    expect(sent?.url.searchParams.get('iss')).toBe(people.origin);
    // The address of the question names the program and what it asked.
    expect(sent?.referer).toBeUndefined();
    const code = sent?.url.searchParams.get('code') ?? '';
    const form = new URLSearchParams({ grant_type: 'authorization_code', code, ...asks });
    const exchanged = await people.world.ask('/oauth/token', null, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    expect(exchanged.status).toBe(200);
    await page.goto('/connections');
    await page.getByRole('heading', { name: 'Good⟨U+202E⟩</h1><script>' }).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'End' }).click();
    await page.getByText('There are none. A program that wants').waitFor();
    expect(watched.faults).toEqual([]);
  });

  test('is told when its person does not', async () => {
    const { page } = people.person;
    const { path } = await programAsks(people.world, 'Notes', `${program.origin}/callback`);
    await page.goto(path);
    await page.getByRole('button', { name: 'Do not allow' }).click();
    await page.getByText('You may close this page.').waitFor();
    const [sent] = callbacks.splice(0);
    expect(sent?.url.searchParams.get('error')).toBe('access_denied');
    expect(sent?.url.searchParams.has('code')).toBe(false);
  });

  test('on this machine, as mdops, gets its code where it listens', async () => {
    const { page, watched } = people.person;
    await page.goto(cliPath(new URL(program.origin).port));
    await page.getByRole('button', { name: 'Make the key' }).click();
    await page.getByText('You may close this page.').waitFor();
    const [sent] = callbacks.splice(0);
    expect(sent?.url.pathname).toBe('/signed-in');
    expect(sent?.url.searchParams.get('code')).toMatch(/^mdc_\w+$/);
    expect(sent?.referer).toBeUndefined();
    expect(watched.faults).toEqual([]);
  });
});
