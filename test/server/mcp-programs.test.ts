/** Programs with tokens of their own at `/mcp`: what a person let them do, and no more. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { told } from '../support/mcp-clients.ts';
import { OauthWorld, RESOURCE } from '../support/oauth-program.ts';

let world: OauthWorld;
beforeAll(async () => {
  world = await OauthWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A program that somebody let act for them. */
async function program(who: 'alice' | 'bob', scope: string): Promise<Client> {
  const client = await world.newClient();
  const { access_token } = await world.tokens(await world.browser(who), client, scope);
  const connected = new Client(
    { name: 'program', version: '1' },
    { versionNegotiation: { mode: 'auto' } },
  );
  const headers = { authorization: `Bearer ${access_token}` };
  await connected.connect(
    new StreamableHTTPClientTransport(new URL(RESOURCE), {
      fetch: world.fetch,
      requestInit: { headers },
    }),
  );
  return connected;
}

const HELLO = { name: 'chat_completion', arguments: { prompt: 'Say hello' } };

describe('a program with a token', () => {
  test('runs prompts as who let it, and they are theirs', async () => {
    const client = await program('alice', 'runs');
    const { run } = told(await client.callTool(HELLO));
    expect(run.status).toBe('completed');
    const browser = await world.browser('alice');
    const listed = await browser.send('/runs', { headers: { accept: 'application/json' } });
    expect(listed.text).toContain(run.id);
    const others = await world.browser('bob');
    const none = await others.send('/runs', { headers: { accept: 'application/json' } });
    expect(none.text).not.toContain(run.id);
    await client.close();
  });

  test('is told which scope it lacks', async () => {
    const owner = await program('alice', 'runs');
    const prompt = '---\npublish: answer\n---\n\nSay hello to my secret';
    const { run } = told(await owner.callTool({ name: 'run_prompt', arguments: { prompt } }));
    const client = await program('alice', 'connections');
    const list = { name: 'list_connections', arguments: {} };
    expect((await client.callTool(list)).structuredContent).toEqual({ connections: [] });
    const read = { name: 'get_run', arguments: { id: run.id } };
    for (const call of [HELLO, read]) {
      const refused = await client.callTool(call).catch((error: unknown) => String(error));
      expect(refused).toMatch(/insufficient_scope|403|scope/);
    }
    await Promise.all([owner.close(), client.close()]);
  });
});
