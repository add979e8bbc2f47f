/** Calls that their owner allows or not, on the server as a person starts it. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import OpenAI from 'openai';
import { z } from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { calls, chatServer, says, type ChatServer } from '../support/chat-server.ts';
import { httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'markdownops-'));
let provider: ChatServer;
let tools: Peer;
let product: Product;
/** Arguments of the calls that the tool got. */
let paid: unknown[];
/** What the model wants to pay with. */
let wanted: object;

const start = () =>
  startProduct({
    STATE_DIR: stateDir,
    OPENAI_BASE_URL: provider.baseUrl,
    OPENAI_API_KEY: 'sk-server-key',
    PROVIDER_HOSTS: new URL(provider.baseUrl).origin,
    EGRESS_ALLOW: tools.host,
  });

beforeAll(async () => {
  tools = await httpPeer(answerAsToolServer);
  provider = await chatServer((response, request) =>
    (request.body.messages.at(-1)?.role === 'tool'
      ? says('It is ', 'settled.')
      : calls('pay', wanted, 'I will pay.'))(response, request),
  );
  product = await start();
});
beforeEach(() => {
  paid = [];
  wanted = { amount: 5 };
});
afterAll(async () => {
  await product.stop();
  await Promise.all([tools.stop(), provider[Symbol.asyncDispose]()]);
  rmSync(stateDir, { recursive: true, force: true });
});

const RPC = z.object({
  method: z.string(),
  id: z.union([z.string(), z.number()]).optional(),
  params: z.object({ arguments: z.unknown().optional() }).optional(),
});
const HELLO = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'payments', version: '1' },
};
const TOOLS = { tools: [{ name: 'pay', inputSchema: { type: 'object' } }] };
const PAID = { content: [{ type: 'text', text: 'paid' }] };

/** A tool server with one tool that changes something. */
function answerAsToolServer(request: IncomingMessage, response: ServerResponse, body: string) {
  const message = request.method === 'POST' ? RPC.parse(JSON.parse(body)) : null;
  if (message?.method === 'tools/call') paid.push(message.params?.arguments);
  const results = { initialize: HELLO, 'tools/list': TOOLS, 'tools/call': PAID };
  const result = new Map<string, object>(Object.entries(results)).get(message?.method ?? '');
  if (message === null || result === undefined) {
    const status = message === null ? 405 : message.id === undefined ? 202 : 404;
    return response.writeHead(status).end();
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  return response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
}

const RUN = z.object({
  id: z.string(),
  status: z.string(),
  output: z.string(),
  required_action: z
    .object({
      type: z.literal('approval'),
      id: z.string(),
      server_label: z.string(),
      server_url: z.string(),
      tool: z.string(),
      arguments: z.string(),
      expires_at: z.string(),
    })
    .nullable(),
});

interface Waiting {
  readonly id: string;
  readonly token: string;
  readonly action: NonNullable<z.infer<typeof RUN>['required_action']>;
}

/** A run that waits for its owner. */
async function waiting(): Promise<Waiting> {
  const prompt = `---\nmodel: openai/gpt-5\nrequire_approval: always\n---\n@${tools.origin}/mcp\n\nPay.`;
  const created = await ask(`${product.origin}/`, { body: prompt });
  const { id, owner_token: token } = z
    .object({ id: z.string(), owner_token: z.string() })
    .parse(JSON.parse(created.text));
  await expect
    .poll(async () => (await read(id, token)).status, { timeout: 15_000 })
    .toBe('requires_action');
  const action = (await read(id, token)).required_action;
  if (action === null) throw new TypeError('Nothing was asked.');
  return { id, token, action };
}

async function read(id: string, token: string): Promise<z.infer<typeof RUN>> {
  const headers = { authorization: `Bearer ${token}` };
  const { text } = await ask(`${product.origin}/${id}.json`, { headers });
  return RUN.parse(JSON.parse(text));
}

function decide({ id, token, action }: Waiting, decision: string, headers = {}) {
  return ask(`${product.origin}/${id}/actions/${action.id}`, {
    body: JSON.stringify({ decision }),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
  });
}

const ends = async ({ id, token }: Waiting, status: string) =>
  expect.poll(async () => (await read(id, token)).status, { timeout: 20_000 }).toBe(status);

describe('a run whose tools want approval', () => {
  it('tells its owner the call, and makes it once however often and fast it is approved', async () => {
    const run = await waiting();
    expect(run.action).toMatchObject({
      server_url: `${tools.origin}/mcp`,
      tool: 'pay',
      arguments: '{"amount":5}',
    });
    expect(paid).toEqual([]);
    const answers = await Promise.all([1, 2, 3, 4].map(() => decide(run, 'approve')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await ends(run, 'completed');
    expect(paid).toEqual([{ amount: 5 }]);
    expect((await read(run.id, run.token)).output).toContain('It is settled.');
  });

  it('takes the first of two answers and says 409 to the other', async () => {
    const run = await waiting();
    const answers = await Promise.all([decide(run, 'deny'), decide(run, 'approve')]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.text).toContain('already_answered');
    await ends(run, 'completed');
    expect(paid).toHaveLength(answers[0].status === 200 ? 0 : 1);
  });

  it('does not listen to strangers, other sites, GET or other words', async () => {
    const run = await waiting();
    const stranger = await decide({ ...run, token: 'wrong' }, 'approve');
    expect([stranger.status, stranger.text]).toEqual([
      401,
      expect.stringContaining('owner_required'),
    ]);
    expect((await decide(run, 'approve', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await decide(run, 'approve', { origin: 'http://evil.example' })).status).toBe(403);
    const url = `${product.origin}/${run.id}/actions/${run.action.id}`;
    const headers = { authorization: `Bearer ${run.token}` };
    expect((await ask(`${url}?decision=approve`, { headers })).status).toBe(405);
    for (const decision of ['yes', '', 'accept', 'Approve']) {
      expect((await decide(run, decision)).status).toBe(400);
    }
    expect((await read(run.id, run.token)).status).toBe('requires_action');
    expect(paid).toEqual([]);
  });

  it('is answered on its page too, with a form, by who has its cookie', async () => {
    const run = await waiting();
    const cookie = `run_owner=${run.token}`;
    const page = await ask(`${product.origin}/${run.id}.html`, { headers: { cookie } });
    expect(page.text).toContain(`action="/${run.id}/actions/${run.action.id}"`);
    const answer = await ask(`${product.origin}/${run.id}/actions/${run.action.id}`, {
      body: 'decision=deny',
      headers: {
        cookie,
        accept: 'text/html',
        origin: product.origin,
        'content-type': 'application/x-www-form-urlencoded',
      },
    });
    expect([answer.status, answer.headers.location]).toEqual([303, `/${run.id}`]);
    await ends(run, 'completed');
    expect(paid).toEqual([]);
  });

  it('tells the public that it waits and nothing of the call', async () => {
    wanted = { to: 'canary-arguments' };
    const { id, action } = await waiting();
    const { text } = await ask(`${product.origin}/${id}.json`);
    const seen = z.object({ required_action: z.unknown() }).parse(JSON.parse(text));
    expect(seen.required_action).toEqual({ type: 'approval', expires_at: action.expires_at });
    for (const form of ['md', 'html', 'txt', 'json']) {
      expect((await ask(`${product.origin}/${id}.${form}`)).text).not.toContain(action.id);
    }
  });

  it('keeps arguments of a megabyte with everything that hides in them', async () => {
    wanted = { note: `\u202e<script>x()</script>${'y'.repeat(1_000_000)}` };
    const run = await waiting();
    expect(JSON.parse(run.action.arguments)).toEqual(wanted);
    const headers = { cookie: `run_owner=${run.token}` };
    const { text } = await ask(`${product.origin}/${run.id}.html`, { headers });
    const [shown = ''] = /<section class="waiting".*?<\/section>/s.exec(text) ?? [];
    expect(shown).toContain('⟨U+202E⟩&lt;script&gt;');
    expect(shown.length).toBeGreaterThan(1_000_000);
    await decide(run, 'approve');
    await ends(run, 'completed');
    expect(paid).toEqual([wanted]);
  });

  it('waits through kill -9 and goes on when it is approved then, once', async () => {
    const run = await waiting();
    process.kill(product.workerdPid(), 'SIGKILL');
    await product.ended;
    product = await start();
    expect((await read(run.id, run.token)).required_action).toEqual(run.action);
    expect(paid).toEqual([]);
    await Promise.all([decide(run, 'approve'), decide(run, 'approve')]);
    await ends(run, 'completed');
    expect(paid).toEqual([{ amount: 5 }]);
  });

  it('is over with an answer to nobody when it was cancelled', async () => {
    const run = await waiting();
    await ask(`${product.origin}/${run.id}/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${run.token}` },
    });
    expect((await decide(run, 'approve')).status).toBe(409);
    expect(paid).toEqual([]);
  });
});

describe('the same on /chat/completions', () => {
  const REQUEST = z.object({ type: z.literal('mcp_approval_request'), id: z.string() });
  const MCP = z.object({ mcp: z.array(z.looseObject({ type: z.string() })) });
  const server = () => ({
    type: 'mcp',
    server_label: 'payments',
    server_url: `${tools.origin}/mcp`,
    require_approval: 'always',
  });

  /** Asks with the SDK of OpenAI, whose types know none of what is ours. */
  async function complete(messages: readonly unknown[], stream: boolean) {
    const host = new URL(provider.baseUrl).host;
    const client = new OpenAI({ apiKey: 'sk-callers', baseURL: `${product.origin}/${host}/v1` });
    const body = { model: 'gpt-5', messages, tools: [server()] };
    const chat = client.chat.completions;
    if (!stream) {
      const whole = await chat.create(
        body as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming,
      );
      return whole.choices[0];
    }
    const streamed = chat.stream(body as unknown as OpenAI.ChatCompletionCreateParamsStreaming);
    const items: unknown[] = [];
    streamed.on('chunk', (chunk) => {
      items.push(...(MCP.safeParse(chunk).data?.mcp ?? []));
    });
    const [choice] = (await streamed.finalChatCompletion()).choices;
    if (choice === undefined) return undefined;
    return { ...choice, message: { ...choice.message, mcp: items } };
  }

  it.each([
    ['with a stream', true],
    ['without', false],
  ])('asks in one answer and goes on with the next request, %s', async (_, stream) => {
    const user = { role: 'user', content: 'Pay.' };
    const first = await complete([user], stream);
    expect(first?.finish_reason).toBe('stop');
    expect(first?.message.tool_calls ?? []).toEqual([]);
    const { mcp } = MCP.parse(first?.message);
    const { id } = REQUEST.parse(mcp.find(({ type }) => type === 'mcp_approval_request'));
    expect(paid).toEqual([]);
    const said = { type: 'mcp_approval_response', approval_request_id: id, approve: true };
    const assistant = { ...first?.message, mcp: [...mcp, said] };
    const second = await complete([user, assistant], stream);
    expect(paid).toEqual([{ amount: 5 }]);
    expect(second?.finish_reason).toBe('stop');
    expect(second?.message.content).toContain('It is settled.');
    expect(provider.asked.at(-1)?.body.messages).toEqual([
      user,
      { role: 'assistant', content: 'I will pay.' },
      { role: 'tool', content: 'paid' },
    ]);
  });
});
