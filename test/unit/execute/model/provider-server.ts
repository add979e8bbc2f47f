import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ChatChunk } from '../../../../src/protocol/chat.ts';
import type { ModelCall } from '../../../../src/execute/ports.ts';
import type { OpenAiModelOptions } from '../../../../src/execute/model/openai-model.ts';
import { openaiModel } from '../../../../src/execute/model/openai-model.ts';
import type { Provider } from '../../../../src/execute/model/providers.ts';
import { Secret } from '../../../../src/execute/model/secret.ts';
import { Fault } from '../../../../src/fault/fault.ts';

/** The key of the tests; it must appear in no message. */
export const KEY = 'sk-canary-7f3a9b';

/** What a provider's server was asked. */
export interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** A provider on loopback that answers as the test says. */
export interface ProviderServer {
  readonly baseUrl: string;
  readonly seen: Seen[];
  close(): Promise<void>;
}

/** Starts a provider whose every answer is written by `answer`. */
export async function providerServer(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<ProviderServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      const body: unknown = JSON.parse(text);
      seen.push({ path: request.url ?? '', headers: request.headers, body });
      answer(response, request);
    });
  });
  const port = await listening(server);
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

/** The call that the tests make. */
export const CALL: ModelCall = {
  provider: 'openai',
  model: 'm-1',
  messages: [{ role: 'user', content: 'Hi' }],
  tools: [],
  parameters: {},
};

/** A configured provider with the canary key. */
export function providerAt(baseUrl: string, more: Partial<Provider> = {}): Provider {
  return { id: 'openai', baseUrl, key: new Secret(KEY), defaultModel: 'm-1', ...more };
}

/** Asks and collects what came, and the fault that ended it. */
export async function askAt(
  baseUrl: string,
  options: Partial<OpenAiModelOptions> & { call?: Partial<ModelCall>; signal?: AbortSignal } = {},
): Promise<{ chunks: ChatChunk[]; thrown: unknown }> {
  const { call, signal, ...more } = options;
  const model = openaiModel({
    providers: [providerAt(baseUrl)],
    fetchFor: () => fetch,
    ...more,
  });
  const chunks: ChatChunk[] = [];
  try {
    const answer = model.complete({ ...CALL, ...call }, signal ?? new AbortController().signal);
    for await (const chunk of answer) chunks.push(chunk);
  } catch (thrown) {
    return { chunks, thrown };
  }
  return { chunks, thrown: null };
}

/** The fault, or a failing test. */
export function faultIn({ thrown }: { thrown: unknown }): Fault {
  if (!(thrown instanceof Fault)) throw new TypeError(`expected a fault, got ${String(thrown)}`);
  return thrown;
}

/** The words of some chunks. */
export function wordsIn(chunks: readonly ChatChunk[]): string {
  const contents = chunks.flatMap(({ choices = [] }) => choices.map(({ delta }) => delta?.content));
  return contents.filter((content) => typeof content === 'string').join('');
}

/** A chunk with words, as an event. */
export function says(content: string, finish_reason: string | null = null): string {
  return event({ choices: [{ index: 0, delta: { content }, finish_reason }] });
}

/** Any value as an event. */
export function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
