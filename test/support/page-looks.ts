/** What every page must be, for every reader. */
import type { Page } from 'playwright-core';
import { seriousFindings } from './accessibility.ts';

/** What is wrong with the page in light and dark, on a narrow screen, enlarged and on paper. */
export async function flawsOf(page: Page): Promise<string[]> {
  const size = page.viewportSize() ?? { width: 1280, height: 720 };
  const flaws: string[] = [];
  await page.evaluate(`document.querySelectorAll('details').forEach((each) => (each.open = true))`);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    flaws.push(...(await seriousFindings(page)).map((finding) => `${colorScheme}: ${finding}`));
  }
  // 320 pixels are also what a window of 1280 has at 400 %.
  for (const width of [320, 640]) {
    await page.setViewportSize({ width, height: 640 });
    if (await isScrolledAside(page)) flaws.push(`wider than ${width} px`);
  }
  await page.emulateMedia({ media: 'print', colorScheme: 'light' });
  const shown = `[...document.querySelectorAll('form, header.site, .tools')].some((each) => each.checkVisibility())`;
  if (await page.evaluate(shown)) flaws.push('print: what can only be pressed is printed');
  await page.emulateMedia({ media: 'screen', colorScheme: null });
  await page.setViewportSize(size);
  const title = await page.title();
  if (!/^[A-Z][a-z ]+ · MarkdownOps$/.test(title)) flaws.push(`title: ${title}`);
  return flaws;
}

async function isScrolledAside(page: Page): Promise<boolean> {
  const wide = `document.documentElement.scrollWidth > document.documentElement.clientWidth`;
  return (await page.evaluate(wide)) === true;
}
