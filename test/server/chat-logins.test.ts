/** Logins of callers of `/chat/completions`: who a login belongs to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { ALICE, BOB, LoginWorld } from '../support/login-product.ts';

let world: LoginWorld;
beforeAll(async () => {
  world = await LoginWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());

type Headers = Readonly<Record<string, string>>;

/** Asks for a tool of the protected server; the path of the login link where it wants one. */
async function chat(headers: Headers, user: string, more: object = {}) {
  const answer = await ask(`${world.product.origin}/v1/chat/completions`, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      messages: [{ role: 'user', content: 'What is 17 * 23?' }],
      tools: [{ type: 'mcp', server_url: world.tools.url }],
      user,
      ...more,
    }),
  });
  const link =
    /https:\/\/prompts\.example(\/connect\/[\w-]+)|http:\/\/[^/]+(\/connect\/[\w-]+)/.exec(
      answer.text,
    );
  return { answer, link: link?.[1] ?? link?.[2] ?? null };
}

describe('the users of one API key', () => {
  it('never share a login', async () => {
    const first = await chat(ALICE, 'ann');
    expect(first.answer.text).toContain('mcp_auth_request');
    await world.logIn(world.browser(ALICE), first.link ?? '');
    const start = world.tools.seen.length;
    expect((await chat(ALICE, 'ann')).answer.text).toContain('It is 391.');
    const token = world.tools.seen.slice(start).find(({ authorization }) => authorization);
    expect(token).toBeDefined();
    const later = world.tools.seen.length;
    for (const [key, user] of [
      [ALICE, 'ben'],
      [ALICE, ''],
      [ALICE, 'Ann'],
      [BOB, 'ann'],
    ] as const) {
      const other = await chat(key, user);
      expect(other.link, `${key.authorization} ${user}`).not.toBeNull();
      expect(other.answer.text).not.toContain('391');
    }
    // The connection of the first may still say goodbye.
    const asked = world.tools.seen.slice(later).filter(({ method }) => method === 'POST');
    const sent = asked.flatMap(({ authorization }) => authorization ?? []);
    expect(sent).not.toContain(token?.authorization);
  });

  it('see no result of a login on a published run', async () => {
    const { answer } = await chat(ALICE, 'ann', { store: true });
    const url = new URL(String(answer.headers['x-run-url']));
    const shown = await ask(`${world.product.origin}${url.pathname}.json`);
    expect(shown.text).toContain('It is 391.');
    expect(shown.text).not.toContain('17 * 23');
    const mine = await ask(`${world.product.origin}${url.pathname}.json`, { headers: ALICE });
    expect(mine.text).toContain('17 * 23');
    const others = await ask(`${world.product.origin}${url.pathname}.json`, { headers: BOB });
    expect(others.text).not.toContain('17 * 23');
  });
});

describe('a key on a local server that has keys', () => {
  it('must be one of them', async () => {
    const { answer } = await chat({ authorization: 'Bearer none' }, '');
    expect(answer.status).toBe(401);
  });
});
