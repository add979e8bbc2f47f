import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers one request to `/chat/completions`. */
export type Turn = (response: ServerResponse, request: Asked) => void | Promise<void>;

/** What the client sent. */
export interface Asked {
  readonly authorization: string | undefined;
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: unknown }[];
    readonly tools?: readonly { readonly function: { readonly name: string } }[];
    readonly temperature?: number;
  };
}

/** An OpenAI-compatible server on loopback that answers by a script; the last turn repeats. */
export class ChatServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly #server;

  private constructor(turns: readonly Turn[]) {
    this.#server = createServer((request, response) => {
      void this.#answer(turns, request, response);
    });
  }

  static async start(...turns: readonly Turn[]): Promise<ChatServer> {
    const server = new ChatServer(turns);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** The value of `OPENAI_BASE_URL`. */
  get baseUrl(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(turns: readonly Turn[], request: IncomingMessage, response: ServerResponse) {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const body = JSON.parse(text) as Asked['body'];
    const asked = { authorization: request.headers.authorization, body };
    const turn = turns[Math.min(this.asked.length, turns.length - 1)];
    this.asked.push(asked);
    await turn?.(response, asked);
  }
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
