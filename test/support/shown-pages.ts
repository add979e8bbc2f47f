/** The product with a run in every state, in a browser that owns them: for looking at its pages. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { visit } from './browser.ts';
import type { Visit } from './browser.ts';
import { loginPeer } from './login-peer.ts';
import { modelPeer } from './model-peer.ts';
import type { Asked, ModelPeer } from './model-peer.ts';
import { peoplePages } from './people-pages.ts';
import { startProduct } from './product.ts';
import type { Product } from './product.ts';

/** A page and what it is called. */
export interface ShownPage {
  readonly name: string;
  /** In {@link visit} if it is a path. */
  readonly path: string;
  /** Whose browser it is shown in; the owner's of all runs when left out. */
  readonly visit?: Visit;
  /** What is done on the page at that path, where the page comes of it. */
  readonly press?: (page: Page) => Promise<void>;
}

export interface ShownPages extends AsyncDisposable {
  readonly product: Product;
  /** A browser that owns all runs, and has watched itself while it made them. */
  readonly owner: Visit;
  /** The browser of somebody who signed in at another server, watched since then. */
  readonly person: Visit;
  readonly pages: readonly ShownPage[];
}

/** Opens a page in the browser that it belongs to. */
export async function open(
  { owner }: Pick<ShownPages, 'owner'>,
  { path, press, visit: { page } = owner }: ShownPage,
): Promise<Page> {
  // A run that goes on never lets the network rest.
  await page.goto(path, { waitUntil: 'load' });
  await press?.(page);
  return page;
}

/** Pages that need no run. */
const LASTING: readonly ShownPage[] = [
  { name: 'editor', path: '/' },
  { name: 'editor-suggested', path: '/?prompt=Say%20hello.' },
  { name: 'editor-problem', path: '/?prompt=---%0Amodel%3A%20%5B%0A---%0ASay%20hello.' },
  { name: 'examples', path: '/examples' },
  { name: 'example', path: '/examples/dice' },
  { name: 'docs', path: '/docs' },
  { name: 'docs-format', path: '/docs/prompt-format' },
  { name: 'docs-errors', path: '/docs/errors' },
  { name: 'runs', path: '/runs' },
  { name: 'connections', path: '/connections' },
  { name: 'account', path: '/account' },
  { name: 'sign-in', path: '/sign-in' },
  { name: 'not-found', path: '/nothing-here' },
];

/** What the longest run answers. */
export const LONG_ANSWER = `The tide is the slow breathing of the sea: **twice a day** it rises, and twice it falls.

## Why there are two

The moon pulls at the near side more than at the middle, and at the middle more than at the far side.

1. Water in front of the moon is drawn towards it.
2. Water behind the earth is left behind.
3. Between the two it is low.

| place | range | kind |
|---|---:|---|
| Bay of Fundy | 16.3 m | twice a day |
| Saint-Malo | 13.5 m | twice a day |
| Karumba | 3.4 m | once a day |

> Spring tides have nothing to do with spring. They *spring up* when sun and moon stand in a line.

\`\`\`js path=tide.js
export const height = (hours, range) => (range / 2) * Math.cos((2 * Math.PI * hours) / 12.42);
\`\`\`

${'The rule of twelfths says how much of its range the water moves in each hour: one, two, three, three, two, one. '.repeat(6)}

### Words

- **Slack water** is the time between.
- **Neap tides** are the small ones; see [NOAA](https://oceanservice.noaa.gov/education/tutorial_tides/).
- ![a chart](https://example.com/chart.png)
`;

/** Starts everything; the caller disposes of it. */
export async function shownPages(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<ShownPages> {
  const [model, peer] = await Promise.all([modelPeer(), loginPeer()]);
  const product = await startProduct({
    OPENAI_BASE_URL: model.baseUrl,
    DEFAULT_MODEL: 'tides-1',
    EGRESS_ALLOW: peer.allow,
  });
  const owner = await visit(browser, product.origin, options);
  const run = (prompt: string, until: string | RegExp) => runInEditor(owner, prompt, until);
  const pages = [
    { name: 'run-completed', path: await run(DEMO + ASKS, 'completed') },
    { name: 'run-failed', path: await run(`${DEMO}@http://127.0.0.1:9/mcp\n\nHello.`, 'failed') },
    {
      name: 'run-waits-for-login',
      path: await run(`${DEMO}@${peer.tools.url}\n\nRoll two dice.`, /log in/i),
    },
    {
      name: 'run-waits-for-approval',
      path: await run(
        `${DEMO.replace('---\n\n', '')}require_approval: always\n---\n\n${ASKS}`,
        'Allow',
      ),
    },
    {
      name: 'gone',
      path: await run(DEMO.replace('demo', 'demo\nttl: 5s') + 'Say bye.', /completed|gone/i),
    },
    ...(await runsOfModel(model, run)),
  ];
  const waiting = pages.find(({ name }) => name === 'run-waits-for-login');
  pages.push({ name: 'login', path: await loginOf(owner, waiting?.path ?? '') });
  const people = await peoplePages(browser, options);
  return {
    product,
    owner,
    person: people.person,
    pages: [...LASTING, ...pages, ...pressed(peer.tools.url), ...people.pages],
    [Symbol.asyncDispose]: async () => {
      await people[Symbol.asyncDispose]();
      await owner.context.close();
      await product.stop();
      await Promise.all([model.stop(), peer[Symbol.asyncDispose]()]);
    },
  };
}

const DEMO = '---\nmodel: demo\n---\n\n';
const ASKS = '@/demo/mcp\n\nWhat time is it in Tokyo right now, and what is 17 * 23?\n';

/** Pages that come of a button. */
function pressed(server: string): readonly ShownPage[] {
  const suggested = encodeURIComponent(`${DEMO}@${server}\n\nRoll two dice.`);
  const press = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Run' }).first().click();
    await page.getByRole('heading', { name: 'Run it with your logins?' }).waitFor();
  };
  return [
    { name: 'confirm', path: `/?prompt=${suggested}`, press },
    { name: 'deleted', path: '/', press: runAndDelete },
  ];
}

async function runAndDelete(page: Page): Promise<void> {
  await page.getByRole('textbox').first().fill(`${DEMO}Say bye.`);
  await page.getByRole('button', { name: 'Run' }).first().click();
  await page.getByText('completed').first().waitFor();
  await page.locator('summary', { hasText: 'Delete it' }).click();
  await page.getByRole('button', { name: 'Delete the run' }).click();
  await page.getByRole('heading', { name: 'The run is deleted' }).waitFor();
}

/** Where the owner of a waiting run is sent to log in. */
async function loginOf({ page }: Visit, run: string): Promise<string> {
  await page.goto(run);
  const link = await page.getByRole('link', { name: 'Log in' }).getAttribute('href');
  return new URL(link ?? '', page.url()).pathname;
}

async function runsOfModel(
  model: ModelPeer,
  run: (prompt: string, until: string | RegExp) => Promise<string>,
): Promise<ShownPage[]> {
  const answered = async (
    prompt: string,
    until: string | RegExp,
    answer: (asked: Asked) => void,
  ) => {
    const path = run(prompt, until);
    answer(await model.next());
    return path;
  };
  const long = await answered('Explain the tides.', 'completed', (asked) => {
    asked.says(LONG_ANSWER);
    asked.stops();
  });
  // It goes on for as long as the pages are shown.
  const streaming = await answered('Explain the tides, slowly.', 'breathing', (asked) => {
    asked.says(LONG_ANSWER.slice(0, 600));
  });
  return [
    { name: 'run-long', path: long },
    { name: 'run-streaming', path: streaming },
  ];
}

/** Runs a prompt as a person does, and waits until its page says something. */
async function runInEditor(
  { page }: Visit,
  prompt: string,
  until: string | RegExp,
): Promise<string> {
  await page.goto('/');
  await page.getByRole('textbox').first().fill(prompt);
  await page.getByRole('button', { name: 'Run' }).first().click();
  await page.waitForURL(/\/[0-9A-Za-z]{32}$/);
  await page.getByText(until).first().waitFor();
  return new URL(page.url()).pathname;
}
