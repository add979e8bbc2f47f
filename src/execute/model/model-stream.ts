import type { ChatChunk } from '../../protocol/chat.ts';
import { chunkOf, chunkOfCompletion } from '../../protocol/chunk.ts';
import { isObject } from '../../protocol/json.ts';
import type { SseDecoder, SseEvent } from '../../protocol/sse.ts';
import { sseDecoder } from '../../protocol/sse.ts';
import type { Asked } from './model-fault.ts';
import { faultOfErrorFrame, garbage } from './model-fault.ts';

/** How far an answer has come; decides what the end of its connection means. */
export interface AnswerProgress {
  /** A chunk came. */
  begun: boolean;
  /** A chunk with words, reasoning or a call came: the model works. */
  producing: boolean;
  /** A `finish_reason` came: whatever happens now, the answer is whole. */
  finished: boolean;
  /** `[DONE]` came. */
  done: boolean;
  /** The body was read to its end. */
  ended: boolean;
}

/** Nothing has come. */
export function newProgress(): AnswerProgress {
  return { begun: false, producing: false, finished: false, done: false, ended: false };
}

/** A whole JSON answer is held in memory at most up to so many characters. */
const MAX_JSON = 4 * 1024 * 1024;

/**
 * The text of a 2xx body as chunks: an event stream in any dialect, or one `chat.completion`.
 * Ends at `[DONE]` or with the text; `progress` then says whether the answer was whole.
 * @throws Fault `model_garbage`, or what an error in the stream amounts to
 */
export async function* chunksIn(
  texts: AsyncIterable<string>,
  asked: Asked,
  progress: AnswerProgress,
): AsyncGenerator<ChatChunk> {
  const decoder = sseDecoder();
  let head: string | null = '';
  for await (const text of texts) {
    let piece = text;
    if (head !== null) {
      head += text;
      const kind = kindOf(head);
      if (kind === 'markup') throw garbage(asked, 'a page instead of an answer');
      if (kind === 'json' && head.length > MAX_JSON) throw garbage(asked, 'too much JSON');
      if (kind !== 'events') continue;
      piece = head;
      head = null;
    }
    yield* chunksOfEvents(feed(decoder, piece, asked), asked, progress);
    if (progress.done) return;
  }
  if (head !== null) yield* wholeAnswer(head, asked, progress);
  else yield* chunksOfEvents(lastEvents(decoder), asked, progress);
  if (!progress.begun && !progress.done && decoder.foreign) {
    throw garbage(asked, 'text that is no event stream');
  }
}

/** Decided by the first character, because content types are often wrong. */
function kindOf(head: string): 'unknown' | 'json' | 'markup' | 'events' {
  const first = head.trimStart().charAt(0);
  if (first === '') return 'unknown';
  if (first === '{' || first === '[') return 'json';
  return first === '<' ? 'markup' : 'events';
}

function feed(decoder: SseDecoder, text: string, asked: Asked): readonly SseEvent[] {
  try {
    return decoder.feed(text);
  } catch {
    throw garbage(asked, 'an event that is too long');
  }
}

/** A half event at the end is a cut connection, not garbage. */
function lastEvents(decoder: SseDecoder): readonly SseEvent[] {
  return decoder.end().filter(({ data }) => data === '[DONE]' || parsed(data) !== undefined);
}

function* chunksOfEvents(
  events: readonly SseEvent[],
  asked: Asked,
  progress: AnswerProgress,
): Generator<ChatChunk> {
  for (const event of events) {
    if (event.data.trim() === '[DONE]') {
      progress.done = true;
      return;
    }
    if (event.data.trim() !== '') yield noted(chunkOfEvent(event, asked), progress);
  }
}

function chunkOfEvent({ event, data }: SseEvent, asked: Asked): ChatChunk {
  const value = parsed(data);
  if (isObject(value) && value['error']) throw faultOfErrorFrame(asked, value['error']);
  if (event === 'error') throw faultOfErrorFrame(asked, value ?? data);
  const chunk = chunkOf(value);
  if (chunk === null) throw garbage(asked, 'an event that is no chat completion chunk');
  // OpenRouter's way of saying that the provider behind it broke off.
  if (chunk.choices?.some(({ finish_reason }) => finish_reason === 'error')) {
    throw faultOfErrorFrame(asked, null);
  }
  return chunk;
}

function* wholeAnswer(text: string, asked: Asked, progress: AnswerProgress): Generator<ChatChunk> {
  if (text.trim() === '') return;
  const value = parsed(text);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (isObject(first) && first['error']) throw faultOfErrorFrame(asked, first['error']);
  const chunk = chunkOfCompletion(value);
  if (chunk === null) throw garbage(asked, 'JSON that is no chat completion');
  yield noted(chunk, progress);
}

function noted(chunk: ChatChunk, progress: AnswerProgress): ChatChunk {
  progress.begun = true;
  for (const { delta, finish_reason } of chunk.choices ?? []) {
    progress.finished ||= Boolean(finish_reason);
    progress.producing ||= Object.entries(delta ?? {}).some(
      ([key, value]) => key !== 'role' && value !== null && value !== '',
    );
  }
  return chunk;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
