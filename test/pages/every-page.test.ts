/** What holds for every page, whoever made it: policy, foreign requests, accessibility, no scripts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFindings } from '../support/accessibility.ts';
import { startBrowser, visit } from '../support/browser.ts';
import { httpPeer } from '../support/peers.ts';
import type { Peer } from '../support/peers.ts';
import { open, shownPages } from '../support/shown-pages.ts';
import type { ShownPages } from '../support/shown-pages.ts';

let browser: Browser;
let shown: ShownPages;
let other: Peer;
/** What the server of another origin was asked, with the `Referer` that came along. */
const visits: { readonly path: string; readonly referer: string | undefined }[] = [];

/** Forms as somebody would put them on a page of theirs. */
function formPage(action: string): string {
  const form = (enctype: string, name: string) =>
    `<form method="post" action="${action}" enctype="${enctype}"><textarea name="prompt">Say <b>hello</b> & 1 + 1 = ${name}.\nTwice.</textarea><button>${name}</button></form>`;
  return `<!doctype html><meta charset="utf-8"><title>Theirs</title>
${form('application/x-www-form-urlencoded', 'urlencoded')}
${form('multipart/form-data', 'multipart')}
${form('text/plain', 'plain')}
<a href="${action}?prompt=Say%20hello.">Prompt it</a>`;
}

beforeAll(async () => {
  other = await httpPeer((request, response) => {
    visits.push({ path: request.url ?? '', referer: request.headers.referer });
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(formPage(`${shown.product.origin}/`));
  });
  browser = await startBrowser();
  shown = await shownPages(browser);
}, 120_000);

afterAll(async () => {
  await shown[Symbol.asyncDispose]();
  await browser.close();
  await other.stop();
});

/** The ids of all runs there are. */
async function runIds(): Promise<string[]> {
  const response = await fetch(`${shown.product.origin}/runs?limit=100`);
  const { data } = (await response.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

describe('every page', () => {
  test('asks nobody else for anything, breaks no policy and can be used by everybody', async () => {
    const findings: string[] = [];
    for (const each of shown.pages) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page } = each.visit ?? shown.owner;
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await open(shown, each);
        findings.push(
          ...(await seriousFindings(page)).map((found) => `${each.name}, ${colorScheme}: ${found}`),
        );
      }
    }
    expect(findings).toEqual([]);
    for (const { watched } of [shown.owner, shown.person]) {
      expect(watched).toEqual({ faults: [], foreign: [] });
    }
  }, 240_000);

  test('is among them, whatever its title', async () => {
    const titles = new Set<string>();
    for (const each of shown.pages) titles.add(await (await open(shown, each)).title());
    // One comes to it by way of another site: `people.test.ts`.
    titles.add('Logged in · MarkdownOps');
    const missing = titlesInSource().filter((title) => !titles.has(`${title} · MarkdownOps`));
    expect(missing).toEqual([]);
  }, 120_000);

  // `worker-bundle.test.ts` bounds each of them, which says little if a page loads another one.
  test('loads the scripts whose size is bounded, and no other', async () => {
    const { page } = shown.owner;
    const loaded: string[] = [];
    page.on('request', (request) => {
      if (request.resourceType() === 'script') loaded.push(new URL(request.url()).pathname);
    });
    for (const each of shown.pages.filter(({ visit: own }) => own === undefined)) {
      loaded.length = 0;
      await open(shown, each);
      await page.waitForLoadState('load');
      const bounded = new Set(['/assets/run.js', '/assets/editor.js', '/assets/parser.js']);
      expect([each.name, loaded.filter((name) => !bounded.has(name))]).toEqual([each.name, []]);
      const isRun = each.name.startsWith('run-');
      expect([each.name, loaded.includes('/assets/editor.js') && isRun]).toEqual([
        each.name,
        false,
      ]);
      // Before anybody types, the parser is not there.
      if (each.name === 'editor') expect(loaded[0]).toBe('/assets/editor.js');
    }
  }, 120_000);

  test('fits a narrow phone without being scrolled sideways, and is read there with the keyboard', async () => {
    for (const each of shown.pages) {
      await (each.visit ?? shown.owner).page.setViewportSize({ width: 320, height: 640 });
      const page = await open(shown, each);
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      expect([each.name, wide, await seriousFindings(page)]).toEqual([each.name, 320, []]);
    }
  }, 120_000);

  test('says the same without scripts, and keeps what it is about out of its title', async () => {
    const { page, context, watched } = await visit(browser, shown.product.origin, {
      javaScriptEnabled: false,
    });
    for (const { path } of shown.pages.filter((each) => each.visit === undefined)) {
      await page.goto(path, { waitUntil: 'commit' });
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.title()).not.toMatch(/tide|tokyo|hello|dice/i);
    }
    expect(watched.foreign).toEqual([]);
    await context.close();
  });
});

/** The titles of all pages that are laid out anywhere in the source. */
function titlesInSource(): readonly string[] {
  const folder = new URL('../../src/', import.meta.url).pathname;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const titles = files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(LAID_OUT)])
    .flatMap(([, first = '', second = '']) => [first, second].filter((title) => title !== ''));
  expect(titles.length).toBeGreaterThan(15);
  return titles;
}

const LAID_OUT =
  /(?:pageHtml|docsPage)\(\{\s*(?:path: [^\n]*\s*)?title: (?:\w[^'\n]*\? )?'([^']+)'(?: : '([^']+)')?/g;

describe('another site', () => {
  test('is not told where a reader comes from who follows a link of an answer', async () => {
    const { page, context } = await visit(browser, shown.product.origin);
    await page.goto('/');
    await page
      .getByRole('textbox')
      .first()
      .fill(`---\nmodel: demo\n---\n\nSay hello to <${other.origin}/linked>.`);
    await page.getByRole('button', { name: 'Run' }).first().click();
    await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
    await page.getByText('completed').first().waitFor();
    await page
      .getByRole('link', { name: `${other.origin}/linked` })
      .first()
      .click();
    await page.waitForURL(`${other.origin}/linked`);
    expect(visits.filter(({ path }) => path === '/linked')).toEqual([
      { path: '/linked', referer: undefined },
    ]);
    await context.close();
  });

  test.each(['urlencoded', 'multipart', 'plain'])(
    'fills the editor with a form (%s), which runs nothing until its reader does',
    async (kind) => {
      const before = await runIds();
      const { page, context } = await visit(browser, shown.product.origin);
      await page.goto(`${other.origin}/form`);
      await page.getByRole('button', { name: kind }).click();
      await page.waitForURL(`${shown.product.origin}/`);
      await page.getByText('Somebody else suggests this prompt.').waitFor();
      expect(await page.getByRole('textbox').first().inputValue()).toBe(
        `Say <b>hello</b> & 1 + 1 = ${kind}.\nTwice.`,
      );
      expect(await runIds()).toEqual(before);
      await page.getByRole('button', { name: 'Run' }).first().click();
      await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
      expect(await runIds()).toHaveLength(before.length + 1);
      await context.close();
    },
  );

  test('leads into the filled editor with a link, without any script', async () => {
    const before = await runIds();
    const { page, context } = await visit(browser, shown.product.origin, {
      javaScriptEnabled: false,
    });
    await page.goto(`${other.origin}/form`);
    await page.getByRole('link', { name: 'Prompt it' }).click();
    expect(await page.getByRole('textbox').first().inputValue()).toBe('Say hello.');
    expect(await runIds()).toEqual(before);
    await context.close();
  });
});

describe('an example', () => {
  test('is opened from the list, and is one click from running', async () => {
    const { page, context, watched } = await visit(browser, shown.product.origin);
    await page.goto('/examples');
    await page.getByRole('link', { name: 'Open in the editor: Roll for initiative' }).click();
    expect(await page.getByRole('textbox').first().inputValue()).toContain('tools: /demo/mcp');
    expect(await page.getByText('Somebody else suggests').isVisible()).toBe(false);
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });
});
