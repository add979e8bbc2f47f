import { Fault } from '../../fault/fault.ts';
import type { ChatChunk } from '../../protocol/chat.ts';
import { textsOf } from './model-body.ts';
import type { Asked } from './model-fault.ts';
import { faultOfConnection, faultOfResponse, modelTimeout, isOfConnection } from './model-fault.ts';
import type { ModelRequest } from './model-request.ts';
import { modelRequest } from './model-request.ts';
import type { AnswerProgress } from './model-stream.ts';
import { chunksIn, newProgress } from './model-stream.ts';
import type { Model, ModelCall } from '../ports.ts';
import type { Provider } from './providers.ts';
import { Watchdog } from './watchdog.ts';

/** What the model port needs of its surroundings. */
export interface OpenAiModelOptions {
  readonly providers: readonly Provider[];
  /** The guarded fetch that may reach this provider's host and no other. */
  readonly fetchFor: (provider: Provider) => typeof globalThis.fetch;
  /** Milliseconds until the model must have begun to answer; 120,000 when left out. */
  readonly firstTokenMs?: number;
  /** Milliseconds that the connection may be silent after that; 60,000 when left out. */
  readonly idleMs?: number;
}

/** Of an error's body, so many characters are read. */
const MAX_ERROR_TEXT = 64 * 1024;
/** And for so many milliseconds. */
const ERROR_TEXT_MS = 5_000;

/**
 * Any OpenAI-compatible endpoint as the engine's model. The answer is read by our own decoder and
 * not by the `openai` package, because that takes a closed connection for a clean end, loses the
 * error messages of Mistral and Gemini, and cannot read an answer that was not streamed. An abort throws the signal's reason.
 * @see spec/providers.md
 */
export function openaiModel(options: OpenAiModelOptions): Model {
  return { complete: (call, signal) => answerTo(call, signal, options) };
}

async function* answerTo(
  call: ModelCall,
  signal: AbortSignal,
  options: OpenAiModelOptions,
): AsyncGenerator<ChatChunk> {
  signal.throwIfAborted();
  const { fetchFor, firstTokenMs = 120_000, idleMs = 60_000 } = options;
  const asked = askedFor(call, options.providers);
  const silent = (ms: number): Fault => modelTimeout(asked, ms);
  const watchdog = new Watchdog(signal);
  const progress = newProgress();
  const patience = { deadline: Date.now() + firstTokenMs, idleMs, silent };
  try {
    watchdog.arm(firstTokenMs, () => silent(firstTokenMs));
    const request = modelRequest(call, asked.provider);
    const body = await ask(request, fetchFor(asked.provider), watchdog, asked);
    yield* chunksIn(textsOf(body, watchdog, progress, patience), asked, progress);
  } catch (thrown) {
    signal.throwIfAborted();
    // After the finish reason nothing that happens takes anything away from the answer.
    if (!progress.finished) throw faultThrown(thrown, watchdog, progress, asked);
  } finally {
    if (progress.ended || progress.done) watchdog.release();
    else watchdog.stop();
  }
  yield* lastChunk(progress, asked);
}

function askedFor(call: ModelCall, providers: readonly Provider[]): Asked {
  const provider = providers.find(({ id }) => id === call.provider);
  const known = provider?.models?.includes(call.model) ?? true;
  if (provider !== undefined && known) return { provider, model: call.model };
  const what = provider === undefined ? 'provider' : 'model';
  throw new Fault(
    'model_not_found',
    `There is no ${what} for "${call.provider}/${call.model}" on this server.`,
    { detail: { retryable: false } },
  );
}

/** Sends the request; the body of the answer when it is 2xx. */
async function ask(
  { url, ...init }: ModelRequest,
  fetcher: typeof globalThis.fetch,
  watchdog: Watchdog,
  asked: Asked,
): Promise<ReadableStream<Uint8Array>> {
  // A redirect would take the key to a host that is not in the table.
  const options = { ...init, redirect: 'manual' as const, signal: watchdog.signal };
  const response = await fetcher(url, options);
  if (response.ok && response.body !== null) return response.body;
  throw faultOfResponse(asked, response, await startOf(response, watchdog));
}

const endless = (): Error => new Error('The body of the error did not end.');

/** The first part of an error's body; an endless one must not fill the memory. */
async function startOf(response: Response, watchdog: Watchdog): Promise<string> {
  const progress = newProgress();
  const patience = { deadline: Date.now() + ERROR_TEXT_MS, idleMs: ERROR_TEXT_MS, silent: endless };
  let text = '';
  try {
    if (response.body === null) return text;
    for await (const piece of textsOf(response.body, watchdog, progress, patience)) {
      text += piece;
      if (text.length > MAX_ERROR_TEXT) break;
    }
  } catch {
    // The status alone says what happened; how its body broke off adds nothing.
  }
  return text;
}

function faultThrown(
  thrown: unknown,
  watchdog: Watchdog,
  progress: AnswerProgress,
  asked: Asked,
): Fault {
  if (thrown instanceof Fault && !isOfConnection(thrown)) return thrown;
  const reason: unknown = watchdog.signal.reason;
  return reason instanceof Fault ? reason : faultOfConnection(asked, progress.begun, thrown);
}

/** A socket that closed looks like a clean end: only `finish_reason` or `[DONE]` is one. */
function* lastChunk(progress: AnswerProgress, asked: Asked): Generator<ChatChunk> {
  if (progress.finished) return;
  if (!progress.done) throw faultOfConnection(asked, progress.begun);
  yield { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
}
