/**
 * `npm run screenshots`: starts the product, makes a run in every state and takes a picture of every
 * page, in light and dark, on a phone and on a desktop, into `.screenshots/`. For looking at them.
 */
import { mkdirSync } from 'node:fs';
import { argv } from 'node:process';
import { startBrowser } from '../test/support/browser.ts';
import { open, shownPages } from '../test/support/shown-pages.ts';

const FOLDER = new URL('../.screenshots/', import.meta.url).pathname;

const SIZES = [
  { name: 'phone', width: 390, height: 844 },
  { name: 'desktop', width: 1280, height: 900 },
] as const;

/** Only pages whose name holds this. */
const [, , wanted = ''] = argv;

mkdirSync(FOLDER, { recursive: true });
const browser = await startBrowser();
await using shown = await shownPages(browser);
for (const each of shown.pages.filter(({ name }) => name.includes(wanted))) {
  const { name, visit: { page } = shown.owner } = each;
  for (const { name: size, ...viewport } of SIZES) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await open(shown, each);
      const file = `${FOLDER}${name}-${size}-${colorScheme}.png`;
      await page.screenshot({ path: file, fullPage: !name.startsWith('docs') });
      console.log(file);
    }
  }
}
await browser.close();
