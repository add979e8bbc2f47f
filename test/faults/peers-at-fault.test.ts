/** Models and tool servers that misbehave, as a run of the product meets them: it ends, and its log is sound. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { fsck } from '../../src/run/fsck.ts';
import { ask } from '../support/ask.ts';
import { httpPeer, type Peer } from '../support/peers.ts';
import { startProduct, type Product } from '../support/product.ts';
import { storedRuns } from './disk-log.ts';
import { later } from './random.ts';

type Answer = (response: ServerResponse, attempt: number) => unknown;

const ASKED = z.object({
  messages: z.array(z.object({ role: z.string(), content: z.unknown() })),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).optional(),
});
const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const ANSWER = `${chunk({ content: 'Grüße 🙂.' })}${chunk({}, 'stop')}data: [DONE]\n\n`;
const streaming = (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });
const answers: Answer = (response) => streaming(response).end(ANSWER);

let model: Peer;
let tools: Peer;
let product: Product;
let modelDoes: Answer;
let toolDoes: (response: ServerResponse, id: unknown, attempt: number) => unknown;
let tries: number;
let called: number;
/** How often a session was begun. */
let sessions: number;
/** What the model was told of the call. */
let told: string;

beforeAll(async () => {
  model = await httpPeer(speak);
  tools = await httpPeer(serveTools);
  product = await startProduct({
    OPENAI_BASE_URL: `${model.origin}/v1`,
    DEFAULT_MODEL: 'm',
    EGRESS_ALLOW: tools.host,
  });
});
afterAll(() => Promise.all([product.stop(), model.stop(), tools.stop()]));

/** With tools and no result the model calls; else it does what the test says. */
function speak(_: IncomingMessage, response: ServerResponse, body: string): unknown {
  const { messages, tools: offered = [] } = ASKED.parse(JSON.parse(body));
  const result = messages.find(({ role }) => role === 'tool');
  told = JSON.stringify(result?.content ?? null);
  const name = offered[0]?.function.name;
  if (name === undefined || result !== undefined) {
    tries += 1;
    return modelDoes(response, tries);
  }
  const call = { index: 0, id: 'c', function: { name, arguments: '{}' } };
  return streaming(response).end(
    `${chunk({ tool_calls: [call] })}${chunk({}, 'tool_calls')}data: [DONE]\n\n`,
  );
}

const RPC = z.object({ method: z.string(), id: z.union([z.string(), z.number()]).optional() });
const HELLO = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'faulty', version: '1' },
};
const TOOLS = { tools: [{ name: 'work', inputSchema: { type: 'object' } }] };

function serveTools(request: IncomingMessage, response: ServerResponse, body: string): unknown {
  if (request.method !== 'POST') return response.writeHead(405).end();
  const { method, id } = RPC.parse(JSON.parse(body));
  if (method === 'tools/call') {
    called += 1;
    return toolDoes(response, id, called);
  }
  const result = { initialize: HELLO, 'tools/list': TOOLS }[method];
  if (id === undefined) return response.writeHead(202).end();
  if (method === 'initialize') {
    sessions += 1;
    response.setHeader('mcp-session-id', `s${sessions}`);
  }
  if (result === undefined) return response.writeHead(400).end('{}');
  response.writeHead(200, { 'content-type': 'application/json' });
  return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

interface Ended {
  readonly id: string;
  readonly status: string;
  readonly stop_reason: string;
  readonly output: string;
}

async function run(body: string): Promise<Ended> {
  tries = 0;
  called = 0;
  sessions = 0;
  const { text } = await ask(`${product.origin}/?wait=60`, { body });
  const ended = JSON.parse(text) as Ended;
  const log = storedRuns(product.stateDir).find(({ events }) => {
    const [first] = events;
    return first?.type === 'run-start' && first.id === ended.id;
  });
  expect(fsck(log?.events ?? [])).toEqual([]);
  expect(log?.events.at(-1)?.type).toBe('run-end');
  return ended;
}

describe('a model', () => {
  it.each<[string, Answer, string]>([
    ['answers 500 once', (r, n) => (n === 1 ? r.writeHead(500).end() : answers(r, n)), 'stop'],
    ['answers 503 once', (r, n) => (n === 1 ? r.writeHead(503).end() : answers(r, n)), 'stop'],
    [
      'limits the rate once',
      (r, n) => (n === 1 ? r.writeHead(429, { 'retry-after': '0' }).end() : answers(r, n)),
      'stop',
    ],
    [
      'resets the connection before the first token, once',
      (r, n) => (n === 1 ? r.destroy() : answers(r, n)),
      'stop',
    ],
    [
      'resets the connection after the first token, once',
      (r, n) => {
        if (n > 1) return answers(r, n);
        return streaming(r).write(chunk({ content: 'Half' }), () => r.socket?.resetAndDestroy());
      },
      'stop',
    ],
    [
      'closes its stream in the middle each time',
      (response) => streaming(response).end(chunk({ content: 'Half' })),
      'model_cut_off',
    ],
    [
      'streams what is no JSON',
      (response) => streaming(response).end('data: {"choices": [\n\n'),
      'model_garbage',
    ],
    [
      'sends every byte by itself',
      async (response) => {
        streaming(response);
        for (const byte of Buffer.from(ANSWER)) {
          response.write(Buffer.of(byte));
          if (byte > 127) await later(2);
        }
        response.end();
      },
      'stop',
    ],
    [
      'answers 503 for ever',
      (response) => response.writeHead(503, { 'retry-after': '0' }).end(),
      'model_unavailable',
    ],
    [
      'drips for ever',
      async (response) => {
        streaming(response);
        while (!response.destroyed) {
          response.write(chunk({ content: '.' }));
          await later(200);
        }
      },
      'timeout',
    ],
    [
      'sends comments and nothing else',
      async (response) => {
        streaming(response);
        while (!response.destroyed) {
          response.write(':\n\n');
          await later(200);
        }
      },
      'timeout',
    ],
    [
      'never stops talking',
      async (response) => {
        streaming(response);
        while (!response.destroyed) {
          if (!response.write(chunk({ content: 'x'.repeat(100_000) }))) await later(5);
        }
      },
      'max_stored_bytes',
    ],
  ])('that %s', async (_what, behaviour, reason) => {
    modelDoes = behaviour;
    const ended = await run(`---\ntimeout: ${reason === 'timeout' ? 2 : 60}s\n---\n\nHello.`);
    expect(ended.stop_reason).toBe(reason);
    if (reason === 'stop') expect(ended.output).toBe('Grüße 🙂.');
  });
});

const rpc = (id: unknown, text: string) =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });
const json = (response: ServerResponse, body: string) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);

describe('a tool', () => {
  it.each<[string, typeof toolDoes, string, RegExp]>([
    ['hangs', () => undefined, 'timeout', /null/],
    [
      'drips',
      async (response, id) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        for (const letter of rpc(id, 'x'.repeat(1000))) {
          if (response.destroyed) return;
          response.write(letter);
          await later(50);
        }
      },
      'timeout',
      /null/,
    ],
    ['answers 500', (response) => response.writeHead(500).end(), 'stop', /500/],
    ['answers 401', (response) => response.writeHead(401).end(), 'stop', /wants a login/],
    [
      'answers twice',
      (response, id) =>
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .end(`data: ${rpc(id, 'one')}\n\ndata: ${rpc(id, 'two')}\n\n`),
      'stop',
      /one/,
    ],
    [
      'floods its call with notifications',
      (response, id) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const params = { level: 'info', data: 'x' };
        const message = { jsonrpc: '2.0', method: 'notifications/message', params };
        for (let sent = 0; sent < 20_000; sent += 1) {
          response.write(`data: ${JSON.stringify(message)}\n\n`);
        }
        response.end(`data: ${rpc(id, 'after all')}\n\n`);
      },
      'stop',
      /after all/,
    ],
    [
      'answers 20 MB',
      (response, id) => json(response, rpc(id, 'x'.repeat(20_000_000))),
      'stop',
      /large|long|more than/,
    ],
    ['answers garbage', (response) => json(response, '{"jsonrpc": '), 'stop', /cannot be read/],
    ['hangs up', (response) => response.destroy(), 'stop', /carried out is unknown/],
  ])('that %s is called once, and the run ends', async (_what, behaviour, reason, said) => {
    modelDoes = answers;
    toolDoes = behaviour;
    const ended = await run(
      `---\ntools: ${tools.origin}/mcp\ntimeout: ${reason === 'timeout' ? 4 : 60}s\n---\n\nWork.`,
    );
    expect(ended.stop_reason).toBe(reason);
    expect(called).toBe(1);
    expect(told).toMatch(said);
  });

  it('that forgets its session is met again, and the call is made once', async () => {
    modelDoes = answers;
    toolDoes = (response, id, attempt) =>
      attempt === 1 ? response.writeHead(404).end() : json(response, rpc(id, 'remembered'));
    const ended = await run(`---\ntools: ${tools.origin}/mcp\n---\n\nWork.`);
    expect([ended.status, called, sessions]).toEqual(['completed', 2, 2]);
    expect(told).toMatch('remembered');
  });
});
