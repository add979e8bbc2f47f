import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { visit } from '../support/browser.ts';
import { HOSTILE, lifeIn, NO_LIFE } from '../support/hostile-answers.ts';
import { flawsOf } from '../support/page-looks.ts';
import { answered, ended, pageWorld, runIn } from '../support/page-run.ts';
import type { PageWorld } from '../support/page-run.ts';
import { httpPeer } from '../support/peers.ts';

let world: PageWorld;
beforeAll(async () => {
  world = await pageWorld();
});
afterAll(() => world.stop());

describe('what a model says', () => {
  test('does nothing on a page, in two hundred hostile ways', async () => {
    expect(HOSTILE.length).toBeGreaterThanOrEqual(200);
    const { page, context, watched } = await visit(world.browser, world.product.origin);
    const asked = await runIn(page, world.peer, 'Do your worst.');
    // Piece by piece, so that each is laid out open and sealed too.
    for (const answer of HOSTILE) asked.says(`${answer}\n\n***\n\n`);
    await page.locator('[data-key="prose"] hr').nth(100).waitFor();
    asked.says('Done.');
    await page.locator('[data-key="prose"]').getByText('Done.').last().waitFor();
    for (const look of ['while it goes on', 'when it is over']) {
      if (look === 'when it is over') {
        asked.stops();
        await ended(page, 'Completed');
      }
      expect(await lifeIn(page), look).toEqual(NO_LIFE);
    }
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });

  test('PAGE-2 leads away without saying where from', async () => {
    const seen: (string | undefined)[] = [];
    const away = await httpPeer((request, response) => {
      seen.push(request.headers.referer);
      response.end('<p>Away.');
    });
    const { page, context } = await visit(world.browser, world.product.origin);
    await answered(page, world.peer, 'Where to?', `[There](${away.origin}/x)`);
    await page.getByRole('link', { name: 'There' }).click();
    await page.getByText('Away.').waitFor();
    expect(seen[0]).toBeUndefined();
    await context.close();
    await away.stop();
  });
});

describe('the page of a run', () => {
  test('can be read by everybody, everywhere, while it goes on and when it is over', async () => {
    const { page, context } = await visit(world.browser, world.product.origin);
    const asked = await runIn(page, world.peer, '@/demo/mcp\n\nWrite *everything* that there is.');
    asked.says('I will roll.');
    asked.calls('roll_dice');
    const next = await world.peer.next();
    const table = `| ${Array.from({ length: 12 }, (_, at) => `column ${at}`).join(' | ')} |\n`;
    next.says(`# One\n\nText with \`code\` and [a link](https://e.example).\n\n`);
    next.says(
      `${table}${'|-'.repeat(12)}|\n${table}\n\`\`\`js a.js\n${'wide(); '.repeat(50)}\n\`\`\`\n\n`,
    );
    next.says(`> ${'Averylongword'.repeat(20)}\n\n1. a\n2. b\n`);
    await page.locator('[data-key="prose"] li').nth(1).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    next.stops();
    await ended(page, 'Completed');
    expect(await flawsOf(page)).toEqual([]);
    const described = await page.locator('meta[name="description"]').getAttribute('content');
    expect(described).toBe('A Markdown prompt, run with its tools.');
    await context.close();
  });

  test('is used with the keyboard alone', async () => {
    const { page, context } = await visit(world.browser, world.product.origin);
    await answered(page, world.peer, 'Say hi.', 'Hi.');
    await page.reload();
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Skip to the content');
    const reached: string[] = [];
    for (let pressed = 0; pressed < 30; pressed += 1) {
      await page.keyboard.press('Tab');
      const focus = page.locator(':focus');
      if ((await focus.count()) === 0) break;
      reached.push(((await focus.textContent()) ?? '').trim().slice(0, 30));
    }
    for (const name of [
      'Markdown',
      'Copy answer',
      'Edit and run again',
      'Model and tool servers',
      'Delete it',
    ]) {
      expect(reached).toContain(name);
    }
    await context.close();
  });

  test('stands still for who wants no motion', async () => {
    const { page, context } = await visit(world.browser, world.product.origin, {
      reducedMotion: 'reduce',
    });
    const asked = await runIn(page, world.peer, 'Wait for me.');
    asked.says('Yes.');
    await page.locator('.status.running').waitFor();
    const name = `getComputedStyle(document.querySelector('.status'), '::before').animationName`;
    expect(await page.evaluate(name)).toBe('none');
    asked.stops();
    await ended(page, 'Completed');
    await context.close();
  });
});
