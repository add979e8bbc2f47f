import type { ChatChunk, ChunkChoice } from './chat.ts';
import { isObject } from './json.ts';

/**
 * A `chat.completion` that was not streamed, as the one chunk it amounts to: some servers answer
 * so although a stream was asked for.
 * @returns null when the value is not a chat completion
 */
export function chunkOfCompletion(value: unknown): ChatChunk | null {
  if (!isObject(value) || !Array.isArray(value['choices'])) return null;
  const choices: ChunkChoice[] = [];
  for (const choice of value['choices'] as readonly unknown[]) {
    if (!isObject(choice)) return null;
    const message = isObject(choice['message']) ? choice['message'] : choice['delta'];
    choices.push({
      index: typeof choice['index'] === 'number' ? choice['index'] : 0,
      delta: isObject(message) ? message : null,
      // What is whole has ended, even when the server forgot to say so.
      finish_reason: typeof choice['finish_reason'] === 'string' ? choice['finish_reason'] : 'stop',
    });
  }
  const usage = value['usage'];
  return isObject(usage) ? { choices, usage } : { choices };
}

/**
 * A value from the wire as a chunk, checked as far as {@link ChatChunk} promises more than "JSON".
 * @returns null when it is no chunk
 */
export function chunkOf(value: unknown): ChatChunk | null {
  if (!isObject(value)) return null;
  const choices = value['choices'] ?? [];
  if (!Array.isArray(choices) || !choices.every(isChoice)) return null;
  return { ...value, choices };
}

function isChoice(value: unknown): value is ChunkChoice {
  if (!isObject(value)) return false;
  const delta = value['delta'] ?? {};
  const reason = value['finish_reason'] ?? '';
  if (!isObject(delta) || typeof reason !== 'string') return false;
  const calls = delta['tool_calls'] ?? [];
  return Array.isArray(calls) && calls.every(isObject);
}
