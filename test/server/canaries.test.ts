/** Every secret that a run meets, planted with a value of its own: where it goes, and nowhere else. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ask } from '../support/ask.ts';
import { keptFilesByPath } from '../support/kept-files.ts';
import { calls, chatServer, refuses, says, type ChatServer } from '../support/chat-server.ts';
import { hookPeer, type HookPeer } from '../support/hook-peer.ts';
import { httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';

const MODEL_KEY = 'sk-canary-of-the-model-0123456789';
const TOOL_KEY = 'canary-of-the-tools-0123456789';
const SESSION = 'canary-of-the-session-0123456789';
const HOOK_TOKEN = 'canary-of-the-callback';
const API_KEY = 'alice:canary-of-alice-0123456789';

const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
let provider: ChatServer;
let tools: Peer;
let hook: HookPeer;
let product: Product;
/** What the tool server was sent. */
const sent: string[] = [];
/** What else is a secret: the tokens of the runs. */
const made: string[] = [];

beforeAll(async () => {
  provider = await chatServer((response, request) => {
    const { messages } = request.body;
    if (JSON.stringify(messages).includes('Be refused')) {
      return refuses(401, `Wrong key ${MODEL_KEY}.`)(response, request);
    }
    return (messages.at(-1)?.role === 'tool' ? says('Done.') : calls('echo', {}))(
      response,
      request,
    );
  });
  tools = await httpPeer(echo);
  hook = await hookPeer();
  product = await startProduct({
    STATE_DIR: stateDir,
    OPENAI_BASE_URL: provider.baseUrl,
    OPENAI_API_KEY: MODEL_KEY,
    DEFAULT_MODEL: 'm',
    SECRET_TOOL: TOOL_KEY,
    API_KEYS: API_KEY,
    EGRESS_ALLOW: `${tools.host},${hook.host}`,
  });
});
afterAll(async () => {
  await Promise.all([product.stop(), provider[Symbol.asyncDispose](), tools.stop(), hook.stop()]);
  rmSync(stateDir, { recursive: true, force: true });
});

const RPC = z.object({
  method: z.string(),
  id: z.union([z.string(), z.number()]).optional(),
});

/** A tool server that shows everything it was sent, in several spellings. */
function echo(request: IncomingMessage, response: ServerResponse, body: string): unknown {
  if (request.method !== 'POST') return response.writeHead(405).end();
  const { method, id } = RPC.parse(JSON.parse(body));
  const headers = JSON.stringify(request.headers);
  sent.push(headers);
  const hello = {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'echo', version: '1' },
  };
  const shown = [headers, Buffer.from(TOOL_KEY).toString('base64'), encodeURIComponent(headers)];
  const result = new Map<string, object>([
    ['initialize', hello],
    ['tools/list', { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }],
    ['tools/call', { content: shown.map((text) => ({ type: 'text', text })) }],
  ]).get(method);
  if (id === undefined) return response.writeHead(202).end();
  response.setHeader('content-type', 'application/json');
  if (method === 'initialize') response.setHeader('mcp-session-id', SESSION);
  if (result === undefined) return response.writeHead(404).end('{}');
  return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

interface Run {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function post(said: string): Promise<Run> {
  const prompt = [
    '---',
    'require_approval: always',
    'tools:',
    `  - server_url: ${tools.origin}/mcp`,
    '    headers: { x-key: "${env:TOOL}" }',
    '---',
    said,
  ].join('\n');
  const { text, status } = await ask(`${product.origin}/`, {
    headers: { 'content-type': 'application/json' },
    // Not in the document, which is shown as it was written.
    body: JSON.stringify({ prompt, callback: `${hook.origin}/hook?t=${HOOK_TOKEN}` }),
  });
  expect([status, text]).toEqual([201, expect.any(String)]);
  const { id, owner_token, callback_secret } = JSON.parse(text) as Record<string, string>;
  made.push(String(owner_token), String(callback_secret));
  return { id: String(id), headers: { authorization: `Bearer ${owner_token}` } };
}

async function until(
  run: Run,
  status: string,
): Promise<{ required_action: { id: string } | null }> {
  const read = async () => {
    const { text } = await ask(`${product.origin}/${run.id}.json`, { headers: run.headers });
    return JSON.parse(text) as { status: string; required_action: { id: string } | null };
  };
  await expect.poll(read, { timeout: 20_000 }).toMatchObject({ status });
  return read();
}

const act = ({ id, headers }: Run, path: string, body = '') =>
  ask(`${product.origin}/${id}${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  });

/** All that the server has written, or says to anybody about its runs. */
async function everything(runs: readonly Run[]): Promise<readonly (readonly [string, string])[]> {
  const paths = runs.flatMap(({ id, headers }) =>
    ['.md', '.json', '.html', '.txt', '?edit'].flatMap((form) => [
      { path: `/${id}${form}`, headers },
      { path: `/${id}${form}`, headers: {} },
    ]),
  );
  const said = [...paths, { path: '/runs', headers: {} }, { path: '/connections', headers: {} }];
  return [
    ...keptFilesByPath(stateDir),
    ...(await Promise.all(
      said.map(async ({ path, headers }) => {
        return [path, (await ask(product.origin + path, { headers })).text] as const;
      }),
    )),
    ['printed', product.printed()],
    ['told to the model', JSON.stringify(provider.asked.map(({ body }) => body))],
    ['told to the callback', JSON.stringify(hook.seen.map(({ body }) => body))],
  ];
}

/** A secret as it is, in hexadecimal, and in base64 wherever it begins. */
function spellings(secret: string): readonly string[] {
  const shifted = [0, 1, 2].map((before) => {
    const text = Buffer.from('x'.repeat(before) + secret).toString('base64');
    return text.slice(before === 0 ? 0 : 4, -4);
  });
  return [secret, Buffer.from(secret).toString('hex'), ...shifted];
}

async function leaks(runs: readonly Run[]): Promise<string[]> {
  const texts = await everything(runs);
  // What is not secret is found: the search looks in the right places.
  for (const place of ['/runs/', '.md', 'told to the model']) {
    const found = texts.filter(([name, text]) => name.includes(place) && text.includes('Work for'));
    expect([place, found.length > 0]).toEqual([place, true]);
  }
  const secrets = [MODEL_KEY, TOOL_KEY, SESSION, HOOK_TOKEN, API_KEY.split(':')[1] ?? '', ...made];
  return secrets.flatMap((secret) =>
    spellings(secret).flatMap((spelling) =>
      texts.filter(([, text]) => text.includes(spelling)).map(([name]) => `${secret} in ${name}`),
    ),
  );
}

describe('the secrets of a run', () => {
  it('stand nowhere while it waits, and nowhere once it has ended, however it ended', async () => {
    hook.answers([500], [500], [500], [500], [500], [500]);
    const run = await post('Work for CANARIES.');
    const cancelled = await post('Work for nothing.');
    const { required_action } = await until(run, 'requires_action');
    await until(cancelled, 'requires_action');
    expect(await leaks([run, cancelled])).toEqual([]);
    await act(run, `/actions/${required_action?.id}`, '{"decision":"approve"}');
    await act(cancelled, '/cancel');
    await until(run, 'completed');
    await until(cancelled, 'cancelled');
    const failed = await post('Be refused. Work for nobody.');
    await until(failed, 'failed');
    // The tool and the callback were given what they are to have.
    expect(sent.join()).toContain(TOOL_KEY);
    expect(sent.join()).toContain(SESSION);
    await expect.poll(() => hook.seen.map(({ path }) => path)).toContain(`/hook?t=${HOOK_TOKEN}`);
    expect(
      provider.asked.every(({ authorization }) => authorization === `Bearer ${MODEL_KEY}`),
    ).toBe(true);
    expect(await leaks([run, cancelled, failed])).toEqual([]);
  });
});
