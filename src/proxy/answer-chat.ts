import type { ChatRequest } from '../completions/chat-request.ts';
import { ChunkWriter } from '../completions/chunk-writer.ts';
import { earlierEvents } from '../completions/earlier-steps.ts';
import { completionOf } from '../completions/completion.ts';
import type { CompletionChunk } from '../completions/completion-chunk.ts';
import type { Ports } from '../execute/ports.ts';
import { callersNames } from '../run/functions.ts';
import { wireNames } from '../run/wire-names.ts';
import { asFault, faultData, type FaultData } from '../fault/fault.ts';
import type { ActionRequired, EventBody, RunEnd, RunEvent } from '../run/event.ts';
import { runChat, type PublishedAs } from './chat-run.ts';
import { EventStream } from './event-stream.ts';
import { authRequired, errorBody, errorResponse } from './openai-error.ts';

/** What answering a chat completion needs of its door. */
export interface ChatAnswerOptions {
  readonly ports: Omit<Ports, 'log'>;
  /** Ends with the request of the caller. */
  readonly signal: AbortSignal;
  /** Keeps the process until this has settled: servers are told of an abort after the caller went. */
  readonly waitUntil?: (ended: Promise<unknown>) => void;
  /** Name of the answer, `chatcmpl-…`. */
  readonly id: string;
  /** The model as the caller named it. */
  readonly model: string;
  /** Where a person logs in for an action. */
  readonly loginUrl: (actionId: string) => string;
  /** What the provider answered when it refused; the caller's SDK knows what to do with it. */
  readonly refusal: () => Response | null;
  /** Who the run is where it is shown; left out for one that nobody sees. */
  readonly published?: PublishedAs;
  /** Told of every event, in order. */
  readonly onEvent?: (event: RunEvent) => void;
  /** The run is over, null when it was aborted; the answer ends when this is done. */
  readonly onEnd?: (end: RunEnd | null) => Promise<void>;
  /** Called once, when nothing works for this answer any more. */
  readonly onIdle?: () => void;
  /** A person has to do something: log in at this address, or allow a call of the server there. */
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
      functions: callersNames(chat.request),
      loginUrl,
    });
    signal.addEventListener('abort', () => this.#stop.abort(), { once: true });
    if (signal.aborted) this.#stop.abort();
  }

  async response(): Promise<Response> {
    const spoke = new Promise<'spoke'>((resolve) => {
      this.#spoke = () => resolve('spoke');
    });
    const ended = this.#run().finally(() => this.#options.onIdle?.());
    this.#options.waitUntil?.(ended);
    if (!this.#chat.stream) return this.#whole(await ended);
    const first = await Promise.race([spoke, ended]);
    if (first !== 'spoke' && !this.#isAnswer(first)) return this.#refused(first);
    const stream = new EventStream(() => this.#stop.abort());
    this.#stream = stream;
    for (const chunk of this.#chunks) stream.send(chunk);
    void ended.then((end) => this.#finish(stream, end));
    return stream.response();
  }

  async #run(): Promise<RunEnd | null> {
    const { ports, published, onEvent, onEnd } = this.#options;
    const before = eventsBefore(this.#chat);
    this.#writer.know(before.filter((event) => event.type === 'tool-call'));
    const end = await runChat(this.#chat, {
      ports,
      before,
      signal: this.#stop.signal,
      onBefore: (event) => onEvent?.(event),
      onEvent: (event) => this.#take(event),
      ...(published === undefined ? {} : { published }),
    }).catch((error: unknown) => failureOf(asFault(error).toJSON()));
    await onEnd?.(end);
    return end;
  }

  #take(event: RunEvent): void {
    this.#options.onEvent?.(event);
    for (const chunk of this.#writer.take(event)) {
      this.#chunks.push(chunk);
      this.#stream?.send(chunk);
    }
    if (event.type === 'action-required') this.#ask(event);
    if (isWord(event) || (event.type === 'action-required' && this.#waits())) this.#spoke();
  }

  #ask({ action, action_id }: ActionRequired): void {
    const { onUserMessage, loginUrl } = this.#options;
    switch (action.kind) {
      case 'authorization': {
        const message = `Log in to ${action.server} so that its tools can be used.`;
        return onUserMessage?.(loginUrl(action_id), message);
      }
      case 'approval': {
        // It is answered with the next request, from the item in this answer.
        const message = `${action.tool} of ${action.server} is called when you allow it.`;
        return onUserMessage?.(this.#addressOf(action.server), message);
      }
      case 'elicitation':
    }
  }

  #addressOf(label: string): string {
    return this.#chat.request.servers.find((server) => server.label === label)?.url ?? '';
  }

  #waits(): boolean {
    return this.#chat.request.on_auth === 'wait';
  }

  /** An answer that only holds a login link is one, unless the caller wants the status. */
  #isAnswer(end: RunEnd | null): boolean {
    if (end === null) return false;
    return this.#writer.isAnswer(end) && !(this.#isLink(end) && this.#chat.failsOnAuth);
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

/** What a run goes on from; of a plain request nothing. */
function eventsBefore({ earlier, request }: ChatRequest): readonly EventBody[] {
  const [model] = request.models;
  if (model === undefined) return [];
  return earlierEvents(earlier, model, (label, tool) =>
    wireNames([{ label, tools: [tool] }]).nameOf(label, tool),
  );
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
