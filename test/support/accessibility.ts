/** What axe finds on a page as it is now. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly {
    readonly target: readonly unknown[];
    readonly failureSummary?: string;
  }[];
}

/** Serious and critical findings, each as one line; the page's own policy stays in force for it. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Evaluated by the browser's debugger and not as a script of the page, which the policy forbids.
  await page.evaluate(axe.source);
  const violations = (await page.evaluate(
    'axe.run(document).then(({ violations }) => violations)',
  )) as readonly Finding[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}
