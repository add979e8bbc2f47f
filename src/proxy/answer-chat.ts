import type { ChatRequest } from '../completions/chat-request.ts';
import { ChunkWriter } from '../completions/chunk-writer.ts';
import { completionOf } from '../completions/completion.ts';
import type { CompletionChunk } from '../completions/completion-chunk.ts';
import type { Ports } from '../execute/ports.ts';
import { asFault, faultData, type FaultData } from '../fault/fault.ts';
import type { RunEnd, RunEvent } from '../run/event.ts';
import { runChat } from './chat-run.ts';
import { EventStream } from './event-stream.ts';
import { authRequired, errorBody, errorResponse } from './openai-error.ts';

/** What answering a chat completion needs of its door. */
export interface ChatAnswerOptions {
  readonly ports: Omit<Ports, 'log'>;
  /** Ends with the request of the caller. */
  readonly signal: AbortSignal;
  /** Name of the answer, `chatcmpl-…`. */
  readonly id: string;
  /** The model as the caller named it. */
  readonly model: string;
  /** Where a person logs in for an action. */
  readonly loginUrl: (actionId: string) => string;
  /** What the provider answered when it refused; the caller's SDK knows what to do with it. */
  readonly refusal: () => Response | null;
  /** Called once, when nothing works for this answer any more. */
  readonly onEnd?: () => void;
  /** A person has to do something: log in at this address. */
  readonly onUserMessage?: (url: string, message: string) => void;
}

/**
 * Answers a request to `/chat/completions` that names tool servers: runs it and gives OpenAI's
 * chunks, or one object where no stream was asked for.
 *
 * The status is that of the model's first answer: nothing is sent before it speaks or somebody has
 * to log in, so that what the provider refuses stays refused with its own status and words.
 * @see spec/completions.md
 */
export async function answerChat(chat: ChatRequest, options: ChatAnswerOptions): Promise<Response> {
  const answer = new ChatAnswer(chat, options);
  return await answer.response();
}

class ChatAnswer {
  readonly #chat: ChatRequest;
  readonly #options: ChatAnswerOptions;
  readonly #writer: ChunkWriter;
  readonly #chunks: CompletionChunk[] = [];
  readonly #stop = new AbortController();
  #stream: EventStream | null = null;
  #spoke: () => void = () => {};

  constructor(chat: ChatRequest, options: ChatAnswerOptions) {
    this.#chat = chat;
    this.#options = options;
    const { id, model, loginUrl, ports, signal } = options;
    this.#writer = new ChunkWriter({
      id,
      model,
      created: Math.floor(ports.clock.now() / 1000),
      view: chat.view,
      includeUsage: chat.stream && chat.includeUsage,
      functions: new Set(chat.request.functions?.map((tool) => tool.function.name)),
      loginUrl,
    });
    signal.addEventListener('abort', () => this.#stop.abort(), { once: true });
    if (signal.aborted) this.#stop.abort();
  }

  async response(): Promise<Response> {
    const { ports } = this.#options;
    const spoke = new Promise<'spoke'>((resolve) => {
      this.#spoke = () => resolve('spoke');
    });
    const ended = runChat(this.#chat, {
      ports,
      signal: this.#stop.signal,
      onEvent: (event) => this.#take(event),
    }).catch((error: unknown) => failureOf(asFault(error).toJSON()));
    void ended.then(() => this.#options.onEnd?.());
    if (!this.#chat.stream) return this.#whole(await ended);
    const first = await Promise.race([spoke, ended]);
    if (first !== 'spoke' && !this.#isAnswer(first)) return this.#refused(first);
    const stream = new EventStream(() => this.#stop.abort());
    this.#stream = stream;
    for (const chunk of this.#chunks) stream.send(chunk);
    void ended.then((end) => this.#finish(stream, end));
    return stream.response();
  }

  #take(event: RunEvent): void {
    for (const chunk of this.#writer.take(event)) {
      this.#chunks.push(chunk);
      this.#stream?.send(chunk);
    }
    if (event.type === 'action-required') this.#ask(event.action_id, event.action.server);
    if (isWord(event) || (event.type === 'action-required' && this.#waits())) this.#spoke();
  }

  #ask(actionId: string, server: string): void {
    const { onUserMessage, loginUrl } = this.#options;
    onUserMessage?.(loginUrl(actionId), `Log in to ${server} so that its tools can be used.`);
  }

  #waits(): boolean {
    return this.#chat.request.on_auth === 'wait';
  }

  /** An answer that only holds a login link is one, unless the caller wants the status. */
  #isAnswer(end: RunEnd | null): boolean {
    if (end === null) return false;
    return end.status === 'completed' || (this.#isLink(end) && !this.#chat.failsOnAuth);
  }

  #isLink({ stop_reason }: RunEnd): boolean {
    return (
      stop_reason === 'login_required' &&
      this.#writer.items.some(({ type }) => type === 'mcp_auth_request')
    );
  }

  #whole(end: RunEnd | null): Response {
    if (!this.#isAnswer(end)) return this.#refused(end);
    return Response.json(completionOf(this.#chunks, this.#writer));
  }

  #refused(end: RunEnd | null): Response {
    if (end !== null && this.#isLink(end)) return authRequired(this.#writer.items);
    return this.#options.refusal() ?? errorResponse(errorOf(end));
  }

  #finish(stream: EventStream, end: RunEnd | null): void {
    if (end === null || !this.#isAnswer(end)) stream.send(errorBody(errorOf(end)));
    stream.end();
  }
}

/** Whether the model has begun to answer. */
function isWord({ type }: RunEvent): boolean {
  return ['text-delta', 'reasoning-delta', 'tool-call', 'step-end'].includes(type);
}

function errorOf(end: RunEnd | null): FaultData {
  return end?.error ?? faultData('cancelled');
}

function failureOf(error: FaultData): RunEnd {
  return { type: 'run-end', status: 'failed', stop_reason: error.code, error };
}
