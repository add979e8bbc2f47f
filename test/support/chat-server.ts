import type { ServerResponse } from 'node:http';

import { z } from 'zod';

import { httpPeer, type Peer } from './peers.ts';

/** Answers one request to `/chat/completions`. */
export type Turn = (response: ServerResponse, request: Asked) => void;

const BODY = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.unknown() })),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).optional(),
  temperature: z.number().optional(),
});

/** What the client sent. */
export interface Asked {
  readonly authorization: string | undefined;
  readonly body: z.infer<typeof BODY>;
}

/** An OpenAI-compatible server on loopback. */
export interface ChatServer extends AsyncDisposable {
  /** The value of `OPENAI_BASE_URL`. */
  readonly baseUrl: string;
  readonly asked: readonly Asked[];
}

/** Starts a server that answers by a script; the last turn repeats. */
export async function chatServer(...turns: readonly Turn[]): Promise<ChatServer> {
  const asked: Asked[] = [];
  const peer: Peer = await httpPeer((request, response, text) => {
    const { authorization } = request.headers;
    const now = { authorization, body: BODY.parse(JSON.parse(text)) };
    const turn = turns[Math.min(asked.length, turns.length - 1)];
    asked.push(now);
    turn?.(response, now);
  });
  return { baseUrl: `${peer.origin}/v1`, asked, [Symbol.asyncDispose]: () => peer.stop() };
}

/** The model says these pieces, each a chunk of its own. */
export function says(...pieces: readonly string[]): Turn {
  return (response) => {
    begin(response);
    for (const content of pieces) chunk(response, { delta: { content } });
    finish(response, 'stop');
  };
}

/** The model says something and calls a tool, named by the end of its wire name. */
export function calls(tool: string, args: object, text = ''): Turn {
  return (response, { body }) => {
    const name = body.tools?.find((each) => each.function.name.endsWith(tool))?.function.name;
    begin(response);
    if (text !== '') chunk(response, { delta: { content: text } });
    const call = { index: 0, id: `call_${tool}`, type: 'function' };
    const made = { ...call, function: { name: name ?? tool, arguments: JSON.stringify(args) } };
    chunk(response, { delta: { tool_calls: [made] } });
    finish(response, 'tool_calls');
  };
}

/** The model begins to say something and then nothing more comes. */
export function hangsAfter(text: string): Turn {
  return (response) => {
    begin(response);
    chunk(response, { delta: { content: text } });
  };
}

/** The same turn with what it cost: 10 tokens in, 5 out. */
export function counted(turn: Turn): Turn {
  return (response, asked) => {
    const end = response.end.bind(response);
    response.end = ((last: string) => {
      const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
      response.write(`data: ${JSON.stringify({ choices: [], usage })}\n\n`);
      return end(last);
    }) as typeof response.end;
    turn(response, asked);
  };
}

/** The provider refuses. */
export function refuses(status: number, message: string): Turn {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message } }));
  };
}

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

function chunk(response: ServerResponse, choice: object): void {
  const data = { object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }] };
  response.write(`data: ${JSON.stringify(data)}\n\n`);
}

function finish(response: ServerResponse, finish_reason: string): void {
  chunk(response, { delta: {}, finish_reason });
  response.end('data: [DONE]\n\n');
}
