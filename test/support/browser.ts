/** A real Chromium: the one in the npm package on Linux x64, an installed Chrome elsewhere. */
import process from 'node:process';
import sparticuz from '@sparticuz/chromium';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

/** What a page did that none of ours may do. */
export interface Watched {
  /** Violations of the content security policy, errors in the console and uncaught exceptions. */
  readonly faults: readonly string[];
  /** Addresses outside of the origin that anything asked for. */
  readonly foreign: readonly string[];
}

/** A page in a browser context of its own, watched. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly watched: Watched;
}

/** Starts the browser; the caller closes it. */
export async function startBrowser(): Promise<Browser> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return await chromium.launch({ channel: 'chrome' });
  }
  const executablePath = await sparticuz.executablePath();
  // Not the arguments of that package: they switch off what keeps sites apart, which is tested here.
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

/**
 * Opens an empty page that may talk to `origin`.
 * @param options such as `colorScheme`, `viewport`, `javaScriptEnabled`
 */
export async function visit(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ baseURL: origin, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  const foreign: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    // A failed request is told by its answer; what is told here besides is ours.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      faults.push(message.text());
    }
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol) && url.origin !== origin) {
      foreign.push(url.href);
    }
  });
  return { page, context, watched: { faults, foreign } };
}
