/** What `POST /inspect` says of a tool server behind a login, and whom it tells. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { ALICE, BOB, LoginWorld } from '../support/login-product.ts';

let world: LoginWorld;
beforeAll(async () => {
  world = await LoginWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());

async function look(headers: Record<string, string>, query = ''): Promise<unknown> {
  const { text } = await ask(`${world.product.origin}/inspect${query}`, {
    method: 'POST',
    body: `---\ntools: ${world.tools.url}\n---\nHi.`,
    headers,
  });
  return (JSON.parse(text) as { addresses: unknown[] }).addresses[0];
}

const MISSING = { ok: false, code: 'login_required', needs_login: true };

it('says that a login is wanted, and lists the tools once there is one and it is asked to', async () => {
  expect(await look(ALICE)).toMatchObject({ ...MISSING, has_login: false, can_login: true });
  const link = await world.linkFor(world.tools.url, ALICE);
  await world.logIn(world.browser(ALICE), link);

  expect(await look(ALICE)).toMatchObject({ ...MISSING, has_login: true });
  expect(await look(ALICE, '?with_logins=1')).toMatchObject({ ok: true, tools: 4 });
  expect(await look(ALICE, '?with_logins=1&suggested=1')).toMatchObject({ ok: false });
  expect(await look(ALICE, '?with_logins=1&suggested=1')).not.toHaveProperty('has_login', true);
  expect(await look(BOB, '?with_logins=1')).toMatchObject({ ...MISSING, has_login: false });
});
