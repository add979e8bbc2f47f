/** People who sign in elsewhere, and what programs do at `/mcp` that they let act for them. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import process from 'node:process';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { loginPeer, type LoginPeer } from '../support/login-peer.ts';
import { Browser, linkOf, promptFor, type Shown } from '../support/login-product.ts';
import { told } from '../support/mcp-clients.ts';
import { decide, fieldsOf, SdkProgram } from '../support/oauth-program.ts';
import { startProduct } from '../support/product.ts';
import { SignInWorld } from '../support/sign-in-world.ts';
import { tunnel, type Tunnel } from '../support/tunnel.ts';

let front: Tunnel;
let peer: LoginPeer;
let world: SignInWorld;
let url: URL;
beforeAll(async () => {
  [front, peer] = await Promise.all([tunnel(), loginPeer()]);
  // Under the name of the tunnel nobody is the one at the machine.
  world = await SignInWorld.start({ PUBLIC_URL: front.origin, EGRESS_ALLOW: peer.allow });
  front.leadsTo(world.product.origin);
  url = new URL('/mcp', front.origin);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await Promise.all([front.stop(), peer[Symbol.asyncDispose]()]);
});

type Way = 'openrouter' | 'oidc';

/** A person signs in on the way to the question, and lets the program in. @returns its code */
async function allow(browser: Browser, question: string, way: Way): Promise<string> {
  const led = await browser.open(question);
  expect([led.status, led.headers.location]).toEqual([303, expect.stringMatching(/^\/sign-in\?/)]);
  expect((await world.signIn(browser, way, question)).headers.location).toBe(question);
  const { headers } = await decide(browser, question, 'allow');
  return new URL(String(headers.location)).searchParams.get('code') ?? '';
}

function questionOf({ sentTo }: SdkProgram): string {
  return `${sentTo?.pathname}${sentTo?.search}`;
}

/** A program with the current SDK that somebody let in. */
async function program(user: string): Promise<{ client: Client; token: string }> {
  world.openRouter.behaviour.user = user;
  const authProvider = new SdkProgram();
  const connect = async () => {
    const transport = new StreamableHTTPClientTransport(url, { authProvider });
    const client = new Client(
      { name: 'new', version: '1' },
      { versionNegotiation: { mode: 'auto' } },
    );
    return { client, transport, connected: client.connect(transport) };
  };
  const refused = await connect();
  await expect(refused.connected).rejects.toThrow();
  const code = await allow(world.browser(), questionOf(authProvider), 'openrouter');
  await refused.transport.finishAuth(new URLSearchParams({ code, iss: front.origin }));
  const { client, connected } = await connect();
  await connected;
  return { client, token: authProvider.tokens()?.access_token ?? '' };
}

describe('somebody who signed in with OpenID', () => {
  test('lets a program of the old SDK in, whose run asks for a login and goes on after it', async () => {
    const browser = world.browser();
    const authProvider = new SdkProgram();
    const options = { authProvider: authProvider as never };
    const client = new V1Client(
      { name: 'old', version: '1' },
      { capabilities: { elicitation: { url: {} } } },
    );
    const pages: string[] = [];
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      const page = params.mode === 'url' ? params.url : '';
      pages.push(page);
      const { headers } = await browser.submit(new URL(page).pathname);
      const back = await peer.login.visit(String(headers.location));
      await browser.open(`/connect/callback?${back.toString()}`);
      return { action: 'accept' };
    });
    const refused = new V1Transport(url, options);
    await expect(client.connect(refused)).rejects.toThrow('Unauthorized');
    await refused.finishAuth(await allow(browser, questionOf(authProvider), 'oidc'));
    await client.connect(new V1Transport(url, options));

    const progress: number[] = [];
    const prompt = promptFor(peer.tools.url);
    const result = await client.callTool({ name: 'run_prompt', arguments: { prompt } }, undefined, {
      onprogress: (each) => progress.push(each.progress),
    });
    expect(told(result)).toMatchObject({ isError: false, run: { status: 'completed' } });
    expect(told(result).text).toContain('391');
    expect(pages).toEqual([expect.stringContaining(`${front.origin}/connect/`)]);
    expect(progress.length).toBeGreaterThan(3);
    expect(progress).toEqual([...new Set(progress)].toSorted((a, b) => a - b));

    // The run and the login are that person's.
    const headers = { accept: 'application/json' };
    expect((await browser.send('/runs', { headers })).text).toContain(told(result).run.id);
    expect((await browser.send('/connections', { headers })).text).toContain(peer.tools.url);
    const stranger = await world.signedIn('openrouter', 'user_stranger');
    expect((await stranger.send('/runs', { headers })).text).not.toContain(told(result).run.id);
    await client.close();
  });
});

describe('people who signed in with OpenRouter', () => {
  test('pay for what their programs run, each with the own key, and have their own models', async () => {
    const [ann, bob] = [await program('user_ann'), await program('user_bob')];
    const call = { name: 'chat_completion', arguments: { prompt: 'What is 17 * 23?' } };
    const before = world.openRouter.paid.length;
    for (const { client } of [ann, bob, ann]) {
      const { text, run } = told(await client.callTool(call));
      expect([text, run.status]).toEqual(['It is 391.', 'completed']);
    }
    const [first, second, third] = world.openRouter.paid.slice(before);
    expect([first === third, first === second]).toEqual([true, false]);
    const models = await ann.client.callTool({ name: 'list_models', arguments: {} });
    expect(told(models).text.split('\n')).toEqual([
      'openrouter/openrouter/auto',
      'openrouter/anthropic/claude-sonnet-4.5',
      'openrouter/openai/gpt-5-mini',
      'demo/demo',
    ]);
    expect(JSON.stringify(models)).not.toContain(String(first));
    await Promise.all([ann.client.close(), bob.client.close()]);
  });

  test('have tokens for /mcp alone: at the doors of models a key of theirs counts', async () => {
    const { client, token } = await program('user_ann');
    const body = JSON.stringify({
      model: 'openrouter/openai/gpt-5-mini',
      messages: [{ role: 'user', content: 'What is 17 * 23?' }],
    });
    const before = world.openRouter.paid.length;
    expect((await world.ask('/v1/chat/completions', token, { body })).status).toBe(401);
    expect(world.openRouter.paid.length).toBe(before);
    const { key } = await world.makeKey(await world.signedIn('openrouter', 'user_ann'));
    expect((await world.ask('/v1/chat/completions', key, { body })).status).toBe(200);
    expect(world.openRouter.paid.length).toBe(before + 1);
    await client.close();
  });

  test('let programs in themselves: a key of theirs lets none in that would outlive it', async () => {
    const browser = await world.signedIn('openrouter', 'user_ann');
    const { key } = await world.makeKey(browser);
    const program = new SdkProgram();
    const transport = new StreamableHTTPClientTransport(url, { authProvider: program });
    await expect(new Client({ name: 'new', version: '1' }).connect(transport)).rejects.toThrow();
    const question = questionOf(program);
    expect((await world.ask(question, key)).status).toBe(401);
    // Neither with a page that the person was shown: the key in the request is who asks.
    const fields = fieldsOf((await browser.open(question)).text);
    const answer = await browser.send('/oauth/authorize', {
      body: new URLSearchParams({ ...fields, decision: 'allow' }).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        authorization: `Bearer ${key}`,
      },
    });
    expect([answer.status, answer.headers.location]).toEqual([401, undefined]);
  });

  test('may give a token to the Inspector', async () => {
    const { client, token } = await program('user_ann');
    const require = createRequire(import.meta.url);
    const entry = require
      .resolve('@modelcontextprotocol/inspector/package.json')
      .replace('package.json', 'clients/launcher/build/index.js');
    const run = promisify(execFile);
    const call = (bearer: string) => {
      const where = ['--cli', url.href, '--transport', 'http'];
      const proof = ['--header', `Authorization: Bearer ${bearer}`];
      const tool = ['--method', 'tools/call', '--tool-name', 'chat_completion'];
      const args = ['--tool-arg', 'prompt=What is 17 * 23?'];
      return run(process.execPath, [entry, ...where, ...proof, ...tool, ...args]);
    };
    expect((await call(token)).stdout).toContain('It is 391.');
    const other = `${token.slice(0, -1)}${token.endsWith('x') ? 'y' : 'x'}`;
    await expect(call(other)).rejects.toThrow('auth_required');
    await client.close();
  });
});

describe('another instance of ours', () => {
  test('logs in here through its own page, and its prompt goes on with our tools', async () => {
    const other = await startProduct({ EGRESS_ALLOW: front.host });
    const prompt = `---\ntools:\n  - server_url: ${url.href}\n    allowed_tools: [chat_completion]\n---\n\nCall chat_completion with prompt "Say hello".`;
    const json = { accept: 'application/json' };
    const owner = new Browser(other.origin);
    const posted = await owner.send('/?wait=20', {
      body: prompt,
      headers: { ...json, 'content-type': 'text/markdown' },
    });
    const waiting = JSON.parse(posted.text) as Shown;
    expect(waiting.status).toBe('requires_action');
    const { headers } = await owner.submit(linkOf(waiting));
    const there = new URL(String(headers.location));
    expect(there.origin + there.pathname).toBe(`${front.origin}/oauth/authorize`);
    expect(there.searchParams.get('resource')).toBe(url.href);

    const person = world.browser();
    const question = there.pathname + there.search;
    await world.signIn(person, 'oidc', question);
    const allowed = await decide(person, question, 'allow');
    const back = new URL(String(allowed.headers.location));
    expect(back.origin + back.pathname).toBe(`${other.origin}/connect/callback`);
    await owner.open(back.pathname + back.search);

    const read = async () =>
      JSON.parse((await ask(`${other.origin}/${waiting.id}.json`)).text) as Shown;
    await expect.poll(read, { timeout: 20_000 }).toMatchObject({ status: 'completed' });
    // What the tool gave: the answer of our model, and where our run is.
    const { output } = await read();
    expect(output).toContain('{"prompt":"Say hello"}');
    expect(output).toContain(`${front.origin}/`);
    const runs = await person.send('/runs', { headers: json });
    expect(runs.text).toContain('Say hello');
    await other.stop();
  });
});
