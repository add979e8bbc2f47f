import type { CallInProgress } from './call-assembly.ts';
import { CallAssembly } from './call-assembly.ts';
import type { ChatChunk, ChatToolCall, ChunkChoice, ChunkDelta, Usage } from './chat.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject } from './json.ts';
import { joinReasoningDetails } from './reasoning-details.ts';
import { usageOf } from './usage.ts';

/** What one chunk brought. */
export type StepOutput =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** A call that cannot grow any more: it may be started before the step ends. */
  | { readonly type: 'tool-call'; readonly call: ChatToolCall };

/** One finished model step. Go on with the calls when there are any, whatever `finish_reason` says. */
export interface StepAnswer {
  readonly text: string;
  readonly reasoning: string;
  /** With ids that are unique in the run. */
  readonly tool_calls: readonly ChatToolCall[];
  /** As the provider said it; null when it said none. */
  readonly finish_reason: string | null;
  /** True when a `finish_reason` was seen: only then is the answer whole. */
  readonly complete: boolean;
  readonly usage?: Usage;
  /** Fields of the message that must go back to the provider unchanged. */
  readonly echo?: JsonObject;
}

/** Which step of the run this is. */
export interface StepPlace {
  /** From 1. */
  readonly step: number;
  /** Call ids of the steps before, so that a provider which reuses one does no harm. */
  readonly usedIds?: Iterable<string>;
}

/**
 * Puts the chunks of one model step together, whatever the dialect of the provider.
 * @see spec/providers.md for the rules by their ids
 */
export class StepAccumulator {
  readonly #step: number;
  readonly #usedIds: Set<string>;
  readonly #assembly = new CallAssembly();
  readonly #finished = new Map<CallInProgress, { id: string; arguments: string }>();
  #text = '';
  #reasoning = '';
  #finishReason: string | null = null;
  #usage: Usage | undefined;
  #reasoningContent: string | undefined;
  #reasoningDetails: Json | undefined;
  #extraContent: Json | undefined;

  constructor(place: StepPlace) {
    this.#step = place.step;
    this.#usedIds = new Set(place.usedIds);
  }

  /** Takes the next chunk and says what it brought, in order. */
  feed(chunk: ChatChunk): readonly StepOutput[] {
    if (isObject(chunk.usage)) this.#usage = usageOf(chunk.usage);
    const outputs: StepOutput[] = [];
    for (const choice of chunk.choices ?? []) {
      if ((choice.index ?? 0) === 0) this.#feedChoice(choice, outputs);
    }
    return outputs;
  }

  /** Ends the step: the calls that were still open, and the whole answer. */
  end(): { readonly outputs: readonly StepOutput[]; readonly answer: StepAnswer } {
    const outputs: StepOutput[] = [];
    this.#finishCalls(outputs, true);
    const echo = this.#echo();
    return {
      outputs,
      answer: {
        text: this.#text,
        reasoning: this.#reasoning,
        tool_calls: this.#assembly.calls.map((call) => this.#finish(call)),
        finish_reason: this.#finishReason,
        complete: this.#finishReason !== null,
        ...(this.#usage === undefined ? {} : { usage: this.#usage }),
        ...(echo === undefined ? {} : { echo }),
      },
    };
  }

  #feedChoice(choice: ChunkChoice, outputs: StepOutput[]): void {
    if (choice.delta) this.#feedDelta(choice.delta, outputs);
    // An empty finish_reason on every chunk means "not yet".
    if (choice.finish_reason) this.#finishReason = choice.finish_reason;
    this.#finishCalls(outputs, this.#finishReason !== null);
  }

  #feedDelta(delta: ChunkDelta, outputs: StepOutput[]): void {
    const { text, reasoning } = wordsOf(delta);
    if (reasoning !== '') outputs.push({ type: 'reasoning', text: reasoning });
    if (text !== '') outputs.push({ type: 'text', text });
    this.#reasoning += reasoning;
    this.#text += text;
    if (typeof delta.reasoning_content === 'string') {
      this.#reasoningContent = (this.#reasoningContent ?? '') + delta.reasoning_content;
    }
    if (delta.reasoning_details) {
      this.#reasoningDetails = joinReasoningDetails(
        this.#reasoningDetails,
        delta.reasoning_details,
      );
    }
    this.#extraContent = delta.extra_content ?? this.#extraContent;
    if (Array.isArray(delta.tool_calls)) this.#assembly.add(delta.tool_calls);
  }

  /** Gives out, in order, the calls that cannot grow any more. */
  #finishCalls(outputs: StepOutput[], stepEnded: boolean): void {
    for (const call of this.#assembly.calls) {
      if (this.#finished.has(call)) continue;
      const whole = call.extent.closed && call.name !== '';
      if (!whole && !stepEnded) return;
      outputs.push({ type: 'tool-call', call: this.#finish(call) });
    }
  }

  #finish(call: CallInProgress): ChatToolCall {
    const known = this.#finished.get(call) ?? {
      id: this.#uniqueId(call),
      arguments: argumentsOf(call),
    };
    this.#finished.set(call, known);
    return {
      id: known.id,
      type: 'function',
      function: { name: call.name, arguments: known.arguments },
      ...(call.extra === undefined ? {} : { extra_content: call.extra }),
    };
  }

  /** The provider's id, unless it is missing or already names another call of the run. */
  #uniqueId(call: CallInProgress): string {
    let id = call.id ?? '';
    let n = this.#assembly.calls.indexOf(call) + 1;
    while (id === '' || this.#usedIds.has(id)) {
      id = `call_${this.#step}_${n}`;
      n += 1;
    }
    this.#usedIds.add(id);
    return id;
  }

  #echo(): JsonObject | undefined {
    const echo = {
      ...(this.#reasoningContent ? { reasoning_content: this.#reasoningContent } : {}),
      ...(this.#reasoningDetails === undefined
        ? {}
        : { reasoning_details: this.#reasoningDetails }),
      ...(this.#extraContent === undefined ? {} : { extra_content: this.#extraContent }),
    };
    return Object.keys(echo).length === 0 ? undefined : echo;
  }
}

/** Empty, blank and `null` are the ways in which providers say "no arguments". */
function argumentsOf(call: CallInProgress): string {
  const text = call.arguments.trim();
  return text === '' || text === 'null' ? '{}' : text;
}

function wordsOf(delta: ChunkDelta): { text: string; reasoning: string } {
  const parts = Array.isArray(delta.content) ? partsOf(delta.content) : null;
  const content = typeof delta.content === 'string' ? delta.content : (parts?.text ?? '');
  const refusal = typeof delta.refusal === 'string' ? delta.refusal : '';
  // Some servers send the same reasoning under both names.
  const reasoning = delta.reasoning_content || delta.reasoning;
  return {
    text: content + refusal,
    reasoning: typeof reasoning === 'string' ? reasoning : (parts?.reasoning ?? ''),
  };
}

/** Mistral's list: `[{type: 'thinking', thinking: [{type: 'text', text}]}, {type: 'text', text}]`. */
function partsOf(parts: readonly unknown[]): { text: string; reasoning: string } {
  let text = '';
  let reasoning = '';
  for (const part of parts) {
    if (!isObject(part)) continue;
    if (typeof part['text'] === 'string') text += part['text'];
    if (Array.isArray(part['thinking'])) reasoning += partsOf(part['thinking']).text;
  }
  return { text, reasoning };
}
