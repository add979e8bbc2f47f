/** Who may call `/mcp`, and that nothing of one caller is reached by another. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { ALICE, BOB, Browser } from '../support/login-product.ts';
import { mcpClient, modernRequest, TASKS, told } from '../support/mcp-clients.ts';
import { startProduct, type Product } from '../support/product.ts';

const SITE = { host: 'prompts.example' };
const JSON_TYPES = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};
const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' },
  },
});
const LIST = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' });

let product: Product;
let url: string;
beforeAll(async () => {
  product = await startProduct({
    PUBLIC_URL: 'https://prompts.example',
    API_KEYS: 'alice:alice-key-0123456789,bob:bob-key-0123456789',
    PUBLIC_RUNS: '1',
  });
  url = `${product.origin}/mcp`;
});
afterAll(() => product.stop());

function post(headers: Readonly<Record<string, string>>, body = INITIALIZE, path = '/mcp') {
  return ask(product.origin + path, { headers: { ...JSON_TYPES, ...headers }, body });
}

describe('who nobody knows', () => {
  test('is told where to get a token, also where anybody may run prompts', async () => {
    const answer = await post(SITE);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer resource_metadata="https://prompts.example/.well-known/oauth-protected-resource/mcp", scope="runs connections"',
    );
    const unknown = await post({ ...SITE, authorization: 'Bearer nobody-key-0123456789' });
    expect(unknown.status).toBe(401);
    expect(unknown.headers['www-authenticate']).toContain('error="invalid_token"');
    const query = await post(SITE, INITIALIZE, '/mcp?access_token=alice-key-0123456789');
    expect(query.status).toBe(401);
  });

  test('is a browser with a session too: a page must not call in its name', async () => {
    const browser = new Browser(product.origin, SITE);
    await browser.submit('/sign-in', { key: 'alice-key-0123456789' });
    const asked = await browser.send('/runs', { headers: { accept: 'application/json' } });
    expect(asked.status).toBe(200);
    const headers = { ...JSON_TYPES, 'sec-fetch-site': 'same-origin' };
    const answer = await browser.send('/mcp', { headers, body: INITIALIZE });
    expect(answer.status).toBe(401);
  });

  test('is a page of another site, and a name that is made to point here', async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      expect((await post({ ...ALICE, ...headers })).status).toBe(403);
    }
    expect((await post({ ...ALICE, host: 'evil.example' })).status).toBe(421);
    for (const host of [product.host, SITE.host]) {
      const headers = { host, origin: 'https://evil.example' };
      const preflight = await ask(url, { method: 'OPTIONS', headers });
      expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
      expect((await post({ ...ALICE, ...headers })).status).toBe(403);
    }
  });
});

describe('an endpoint', () => {
  test('takes POST and DELETE, and JSON alone', async () => {
    const got = await ask(url, { headers: ALICE });
    expect([got.status, got.headers.allow]).toEqual([405, 'POST, DELETE']);
    expect(got.text).toContain('Give it to an MCP client');
    expect((await ask(url, { method: 'DELETE', headers: ALICE })).status).toBe(400);
    expect((await post(ALICE, 'no JSON')).status).toBe(400);
    expect((await post({ ...ALICE, 'content-type': 'text/plain' })).status).toBe(415);
  });

  test('serves old clients that begin no session', async () => {
    const answer = await post(ALICE, LIST);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('chat_completion');
    expect(answer.headers['mcp-session-id']).toBeUndefined();
  });
});

describe('a session', () => {
  async function begun(headers: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const { headers: answered } = await post(headers);
    return { 'mcp-session-id': String(answered['mcp-session-id']) };
  }

  test('is there for who began it, and is nothing for everybody else', async () => {
    const session = await begun(ALICE);
    expect(session['mcp-session-id']).toMatch(/^[0-9A-Za-z]{43}$/);
    expect((await post({ ...ALICE, ...session }, LIST)).status).toBe(200);
    expect((await post({ ...BOB, ...session }, LIST)).status).toBe(404);
    expect((await post(session, LIST)).status).toBe(404);
    expect((await post({ ...ALICE, ...session }, LIST, '/mcp')).status).toBe(200);
    const del = await ask(url, { method: 'DELETE', headers: { ...BOB, ...session } });
    expect(del.status).toBe(404);
    expect((await post({ ...ALICE, ...session }, LIST)).status).toBe(200);
  });

  test('is over when its client says so', async () => {
    const session = await begun(ALICE);
    const headers = { ...ALICE, ...session };
    expect((await ask(url, { method: 'DELETE', headers })).status).toBe(200);
    expect((await post(headers, LIST)).status).toBe(404);
  });

  test('goes on in another process', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-sessions-'));
    const first = await startProduct({ STATE_DIR: stateDir });
    const answer = await ask(`${first.origin}/mcp`, { headers: JSON_TYPES, body: INITIALIZE });
    const session = { 'mcp-session-id': String(answer.headers['mcp-session-id']) };
    process.kill(first.workerdPid(), 'SIGKILL');
    await first.ended;
    const PORT = new URL(first.origin).port;
    const again = await startProduct({ STATE_DIR: stateDir, PORT });
    const headers = { ...JSON_TYPES, ...session };
    const listed = await ask(`${again.origin}/mcp`, { headers, body: LIST });
    expect([listed.status, listed.text.includes('run_prompt')]).toEqual([200, true]);
    await again.stop();
    rmSync(stateDir, { recursive: true });
  });
});

describe('runs and tasks', () => {
  test('belong to their caller: somebody else sees what is published, and no task', async () => {
    const alice = await mcpClient(url, { headers: ALICE });
    const bob = await mcpClient(url, { headers: BOB });
    const prompt = '---\npublish: answer\n---\n\nSay hello to my secret';
    const { run } = told(await alice.callTool({ name: 'run_prompt', arguments: { prompt } }));
    const call = { name: 'get_run', arguments: { id: run.id, view: 'full' } };
    expect(told(await alice.callTool(call)).text).toContain('my secret');
    const seen = told(await bob.callTool(call));
    expect(seen.run.status).toBe('completed');
    expect(seen.text).not.toContain('publish: answer');

    const params = { taskId: run.id };
    const own = await modernRequest(url, 'tasks/get', params, {
      headers: ALICE,
      capabilities: TASKS,
    });
    expect(own.result).toMatchObject({ status: 'completed', taskId: run.id });
    const other = await modernRequest(url, 'tasks/get', params, {
      headers: BOB,
      capabilities: TASKS,
    });
    expect(other.error).toMatchObject({ code: -32_602 });
    expect(told(await alice.callTool({ name: 'get_run', arguments: { id: 'x' } })).isError).toBe(
      true,
    );
    await Promise.all([alice.close(), bob.close()]);
  });

  test('a prompt that only its owner may see is no tool of somebody else', async () => {
    const alice = await mcpClient(url, { headers: ALICE });
    const prompt = '---\npublish: answer\n---\n\nHi';
    const { run } = told(await alice.callTool({ name: 'run_prompt', arguments: { prompt } }));
    expect((await post(ALICE, LIST, `/mcp/${run.id}`)).status).toBe(200);
    expect((await post(BOB, LIST, `/mcp/${run.id}`)).status).toBe(404);
    await alice.close();
  });
});
