/** The pages of somebody who signed in, in their browser: they come from elsewhere, by a tunnel. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { visit } from './browser.ts';
import type { Visit } from './browser.ts';
import { pkce } from './oauth-program.ts';
import type { ShownPage } from './shown-pages.ts';
import { SignInWorld } from './sign-in-world.ts';
import { tunnel } from './tunnel.ts';

/** A program's name as somebody writes it who wants to look like somebody else. */
export const HOSTILE_NAME = 'Good\u202E</h1><script>document.title="x"</script>';

/** Where the program waits for what it is given; nobody listens there. */
const CALLBACK = 'http://127.0.0.1:9/callback';

export interface PeoplePages extends AsyncDisposable {
  readonly world: SignInWorld;
  /** Where people reach the server. */
  readonly origin: string;
  /** The browser of somebody who signed in; it has watched what it was shown since. */
  readonly person: Visit;
  readonly pages: readonly ShownPage[];
}

/** Starts everything and signs somebody in; the caller disposes of it. */
export async function peoplePages(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<PeoplePages> {
  const front = await tunnel();
  const world = await SignInWorld.start({ PUBLIC_URL: front.origin });
  front.leadsTo(world.product.origin);
  const person = await visit(browser, front.origin, options);
  // Where one signs in is another site, so on a page that is not watched.
  await signIn(person.context);
  const asked = await programAsks(world, HOSTILE_NAME);
  return {
    world,
    origin: front.origin,
    person,
    pages: pagesOf(front.origin, asked.path).map((page) => ({ ...page, visit: person })),
    [Symbol.asyncDispose]: async () => {
      await person.context.close();
      await world[Symbol.asyncDispose]();
      await front.stop();
    },
  };
}

/** Presses the button of OpenRouter, where everybody is let in at once. */
async function signIn(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  await page.goto('/sign-in?return=/account');
  await page.getByRole('button', { name: 'Sign in with OpenRouter' }).click();
  await page.waitForURL('**/account');
  await page.close();
}

/** A program that leads a person to our question whether to let it in. */
export interface AskingProgram {
  readonly client_id: string;
  readonly redirect_uri: string;
  /** Where it leads them. */
  readonly path: string;
  /** Proves that it is the one that asked. */
  readonly code_verifier: string;
}

/** A program that calls itself `name`. */
export async function programAsks(
  world: SignInWorld,
  name: string,
  callback = CALLBACK,
): Promise<AskingProgram> {
  const { text } = await world.ask('/oauth/register', null, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: name,
      redirect_uris: [callback],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    }),
  });
  const { client_id } = JSON.parse(text) as { client_id: string };
  const { verifier, challenge } = pkce();
  const query = new URLSearchParams({
    client_id,
    response_type: 'code',
    redirect_uri: callback,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'a-state',
    scope: 'runs connections',
  });
  const path = `/oauth/authorize?${query.toString()}`;
  return { client_id, redirect_uri: callback, path, code_verifier: verifier };
}

/** Where `mdops login` leads a person. */
export function cliPath(port: string | null): string {
  const query = new URLSearchParams({
    state: 's'.repeat(43),
    code_challenge: pkce().challenge,
    name: 'mdops on a-machine',
    ...(port === null ? {} : { port }),
  });
  return `/account/cli?${query.toString()}`;
}

function pagesOf(origin: string, consent: string): readonly Omit<ShownPage, 'visit'>[] {
  return [
    { name: 'sign-in-ways', path: `${origin}/sign-in` },
    { name: 'account-keys', path: `${origin}/account` },
    { name: 'account-new-key', path: `${origin}/account`, press: makeKey },
    { name: 'consent', path: `${origin}${consent}` },
    { name: 'mdops-key', path: `${origin}${cliPath('9999')}` },
    { name: 'mdops-code', path: `${origin}${cliPath(null)}`, press: askForCode },
    { name: 'connections-person', path: `${origin}/connections` },
    { name: 'bad-request', path: `${origin}/account/cli` },
  ];
}

async function makeKey(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('laptop');
  await page.getByRole('button', { name: 'Make a key' }).click();
  await page.getByRole('heading', { name: 'Your new key' }).waitFor();
}

async function askForCode(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Make the key' }).click();
  await page.getByRole('heading', { name: 'Your code' }).waitFor();
}
