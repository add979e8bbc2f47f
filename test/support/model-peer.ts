/** A model server whose answers a test holds in its hand. */
import type { ServerResponse } from 'node:http';
import { httpPeer } from './peers.ts';
import type { Peer } from './peers.ts';

/** One request for a completion that waits to be answered. */
export interface Asked {
  /** The request's JSON text. */
  readonly body: string;
  /** Streams some of the answer. */
  says(text: string): void;
  /** Ends the answer with a call of the tool whose name ends so, without arguments. */
  calls(tool: string): void;
  /** Ends the answer. */
  stops(): void;
  /** Resolves when the other side has closed the connection. */
  readonly closed: Promise<void>;
}

export interface ModelPeer extends Peer {
  /** Value for `OPENAI_BASE_URL`. */
  readonly baseUrl: string;
  /** The next request, which must be answered by hand. */
  next(): Promise<Asked>;
}

/** An OpenAI-compatible server on a free port. */
export async function modelPeer(): Promise<ModelPeer> {
  const asked: Asked[] = [];
  const waiting: ((request: Asked) => void)[] = [];
  const peer = await httpPeer(({ method }, response, body) => {
    // Which models there are is answered at once.
    if (method === 'GET') {
      response.end('{"data":[]}');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    const request = answering(response, body);
    const waiter = waiting.shift();
    if (waiter === undefined) asked.push(request);
    else waiter(request);
  });
  return {
    ...peer,
    baseUrl: `${peer.origin}/v1`,
    next: async () => asked.shift() ?? (await new Promise((resolve) => waiting.push(resolve))),
  };
}

function answering(response: ServerResponse, body: string): Asked {
  const send = (chunk: object) => response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  const finish = (finish_reason: string) => {
    send({ choices: [{ index: 0, delta: {}, finish_reason }] });
    response.end('data: [DONE]\n\n');
  };
  return {
    body,
    says: (content) => send({ choices: [{ index: 0, delta: { content } }] }),
    calls: (tool) => {
      const name = new RegExp(`"([\\w-]*${tool})"`).exec(body)?.[1] ?? tool;
      const call = { index: 0, id: 'call', type: 'function', function: { name, arguments: '{}' } };
      send({ choices: [{ index: 0, delta: { tool_calls: [call] } }] });
      finish('tool_calls');
    },
    stops: () => finish('stop'),
    closed: new Promise((resolve) => response.once('close', resolve)),
  };
}
