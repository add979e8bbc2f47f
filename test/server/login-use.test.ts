/** How runs use the logins of their principal: shared by all its runs, and by nobody else's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB, LoginWorld, linkOf } from '../support/login-product.ts';

let world: LoginWorld;
beforeAll(async () => {
  world = await LoginWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());

/** The tokens that a tool server was sent since a moment; a connection of before may still say goodbye. */
const tokensSince = (start: number) => {
  const asked = world.tools.seen.slice(start).filter(({ method }) => method === 'POST');
  return new Set(asked.flatMap(({ authorization }) => authorization ?? []));
};

describe('runs of one principal at the same time', () => {
  it('refresh a login that ended once, however many they are', async () => {
    await world.logIn(world.browser(), await world.linkFor(world.tools.url));
    world.auth.expireAccess();
    const before = world.auth.count('/token', 'refresh_token');
    const asked = world.auth.count('/authorize');
    const runs = await Promise.all(Array.from({ length: 50 }, () => world.post(world.tools.url)));
    await Promise.all(runs.map((run) => world.until(run, 'completed')));
    expect(world.auth.count('/token', 'refresh_token') - before).toBe(1);
    expect(world.auth.count('/authorize')).toBe(asked);
  }, 60_000);

  it('wait together when it cannot be refreshed, and go on together', async () => {
    world.auth.expireAll();
    const runs = await Promise.all(Array.from({ length: 5 }, () => world.post(world.tools.url)));
    const waiting = await Promise.all(runs.map((run) => world.until(run, 'requires_action')));
    const links = new Set(waiting.map(linkOf));
    expect(links.size).toBe(5);
    await world.logIn(world.browser(), [...links][3] ?? '');
    await Promise.all(runs.map((run) => world.until(run, 'completed')));
  });
});

describe('two principals at one server', () => {
  it('never send each other’s token', async () => {
    for (const person of [ALICE, BOB]) {
      const run = await world.post(world.tools.url, person);
      const path = linkOf(await world.until(run, 'requires_action'));
      await world.logIn(world.browser(person), path);
      await world.until(run, 'completed');
    }
    const sent = [];
    for (const person of [ALICE, BOB]) {
      const start = world.tools.seen.length;
      await world.until(await world.post(world.tools.url, person), 'completed');
      sent.push(tokensSince(start));
    }
    const [alice, bob] = sent;
    expect(alice?.size).toBe(1);
    expect(bob?.size).toBe(1);
    expect([...(alice ?? [])]).not.toEqual([...(bob ?? [])]);
  });
});

describe('a call that wants more than the login allows', () => {
  it('waits in the middle of the run for a wider login, and is then made once', async () => {
    await world.forget();
    world.tools.guard.asksFor = 'read';
    world.tools.guard.scopes = { 'tools/call': 'calculate' };
    const run = await world.post(world.tools.url);
    const browser = world.browser();
    const first = linkOf(await world.until(run, 'requires_action'));
    await world.logIn(browser, first);
    const link = async () => {
      const shown = await world.read(run);
      return shown.required_action === null ? first : linkOf(shown);
    };
    await expect.poll(link).not.toBe(first);
    const second = await link();
    const page = await browser.open(second);
    expect(page.text).toContain('Allowed so far');
    expect(page.text).toContain('calculate');
    const start = world.tools.seen.length;
    await world.logIn(browser, second);
    await world.until(run, 'completed');
    const calls = world.tools.seen
      .slice(start)
      .filter(({ json }) => json['method'] === 'tools/call');
    expect(calls).toHaveLength(1);
    world.tools.guard.scopes = {};
  });
});

describe('a login that ends in the middle of a run', () => {
  it('is refreshed before the next call, which is made once', async () => {
    await world.forget();
    await world.logIn(world.browser(), await world.linkFor(world.tools.url));
    await world.until(await world.post(world.tools.url), 'completed');
    const start = world.tools.seen.length;
    const refreshed = world.auth.count('/token', 'refresh_token');
    // Connected with the old token; the model then asks for a call that can only have a new one.
    world.before.model = () => {
      world.auth.expireAccess();
      world.before.model = () => {};
    };
    await world.until(await world.post(world.tools.url), 'completed');
    expect(world.auth.count('/token', 'refresh_token') - refreshed).toBe(1);
    const calls = world.tools.seen
      .slice(start)
      .filter(({ json }) => json['method'] === 'tools/call');
    expect(calls.map(({ authorization }) => authorization)).toHaveLength(2);
    expect(new Set(calls.map(({ authorization }) => authorization)).size).toBe(2);
  });
});

describe('a login that was ended', () => {
  it('is used no more: the next run asks again', async () => {
    world.tools.guard.asksFor = null;
    await world.forget();
    const run = await world.post(world.tools.url);
    await world.until(run, 'requires_action');
  });
});

describe('a server that offers no login that can be used', () => {
  it('ends the run at once, and makes nobody wait for a link that leads nowhere', async () => {
    world.others.guard.metadataPath = '/nowhere';
    world.others.guard.issuer = 'https://login.invalid';
    const run = await world.post(world.others.url, BOB);
    await expect(world.until(run, 'completed')).rejects.toThrow('login_unavailable');
  });
});
