import type { ChatChunk, ChatMessage, ChatTool, ToolCallDelta } from '../protocol/chat.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import type { Conversation } from './conversation.ts';
import { conversationIn } from './conversation.ts';
import { demoAnswer, WHO_I_AM } from './demo-answer.ts';
import { fillSchema } from './schema-filling.ts';
import type { ToolChoice, WantedCall } from './tool-choice.ts';
import { chooseTools } from './tool-choice.ts';

/** What the demo model needs of a call; the engine's `ModelCall` has it. */
export interface DemoCall {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[];
  readonly parameters: JsonObject;
}

/** The built-in model, in the shape of the engine's `Model` port. */
export interface DemoModel {
  complete(call: DemoCall, signal: AbortSignal): AsyncIterable<ChatChunk>;
}

/**
 * The rule-based model that answers when no provider is configured. The same messages and tools
 * always give the same answer, and it never makes the same call twice, so every run ends; the
 * words `loop forever` in a prompt are the exception, for tests of limits.
 * @param options `delayMs` milliseconds between two words, 12 when left out; 0 does not wait
 * @see src/demo/README.md
 */
export function demoModel(options: { readonly delayMs?: number } = {}): DemoModel {
  const { delayMs = 12 } = options;
  return {
    async *complete(call, signal) {
      const reply = replyTo(call);
      const limit = tokenLimit(call.parameters);
      const pieces = reply.text.match(/(?:^\s*)?\S+\s*/g) ?? [];
      yield chunk({ role: 'assistant', content: '' });
      for (const piece of pieces.slice(0, limit)) {
        signal.throwIfAborted();
        yield chunk({ content: piece });
        if (delayMs > 0) await pause(delayMs, signal);
      }
      signal.throwIfAborted();
      for (const delta of reply.calls) yield chunk({ tool_calls: [delta] });
      const stop = pieces.length > limit ? 'length' : 'stop';
      yield chunk({}, reply.calls.length > 0 ? 'tool_calls' : stop);
      yield { choices: [], usage: usageOf(call, Math.min(pieces.length, limit)) };
    },
  };
}

interface Reply {
  readonly text: string;
  readonly calls: readonly ToolCallDelta[];
}

function replyTo(call: DemoCall): Reply {
  const tools = call.parameters['tool_choice'] === 'none' ? [] : call.tools;
  const conversation = conversationIn(call.messages);
  const choice = chooseTools(conversation.prompt, tools);
  const wanted = /\bloop forever\b/i.test(conversation.prompt)
    ? foreverCalls(choice, tools)
    : newCalls(choice, conversation);
  if (wanted.length === 0) {
    const text = jsonAnswer(call.parameters) ?? demoAnswer(conversation, tools, choice);
    return { text, calls: [] };
  }
  const names = [...new Set(wanted.map(({ name }) => `\`${name}\``))].join(', ');
  const calls = wanted.map(({ name, arguments: args }, n) => ({
    index: n,
    id: `demo_${conversation.callCount + n + 1}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }));
  return { text: `Calling ${names}.`, calls };
}

/** Where JSON is asked for, a value of the wanted shape; else null. */
function jsonAnswer({ response_format: wanted }: JsonObject): string | null {
  if (!isObject(wanted)) return null;
  if (wanted['type'] === 'json_object') return JSON.stringify({ answer: WHO_I_AM }, null, 2);
  const { json_schema: named } = wanted;
  const schema = isObject(named) ? named['schema'] : undefined;
  return isObject(schema) ? JSON.stringify(fillSchema(schema), null, 2) : null;
}

function foreverCalls({ calls }: ToolChoice, tools: readonly ChatTool[]): WantedCall[] {
  const [first] = calls;
  if (first !== undefined) return [first];
  const name = tools[0]?.function.name;
  return name === undefined ? [] : [{ name, arguments: {} }];
}

/** Without those that were made for this prompt, so that a run always ends. */
function newCalls({ calls }: ToolChoice, conversation: Conversation): WantedCall[] {
  const made = new Set(conversation.calls.map((call) => `${call.name} ${call.arguments}`));
  const wanted: WantedCall[] = [];
  for (const call of calls) {
    const key = `${call.name} ${JSON.stringify(call.arguments)}`;
    if (!made.has(key)) wanted.push(call);
    made.add(key);
  }
  return wanted;
}

function chunk(
  delta: NonNullable<NonNullable<ChatChunk['choices']>[number]['delta']>,
  finish_reason: string | null = null,
): ChatChunk {
  return { id: 'demo', model: 'demo', choices: [{ index: 0, delta, finish_reason }] };
}

/** One word counts as one token: the demo honours limits so that they can be tried. */
function tokenLimit(parameters: JsonObject): number {
  const limit = parameters['max_completion_tokens'] ?? parameters['max_tokens'];
  return typeof limit === 'number' && limit >= 0 ? limit : Number.POSITIVE_INFINITY;
}

/** Estimated: four characters of a request are taken for one token. */
function usageOf({ messages, tools }: DemoCall, words: number): Required<ChatChunk>['usage'] {
  const prompt_tokens = Math.ceil(JSON.stringify([messages, tools]).length / 4);
  return { prompt_tokens, completion_tokens: words, total_tokens: prompt_tokens + words };
}

/** Resolves after so many milliseconds, or rejects with the reason of the abort. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
