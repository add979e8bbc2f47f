import type { ChatToolCall, Usage } from '../protocol/chat.ts';
import type {
  ActionRequired,
  RunEnd,
  RunEvent,
  StepEnd,
  ToolCall,
  ToolResult,
} from '../run/event.ts';
import { NO_USAGE, sumUsage } from '../protocol/usage.ts';
import { approvalItem } from './approval-item.ts';
import { approvalMarkdown, callMarkdown, loginMarkdown } from './call-markdown.ts';
import type { CompletionChunk, CompletionDelta, CompletionView } from './completion-chunk.ts';
import { callItem, listToolsItem, type McpItem } from './mcp-item.ts';

/** What a writer must know before the first event. */
export interface ChunkWriterOptions {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** As the caller named it, until a provider says its own. */
  readonly model: string;
  readonly view: CompletionView;
  /** Whether the caller asked for a chunk with the usage. */
  readonly includeUsage: boolean;
  /** Names of the caller's own functions. */
  readonly functions: ReadonlySet<string>;
  /** Where a person logs in for an action. */
  readonly loginUrl: (actionId: string) => string;
}

/** How a run ends that needs a person, and the item that asks. */
const ASKED_BY: ReadonlyMap<string, McpItem['type']> = new Map([
  ['login_required', 'mcp_auth_request'],
  ['approval_required', 'mcp_approval_request'],
]);

/**
 * Writes the events of a run as the chunks of one answer. Holds what it needs of the past; every
 * event gives no, one or more chunks.
 * @see spec/completions.md
 */
export class ChunkWriter {
  readonly #options: ChunkWriterOptions;
  readonly #calls = new Map<string, ToolCall>();
  readonly #items: McpItem[] = [];
  #said: readonly ChatToolCall[] = [];
  #own: readonly ChatToolCall[] = [];
  #usage: Usage = NO_USAGE;
  #begun = false;

  constructor(options: ChunkWriterOptions) {
    this.#options = options;
  }

  /** Every item so far. */
  get items(): readonly McpItem[] {
    return this.#items;
  }

  /** Tokens of all steps so far. */
  get usage(): Usage {
    return this.#usage;
  }

  /** The calls of the last step that the caller runs. */
  get ownCalls(): readonly ChatToolCall[] {
    return this.#own;
  }

  /** Takes calls of an answer before, whose results are to come in this one. */
  know(calls: readonly ToolCall[]): void {
    for (const call of calls) this.#calls.set(call.call_id, call);
  }

  /** The chunks that an event amounts to. */
  take(event: RunEvent): CompletionChunk[] {
    switch (event.type) {
      case 'text-delta':
        return [this.#chunk({ content: event.text })];
      case 'reasoning-delta':
        return [this.#chunk({ reasoning_content: event.text })];
      case 'server-end':
        return event.is_document === true ? [] : this.#item(listToolsItem(event));
      case 'tool-call':
        this.#calls.set(event.call_id, event);
        return [];
      case 'tool-result':
        return this.#result(event);
      case 'step-end':
        return this.#step(event);
      case 'action-required':
        return this.#action(event);
      case 'run-end':
        return this.#end(event);
      default:
        // Where the run stands is no part of its answer.
        return [];
    }
  }

  #step({ usage = NO_USAGE, tool_calls }: StepEnd): CompletionChunk[] {
    this.#usage = sumUsage(this.#usage, usage);
    this.#said = tool_calls;
    this.#own = tool_calls.filter((call) => this.#isOwn(call.function.name));
    return [];
  }

  #isOwn(name: string): boolean {
    return this.#options.functions.has(name);
  }

  #result(result: ToolResult): CompletionChunk[] {
    const call = this.#calls.get(result.call_id);
    if (call === undefined || this.#isOwn(call.wire_name)) return [];
    const item = callItem(call, result);
    return [...this.#item(item), ...this.#aside(callMarkdown(item))];
  }

  #action({ action, action_id, expires_at }: ActionRequired): CompletionChunk[] {
    if (action.kind === 'approval') {
      const call = this.#said.find(({ id }) => id === action.call_id);
      const wanted = approvalItem(action, call?.extra_content);
      return [...this.#item(wanted), ...this.#aside(approvalMarkdown(wanted))];
    }
    if (action.kind !== 'authorization') return [];
    const item = {
      type: 'mcp_auth_request',
      id: `mcpa_${this.#items.length}`,
      server_label: action.server,
      server_url: action.url,
      login_url: this.#options.loginUrl(action_id),
      expires_at: Math.floor(expires_at / 1000),
    } as const;
    const link = loginMarkdown(item);
    // A person must see the link whatever the view: without it nothing goes on.
    return [...this.#item(item), this.#chunk({ content: link })];
  }

  #item(item: McpItem): CompletionChunk[] {
    const index = this.#items.length;
    this.#items.push(item);
    return [this.#chunk({ mcp: [{ index, ...item }] })];
  }

  /** What is shown to a person beside the words of the model. */
  #aside(markdown: string): CompletionChunk[] {
    switch (this.#options.view) {
      case 'markdown':
        return [this.#chunk({ content: markdown })];
      case 'reasoning':
        return [this.#chunk({ reasoning_content: markdown })];
      case 'text':
        return [];
    }
  }

  #end(end: RunEnd): CompletionChunk[] {
    if (!this.isAnswer(end)) return [];
    const calls = end.stop_reason === 'tool_calls' ? this.#own : [];
    const chunks = calls.map((call, index) => this.#chunk({ tool_calls: [{ index, ...call }] }));
    const mcp = this.#items.length === 0 ? {} : { mcp: this.#items };
    const reason = end.status === 'completed' ? end.stop_reason : 'stop';
    const last = { ...this.#chunk({}, reason), ...mcp };
    return [...chunks, last, ...this.#usageChunk()];
  }

  /** Whether a run ended with something to answer: its own words, or what a person is to do. */
  isAnswer({ status, stop_reason }: RunEnd): boolean {
    return status === 'completed' || this.#asksFor(stop_reason);
  }

  #asksFor(stopReason: string): boolean {
    const wanted = ASKED_BY.get(stopReason);
    return wanted !== undefined && this.#items.some(({ type }) => type === wanted);
  }

  #usageChunk(): CompletionChunk[] {
    if (!this.#options.includeUsage) return [];
    return [{ ...this.#head(), choices: [], usage: this.#usage }];
  }

  #chunk(delta: CompletionDelta, finishReason: string | null = null): CompletionChunk {
    const role = this.#begun ? {} : ({ role: 'assistant' } as const);
    this.#begun = true;
    return {
      ...this.#head(),
      choices: [
        { index: 0, delta: { ...role, ...delta }, finish_reason: finishReason, logprobs: null },
      ],
      ...(this.#options.includeUsage ? { usage: null } : {}),
    };
  }

  #head(): Pick<CompletionChunk, 'id' | 'object' | 'created' | 'model'> {
    const { id, created, model } = this.#options;
    return { id, object: 'chat.completion.chunk', created, model };
  }
}
