/** The other side of runs that are killed: slow, and it counts what it was asked to do. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { z } from 'zod';

import { httpPeer, type Peer } from '../support/peers.ts';
import { later, type Random } from './random.ts';
import type { Traps } from './traps.ts';

/** What a run does; its prompt names it. */
export const KINDS = ['plain', 'pay', 'look', 'reference', 'ask', 'login', 'short'] as const;

export type Kind = (typeof KINDS)[number];

const ASKED = z.object({
  messages: z.array(z.object({ role: z.string(), content: z.unknown() })),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).optional(),
});

/** The tools that a kind of run calls, one step after the other. */
const SCRIPT: Readonly<Partial<Record<Kind, readonly (readonly string[])[]>>> = {
  pay: [['pay', 'pay'], ['pay']],
  look: [['look', 'look'], ['pay']],
  ask: [['ask']],
  login: [['pay']],
};

/** A model that speaks slowly and calls what the script of the prompt says. */
export function slowModel(traps: Traps, random: Random): Promise<Peer> {
  return httpPeer(async (_request, response, body) => {
    const { messages, tools = [] } = ASKED.parse(JSON.parse(body));
    const prompt = JSON.stringify(messages.findLast(({ role }) => role === 'user')?.content);
    const [, kind = 'plain', name = ''] = /Run (\w+) (\w+)\./.exec(prompt) ?? [];
    traps.reached('before the first token');
    const step = messages.filter(({ role }) => role === 'assistant').length;
    // What others draw meanwhile, and in which order they come, changes nothing.
    const pace = random.of(`${name}/${step}`);
    await later(pace.below(60));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let word = 0; word < 6; word += 1) {
      send(response, { content: `${name}·${step}·${word} ` });
      traps.reached('after the first token');
      await later(pace.below(40));
    }
    const wanted = wantedCalls(kind, step, `${name}/${step}`);
    for (const [index, { tool, args }] of wanted.entries()) {
      const found = tools.find((each) => each.function.name.endsWith(`__${tool}`));
      const made = { name: found?.function.name ?? tool, arguments: args };
      send(response, { tool_calls: [{ index, id: `c${index}`, function: made }] });
      traps.reached('intent of a call');
      await later(pace.below(30));
    }
    send(response, {}, wanted.length > 0 ? 'tool_calls' : 'stop');
    response.end('data: [DONE]\n\n');
    if (wanted.length === 0) traps.reached('end');
  });
}

/** Every call has an id of its own, the same one whenever the step is asked again. */
function wantedCalls(kind: string, step: number, name: string) {
  const script = Object.entries(SCRIPT).find(([key]) => key === kind)?.[1] ?? [];
  return (script[step] ?? []).map((tool, index) => ({
    tool,
    args: JSON.stringify({ id: `${name}/${index}` }),
  }));
}

function send(response: ServerResponse, delta: object, finish_reason: string | null = null): void {
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
}

const RPC = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().optional(),
  params: z
    .object({ name: z.string().optional(), arguments: z.object({ id: z.string() }).optional() })
    .optional(),
});

const SCHEMA = { type: 'object', properties: { id: { type: 'string' } } };
const TOOLS = [
  { name: 'pay', inputSchema: SCHEMA },
  { name: 'look', inputSchema: SCHEMA, annotations: { readOnlyHint: true } },
  { name: 'ask', inputSchema: SCHEMA },
];
const HELLO = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'slow', version: '1' },
};

/** Tools that take their time. `pay` must never be called twice for one id. */
export class SlowTools {
  /** How often each id was paid. */
  readonly paid = new Map<string, number>();
  readonly #traps: Traps;
  readonly #random: Random;

  constructor(traps: Traps, random: Random) {
    this.#traps = traps;
    this.#random = random;
  }

  readonly answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    body: string,
  ): Promise<unknown> => {
    if (request.method !== 'POST') return response.writeHead(405).end();
    const { id, method, params } = RPC.parse(JSON.parse(body));
    if (method === 'tools/call') {
      return this.#call(response, id, [params?.name ?? '', params?.arguments?.id ?? '']);
    }
    this.#traps.reached('connect');
    await later(this.#random.below(40));
    if (method === undefined || id === undefined) return response.writeHead(202).end();
    const result = { initialize: HELLO, 'tools/list': { tools: TOOLS } }[method];
    if (result === undefined) return response.writeHead(400).end('{}');
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  };

  async #call(response: ServerResponse, id: unknown, [tool, key]: [string, string]) {
    if (tool !== 'look') this.paid.set(key, (this.paid.get(key) ?? 0) + 1);
    this.#traps.reached('call sent');
    await later(this.#random.of(key).below(80));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (tool === 'ask') {
      const requestedSchema = { type: 'object', properties: { name: { type: 'string' } } };
      const params = { message: 'Who?', requestedSchema };
      const question = { jsonrpc: '2.0', id: 'q1', method: 'elicitation/create', params };
      response.write(`data: ${JSON.stringify(question)}\n\n`);
      setTimeout(() => this.#traps.reached('waiting for an answer'), 50);
      return;
    }
    const result = { content: [{ type: 'text', text: `${tool} ${key}` }] };
    response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
    this.#traps.reached('call done');
  }
}

/** A page that takes its time. */
export function slowPage(traps: Traps, random: Random): Promise<Peer> {
  return httpPeer(async (_request, response) => {
    traps.reached('reference');
    await later(random.below(60));
    response.writeHead(200, { 'content-type': 'text/markdown' }).end('# Notes\n\nSome.');
  });
}
