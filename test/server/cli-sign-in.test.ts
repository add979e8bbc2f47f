/** `mdops login --server`: a key for this machine, made in a browser by who it belongs to. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import type { Browser } from '../support/login-product.ts';
import { folder, mdops, Mdops } from '../support/mdops.ts';
import { SignInWorld } from '../support/sign-in-world.ts';
import { tunnel, type Tunnel } from '../support/tunnel.ts';

let world: SignInWorld;
let road: Tunnel;
let browser: Browser;
let home: string;
let files: Awaited<ReturnType<typeof folder>>;
beforeAll(async () => {
  road = await tunnel();
  world = await SignInWorld.start({ PUBLIC_URL: road.origin });
  road.leadsTo(world.product.origin);
  browser = await world.signedIn();
});
afterAll(async () => {
  await Promise.all([world[Symbol.asyncDispose](), road.stop()]);
});
beforeEach(async () => {
  files = await folder({ 'ask.md': 'What is 17 * 23?' });
  home = join(files.path, 'home');
  return () => files[Symbol.asyncDispose]();
});

const LINK = /http:\/\/127\.0\.0\.1:\d+\/account\/cli\?\S+/;
const envOf = () => ({ MDOPS_HOME: home });
const keyFile = () => readFile(join(home, 'server-keys.json'), 'utf8');

/** The fields that the form of a link's page sends. */
function fieldsOf(link: string): Record<string, string> {
  return Object.fromEntries(new URL(link).searchParams);
}

/** Opens the link and presses the button; gives back where the browser is sent. */
async function agree(link: string): Promise<URL> {
  const { pathname, search } = new URL(link);
  expect((await browser.open(pathname + search)).text).toContain('mdops on ');
  const sent = await browser.submit('/account/cli', fieldsOf(link));
  return new URL(String(sent.headers.location));
}

async function signIn(): Promise<string> {
  const running = new Mdops(['login', '--server', road.origin, '--no-open'], { env: envOf() });
  const back = await agree(await running.asks(LINK));
  const page = await ask(back.href);
  expect([page.status, page.text]).toEqual([200, expect.stringContaining('Signed in')]);
  const { code, stdout, stderr } = await running.finished();
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

describe('mdops login --server', () => {
  it('keeps a key that nobody else may read, with which runs are that person’s', async () => {
    expect(await signIn()).toContain(`Signed in to ${road.host} as OpenRouter user`);
    const { mode } = await stat(join(home, 'server-keys.json'));
    expect(mode & 0o777).toBe(0o600);
    const kept = await keyFile();
    expect(kept).toMatch(/mdo_[0-9A-Za-z]{70}/);
    const args = ['run', join(files.path, 'ask.md'), '--remote', road.origin, '--wait'];
    const { code, stdout } = await mdops(args, { env: envOf() });
    expect([code, stdout]).toEqual([0, 'It is 391.\n']);
    expect((await browser.open('/account')).text).toContain('mdops on ');
  });

  it('replaces and ends the key that was there', async () => {
    await signIn();
    const first = /mdo_\w+/.exec(await keyFile())?.[0] ?? '';
    await signIn();
    expect(await keyFile()).not.toContain(first);
    expect((await world.ask('/runs', first)).status).toBe(401);
  });

  it('takes a typed code where the browser is on another machine', async () => {
    const args = ['login', '--server', road.origin, '--code'];
    const running = new Mdops(args, { env: envOf(), isTyping: true });
    const link = await running.asks(LINK);
    expect(new URL(link).searchParams.has('port')).toBe(false);
    const page = await browser.submit('/account/cli', fieldsOf(link));
    running.types(/mdc_\w+/.exec(page.text)?.[0] ?? '');
    expect((await running.finished()).code).toBe(0);
  });

  it('takes no code that comes with another state, or under another name', async () => {
    const running = new Mdops(['login', '--server', road.origin, '--no-open'], { env: envOf() });
    const link = await running.asks(LINK);
    const back = await agree(link);
    const stranger = new URL(back);
    stranger.searchParams.set('state', 's'.repeat(43));
    expect((await ask(stranger.href)).status).toBe(400);
    expect((await ask(back.href, { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await ask(`${back.origin}/other`)).status).toBe(404);
    await ask(back.href);
    expect((await running.finished()).code).toBe(0);
  });

  it('says so when the server knows its person without a key', async () => {
    const args = ['login'];
    const env = { ...envOf(), MDOPS_SERVER: world.product.origin };
    const { code, stdout } = await mdops(args, { env });
    expect([code, stdout]).toEqual([0, expect.stringContaining('it needs no key from here')]);
  });

  it.each([
    [['login'], {}, 'Name one tool server by its URL, or a MarkdownOps server with --server'],
    [['login', '--server', 'http://prompts.example'], {}, 'is not an https URL'],
    [
      ['login', '--server', 'https://a.example', '--profile', 'x'],
      {},
      '`--profile` is for tool servers',
    ],
    [['login', 'https://a.example/mcp', '--code'], {}, '`--code` is for a MarkdownOps server'],
    [['logout', '--server', 'https://a.example'], {}, 'There is no key for a.example here'],
  ])('refuses %j', async (args, env, problem) => {
    const { code, stderr } = await mdops(args, { env: { ...envOf(), ...env } });
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });
});

describe('mdops logout --server', () => {
  it('ends the key there and forgets it here', async () => {
    await signIn();
    const key = /mdo_\w+/.exec(await keyFile())?.[0] ?? '';
    expect((await world.ask('/runs', key)).status).toBe(200);
    const env = { ...envOf(), MDOPS_SERVER: road.origin };
    const { code, stdout } = await mdops(['logout'], { env });
    expect([code, stdout]).toEqual([0, `Signed out of ${road.host}; its key is revoked.\n`]);
    expect((await world.ask('/runs', key)).status).toBe(401);
    expect(await keyFile()).not.toContain('mdo_');
  });
});
