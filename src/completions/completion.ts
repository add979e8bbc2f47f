import type { ChatToolCall } from '../protocol/chat.ts';
import type {
  Completion,
  CompletionChoice,
  CompletionChunk,
  CompletionMessage,
} from './completion-chunk.ts';
import type { ChunkWriter } from './chunk-writer.ts';

/**
 * The chunks of an answer that ended well, as the one object of a request that does not stream.
 * @param writer the writer that made the chunks
 */
export function completionOf(chunks: readonly CompletionChunk[], writer: ChunkWriter): Completion {
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const finish_reason = choices.at(-1)?.finish_reason ?? 'stop';
  const [{ id, created, model } = { id: '', created: 0, model: '' }] = chunks;
  const message = messageOf(choices, finish_reason === 'tool_calls' ? writer.ownCalls : []);
  const mcp = writer.items.length === 0 ? {} : { mcp: writer.items };
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [{ index: 0, message: { ...message, ...mcp }, finish_reason, logprobs: null }],
    usage: writer.usage,
  };
}

function messageOf(
  choices: readonly CompletionChoice[],
  calls: readonly ChatToolCall[],
): CompletionMessage {
  const text = choices.map(({ delta }) => delta.content ?? '').join('');
  const reasoning = choices.map(({ delta }) => delta.reasoning_content ?? '').join('');
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    refusal: null,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}
