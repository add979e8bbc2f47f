/** Programs with tokens of their own at `/mcp`: what a person let them do, and no more. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { ask } from '../support/ask.ts';
import { told } from '../support/mcp-clients.ts';
import { OauthWorld, RESOURCE } from '../support/oauth-program.ts';

let world: OauthWorld;
beforeAll(async () => {
  world = await OauthWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A program that somebody let act for them. */
async function program(who: 'alice' | 'bob', scope: string, path = ''): Promise<Client> {
  const client = await world.newClient();
  const { access_token } = await world.tokens(await world.browser(who), client, scope);
  const connected = new Client(
    { name: 'program', version: '1' },
    { versionNegotiation: { mode: 'auto' } },
  );
  const headers = { authorization: `Bearer ${access_token}` };
  await connected.connect(
    new StreamableHTTPClientTransport(new URL(RESOURCE + path), {
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

  test('reads, ends and follows its own runs alone: others are as the public sees them', async () => {
    const { product } = world;
    const prompt = '---\npublish: answer\n---\n\nSay hello to my secret';
    const [one, other] = [await program('alice', 'runs'), await program('alice', 'runs')];
    const made = told(await one.callTool({ name: 'run_prompt', arguments: { prompt } })).run.id;
    const headers = { host: 'prompts.example', authorization: 'Bearer alice-key-0123456789' };
    const posted = await ask(`${product.origin}/?wait=60`, { headers, body: prompt });
    const theirs = (JSON.parse(posted.text) as { id: string }).id;
    const read = async (client: Client, id: string) =>
      told(await client.callTool({ name: 'get_run', arguments: { id, view: 'full' } })).text;
    expect(await read(one, made)).toContain('publish: answer');
    for (const [client, id] of [
      [one, theirs],
      [other, theirs],
      [other, made],
    ] as const) {
      const text = await read(client, id);
      expect(text).not.toContain('publish: answer');
    }
    // The person sees both, and what the program made is theirs.
    for (const id of [made, theirs]) {
      expect((await ask(`${product.origin}/${id}.md`, { headers })).text).toContain(
        'publish: answer',
      );
    }
    await Promise.all([one.close(), other.close()]);
  });

  test('is given no run of its person by a key that they used', async () => {
    const prompt = '---\npublish: answer\n---\n\nSay hello to my secret';
    const headers = {
      host: 'prompts.example',
      authorization: 'Bearer alice-key-0123456789',
      'idempotency-key': 'a-key-1',
    };
    const posted = await ask(`${world.product.origin}/?wait=60`, { headers, body: prompt });
    const theirs = (JSON.parse(posted.text) as { id: string }).id;
    const [one, other] = [await program('alice', 'runs'), await program('alice', 'runs')];
    const call = { name: 'run_prompt', arguments: { prompt, idempotency_key: 'a-key-1' } };
    const ids: string[] = [];
    for (const client of [one, one, other]) ids.push(told(await client.callTool(call)).run.id);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set([theirs, ...ids]).size).toBe(3);
    await Promise.all([one.close(), other.close()]);
  });

  test('cannot take part in a session that another program of the same person began', async () => {
    const browser = await world.browser('alice');
    const tokenOf = async () =>
      (await world.tokens(browser, await world.newClient(), 'runs')).access_token;
    const [one, other] = [await tokenOf(), await tokenOf()];
    const session = String((await world.atResource(one)).headers['mcp-session-id']);
    const listed = (token: string) =>
      ask(`${world.product.origin}/mcp`, {
        headers: {
          host: 'prompts.example',
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${token}`,
          'mcp-session-id': session,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' }),
      });
    expect((await listed(one)).status).toBe(200);
    expect((await listed(other)).status).toBe(404);
  });

  test('runs a prompt of its person as a tool, as they would', async () => {
    const prompt = '---\npublish: answer\nname: greet\n---\n\nSay hello to my secret';
    const headers = { host: 'prompts.example', authorization: 'Bearer alice-key-0123456789' };
    const posted = await ask(`${world.product.origin}/?wait=60`, { headers, body: prompt });
    const { id } = JSON.parse(posted.text) as { id: string };
    const alices = await program('alice', 'runs', `/${id}`);
    expect(told(await alices.callTool({ name: 'greet', arguments: {} })).run.status).toBe(
      'completed',
    );
    await alices.close();
    await expect(program('bob', 'runs', `/${id}`)).rejects.toThrow('not_found');
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
