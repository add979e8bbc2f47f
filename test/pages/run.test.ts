import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { visit } from '../support/browser.ts';
import { answered, ended, mainOf, pageWorld, runIn } from '../support/page-run.ts';
import type { PageWorld } from '../support/page-run.ts';

let world: PageWorld;
beforeAll(async () => {
  world = await pageWorld();
});
afterAll(() => world.stop());

describe('the page of a run that goes on', () => {
  test('grows as the model speaks, is whole after a reload, and ends as it is asked for anew', async () => {
    const { page, context, watched } = await visit(world.browser, world.product.origin);
    const asked = await runIn(page, world.peer, 'Tell me of tea.');
    asked.says('# Tea\n\nFrom [China][c].\n\n- Green\n');
    const prose = page.locator('[data-key="prose"]');
    await prose.getByText('Green').waitFor();
    await page.evaluate(`document.querySelector('.prose h3').dataset.mine = ''`);
    asked.says('- Black\n\n```js\nboil();\n');
    await prose.locator('pre', { hasText: 'boil();' }).waitFor();
    // The heading is the element of before: what is finished is not made again.
    expect(await prose.locator('h3[data-mine]').count()).toBe(1);
    await page.reload();
    await prose.getByText('Black').waitFor();
    asked.says('pour();\n```\n\nEnjoy.\n\n[c]: https://china.example\n');
    await prose.getByText('Enjoy.').waitFor();
    expect(await prose.locator('li').count()).toBe(2);
    asked.stops();
    await ended(page, 'Completed');
    expect(await prose.getByRole('link', { name: 'China' }).getAttribute('href')).toBe(
      'https://china.example',
    );
    const markdown = await page.request.get(`${page.url()}.md`);
    expect(await markdown.text()).toContain('## Answer\n\n# Tea');
    const grown = await mainOf(page);
    await page.reload();
    expect(await mainOf(page)).toBe(grown);
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });

  test('shows the calls of tools while they are made, and keeps open what was opened', async () => {
    const { page, context, watched } = await visit(world.browser, world.product.origin);
    const asked = await runIn(page, world.peer, '@/demo/mcp\n\nRoll.');
    asked.says('I will roll.');
    asked.calls('roll_dice');
    const next = await world.peer.next();
    const call = page.locator('details.call');
    await call.locator('summary', { hasText: 'done' }).click();
    await call.getByRole('heading', { name: 'Result' }).waitFor();
    next.says('You rolled.');
    await page.locator('[data-key="prose"]', { hasText: 'You rolled.' }).waitFor();
    await page.locator('.said', { hasText: 'I will roll.' }).waitFor();
    next.stops();
    await ended(page, 'Completed');
    expect(await call.getAttribute('open')).toBe('');
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });

  test('is followed by whoever has its address, and by a browser without scripts', async () => {
    const { page, context } = await visit(world.browser, world.product.origin);
    const asked = await runIn(page, world.peer, 'Say hello.');
    const stranger = await visit(world.browser, world.product.origin);
    await stranger.page.goto(page.url());
    const plain = await visit(world.browser, world.product.origin, { javaScriptEnabled: false });
    await plain.page.goto(page.url());
    asked.says('Hello to all.');
    await stranger.page.getByText('Hello to all.').waitFor();
    await plain.page.getByText('Hello to all.').waitFor();
    expect(await stranger.page.getByText('Your run').count()).toBe(0);
    asked.stops();
    await ended(stranger.page, 'Completed');
    await plain.page.locator('.status.completed').waitFor();
    expect(stranger.watched).toEqual({ faults: [], foreign: [] });
    await Promise.all([context, stranger.context, plain.context].map((each) => each.close()));
  });

  test('sends what is finished once: a long answer costs little more than its own length', async () => {
    const { page, context } = await visit(world.browser, world.product.origin);
    const asked = await runIn(page, world.peer, 'Write a book.');
    const client = await context.newCDPSession(page);
    await client.send('Network.enable');
    let bytes = 0;
    client.on('Network.dataReceived', ({ dataLength }) => (bytes += dataLength));
    const paragraph = `${'Words of a long book. '.repeat(20)}\n\n`;
    for (let said = 0; said < 100; said += 1) {
      asked.says(paragraph);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    asked.says('The end of it.');
    await page.getByText('The end of it.').waitFor();
    const length = 100 * paragraph.length;
    expect(bytes).toBeLessThan(6 * length);
    asked.stops();
    await ended(page, 'Completed');
    await context.close();
  });
});

describe('what one can do with a run', () => {
  test('a run that fails says so in red, with its code', async () => {
    const { page, context } = await visit(world.browser, world.product.origin);
    await page.goto('/');
    const refused = '---\nmodel: openai/x\nlimits:\n  timeout: 4\ntimeout: 4\n---\nWait.';
    await page.locator('form textarea').first().fill(refused);
    await page.getByRole('button', { name: 'Run' }).first().click();
    await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
    await ended(page, 'Failed');
    await world.peer.next();
    const error = page.getByRole('alert');
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.error h2')).color`)).toBe(
      'rgb(179, 38, 30)',
    );
    expect(await error.locator('code').first().textContent()).toBe('timeout');
    const first = page.locator('.tools > *').first();
    expect(await first.textContent()).toBe('Edit and run again');
    const colour = `getComputedStyle(element).backgroundColor`;
    const shown = (selector: string) =>
      page.evaluate(`((element) => ${colour})(document.querySelector('${selector}'))`);
    expect(await shown('.tools .primary')).not.toBe(await shown('.tools a:last-child'));
    expect(await shown('[data-key=continue] button')).toBe('rgba(0, 0, 0, 0)');
    await context.close();
  });

  test('its owner cancels it', async () => {
    const { page, context } = await visit(world.browser, world.product.origin);
    const asked = await runIn(page, world.peer, 'Go on for ever.');
    asked.says('On and on.');
    await page.getByText('On and on.').waitFor();
    await page.locator('summary', { hasText: 'Cancel the run' }).click();
    await page.getByRole('button', { name: 'Cancel the run' }).click();
    await ended(page, 'Cancelled');
    await page.getByText('On and on.').waitFor();
    await asked.closed;
    await context.close();
  });

  test('its owner gives it a new address and deletes it, without scripts too', async () => {
    const scriptless = { javaScriptEnabled: false };
    const { page, context } = await visit(world.browser, world.product.origin, scriptless);
    const asked = await runIn(page, world.peer, 'Say one word.');
    asked.says('Word.');
    asked.stops();
    await page.locator('.status.completed').waitFor();
    const old = page.url();
    await page.locator('summary', { hasText: 'new address' }).click();
    await page.getByRole('button', { name: 'Change the address' }).click();
    await page.waitForURL((url) => url.href !== old && !url.pathname.endsWith('rotate'));
    await page.getByText('Word.', { exact: true }).waitFor();
    expect((await page.request.get(old)).status()).toBe(410);
    const now = page.url();
    await page.locator('summary', { hasText: 'Delete it' }).click();
    await page.getByRole('button', { name: 'Delete the run' }).click();
    await page.getByRole('heading', { name: 'The run is deleted' }).waitFor();
    expect((await page.request.get(now)).status()).toBe(404);
    await context.close();
  });

  test('it is continued, by its owner and by a stranger, who goes on from what is public', async () => {
    const { page, context } = await visit(world.browser, world.product.origin);
    await answered(page, world.peer, 'What is tea?', 'A drink.');
    const first = page.url();
    await page.locator('summary', { hasText: 'Model and tool servers' }).click();
    await page.getByLabel('Model', { exact: true }).focus();
    await page.locator('#models option').first().waitFor({ state: 'attached' });
    await page.getByLabel('Your next message').fill('Where is it from?');
    await page.getByRole('button', { name: 'Continue' }).click();
    const asked = await world.peer.next();
    const { messages } = JSON.parse(asked.body) as { messages: { content: string }[] };
    expect(messages.map(({ content }) => content)).toEqual([
      'What is tea?',
      'A drink.',
      'Where is it from?',
    ]);
    asked.says('China.');
    asked.stops();
    await ended(page, 'Completed');
    expect(page.url()).not.toBe(first);
    await page.locator('summary', { hasText: 'What was said before: 2 messages' }).click();
    await page.getByText('A drink.').waitFor();
    const stranger = await visit(world.browser, world.product.origin);
    await stranger.page.goto(page.url());
    await stranger.page.getByText('it runs without your logins').waitFor();
    await stranger.page.getByLabel('Your next message').fill('And coffee?');
    await stranger.page.getByRole('button', { name: 'Continue' }).click();
    const third = await world.peer.next();
    expect((JSON.parse(third.body) as { messages: unknown[] }).messages).toHaveLength(5);
    third.stops();
    await ended(stranger.page, 'Completed');
    await Promise.all([context.close(), stranger.context.close()]);
  });

  test('its answer and its code are copied', async () => {
    const { page, context } = await visit(world.browser, world.product.origin);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const answer = 'Do *this*:\n\n```sh run.sh\nls -l | wc\n```\n';
    await answered(page, world.peer, 'How?', answer);
    const clipboard = () => page.evaluate(`navigator.clipboard.readText()`);
    await page.getByRole('button', { name: 'Copy answer' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await clipboard()).toBe(answer);
    await page.locator('.code').hover();
    await page.locator('.code .copy').click();
    await page.locator('.code .copy', { hasText: 'Copied' }).waitFor();
    expect(await clipboard()).toBe('ls -l | wc');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download run.sh' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('run.sh');
    await context.close();
  });

  test('a call that waits for a yes is made when its owner allows it', async () => {
    const { page, context, watched } = await visit(world.browser, world.product.origin);
    const prompt =
      '---\ntools:\n  - type: mcp\n    server_url: /demo/mcp\n    require_approval: always\n---\nRoll.';
    const asked = await runIn(page, world.peer, prompt);
    asked.calls('roll_dice');
    await page.getByRole('button', { name: 'Allow this call' }).click();
    const next = await world.peer.next();
    next.says('Rolled.');
    next.stops();
    await ended(page, 'Completed');
    expect(watched).toEqual({ faults: [], foreign: [] });
    await context.close();
  });
});
