import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import type { McpServer } from '@modelcontextprotocol/server';
import { authInfoOf } from './mcp-caller.ts';
import type { McpCaller } from './mcp-caller.ts';
import { MAX_MESSAGE } from './mcp-door.ts';

/** A session of a client of 2025-11-25 or older, with its server in memory. */
export class LiveSession {
  readonly #transport: WebStandardStreamableHTTPServerTransport;
  #open = 0;

  private constructor(transport: WebStandardStreamableHTTPServerTransport) {
    this.#transport = transport;
  }

  /**
   * A session that can be asked.
   * @param init the request that it began with, when that was in another process
   */
  static async open(
    server: McpServer,
    { id, init }: { readonly id: string; readonly init: string | null },
  ): Promise<LiveSession> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      maxRequestBodySize: MAX_MESSAGE,
    });
    await server.connect(transport);
    if (init !== null) await (await transport.handleRequest(initRequest(init))).text();
    return new LiveSession(transport);
  }

  /** Whether an answer is still on its way. */
  get isBusy(): boolean {
    return this.#open > 0;
  }

  /** Answers a request of the session. */
  async answer(request: Request, caller: McpCaller): Promise<Response> {
    const authInfo = authInfoOf(caller);
    const response = await this.#transport.handleRequest(request, { authInfo });
    const { body, status, headers } = response;
    if (body === null) return response;
    this.#open += 1;
    return new Response(
      watched(body, () => (this.#open -= 1)),
      { status, headers },
    );
  }
}

function initRequest(init: string): Request {
  return new Request('https://session.invalid/', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: init,
  });
}

function watched(body: ReadableStream<Uint8Array>, done: () => void): ReadableStream<Uint8Array> {
  let isOver = false;
  const end = (): void => {
    if (!isOver) done();
    isOver = true;
  };
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done: ended, value } = await reader.read().catch((error: unknown) => {
        end();
        throw error;
      });
      if (value !== undefined) controller.enqueue(value);
      if (!ended) return;
      end();
      controller.close();
    },
    async cancel(reason) {
      end();
      await reader.cancel(reason);
    },
  });
}
