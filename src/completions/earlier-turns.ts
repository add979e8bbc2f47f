import type { AssistantMessage, ChatMessage, ToolMessage } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';
import { wireNames } from '../run/wire-names.ts';
import { approvalMarkdown, callMarkdown, loginMarkdown } from './call-markdown.ts';
import type { McpApprovalRequest, McpAuthRequest, McpCall, McpError } from './mcp-item.ts';

/**
 * The messages of a conversation with our own answers as the model gave them. A caller that sends
 * an answer back with its `mcp` items gives the model the calls and their whole results again, and
 * what was shown for them is taken out: a model that reads the rendering begins to write it.
 * An answer without items stays as it is.
 * @see spec/completions.md CC-6
 */
export function withEarlierCalls(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.flatMap((message) => {
    if (message.role !== 'assistant') return withoutItems(message);
    const { mcp, ...rest } = message as AssistantMessage & { readonly mcp?: unknown };
    if (!Array.isArray(mcp)) return [message];
    const calls = mcp.filter((item) => isCall(item));
    const shown = [
      ...calls.map((call) => callMarkdown(call)),
      ...mcp.filter((item) => isLogin(item)).map((item) => loginMarkdown(item)),
      ...mcp.filter((item) => isApproval(item)).map((item) => approvalMarkdown(item)),
    ];
    return [...callMessages(calls), ...answerMessages(rest, shown)];
  });
}

/** What a caller says to requests for approval is for us; a message that says nothing else goes. */
function withoutItems(message: ChatMessage): readonly ChatMessage[] {
  if (!('mcp' in message)) return [message];
  const { mcp: _items, ...rest } = message;
  return (rest.content ?? '') === '' ? [] : [rest];
}

/** One turn of calls with their results; which of them the model made together nobody knows now. */
function callMessages(calls: readonly McpCall[]): readonly ChatMessage[] {
  if (calls.length === 0) return [];
  const tool_calls = calls.map((call) => ({
    id: callId(call),
    type: 'function' as const,
    function: { name: nameOf(call), arguments: call.arguments },
  }));
  return [{ role: 'assistant', content: null, tool_calls }, ...calls.map(resultMessage)];
}

function nameOf({ server_label: label, name }: McpCall): string {
  return wireNames([{ label, tools: [name] }]).nameOf(label, name);
}

/** As the provider gave it: some take ids of their own form only. */
function callId({ id }: McpCall): string {
  return id.replace(/^mcp_/, '');
}

function resultMessage(call: McpCall): ToolMessage {
  const text = call.output ?? call.error?.message ?? '';
  const content = call.error !== null && !/^error/i.test(text) ? `Error: ${text}` : text;
  return {
    role: 'tool',
    tool_call_id: callId(call),
    content: content === '' ? '(no output)' : content,
  };
}

/** The answer without what was shown in it; none when it was nothing else. */
function answerMessages(
  { reasoning_content, ...message }: AssistantMessage,
  shown: readonly string[],
): readonly ChatMessage[] {
  const content = without(message.content, shown);
  const reasoning = without(reasoning_content, shown);
  if (content === '' && message.tool_calls === undefined) return [];
  return [
    {
      ...message,
      content: content === '' ? null : content,
      ...(reasoning === undefined || reasoning === null || reasoning === ''
        ? {}
        : { reasoning_content: reasoning }),
    },
  ];
}

/** What was shown is made again from the item and looked for: nothing that only looks like it goes. */
function without<T>(text: T, shown: readonly string[]): T | string {
  if (typeof text !== 'string') return text;
  let rest: string = text;
  for (const block of shown) {
    const at = rest.indexOf(block.trim());
    if (at === -1) continue;
    const before = rest.slice(0, at).trimEnd();
    const after = rest.slice(at + block.trim().length).trimStart();
    rest = before === '' || after === '' ? `${before}${after}` : `${before}\n\n${after}`;
  }
  return rest;
}

function isCall(item: unknown): item is McpCall {
  if (!isObject(item) || item['type'] !== 'mcp_call') return false;
  const texts = ['id', 'server_label', 'name', 'arguments'];
  return (
    texts.every((key) => typeof item[key] === 'string') &&
    (item['output'] === null || typeof item['output'] === 'string') &&
    (item['error'] === null || isError(item['error']))
  );
}

function isError(error: unknown): error is McpError {
  return isObject(error) && typeof error['message'] === 'string';
}

function isApproval(item: unknown): item is McpApprovalRequest {
  if (!isObject(item) || item['type'] !== 'mcp_approval_request') return false;
  return ['server_label', 'name', 'arguments'].every((key) => typeof item[key] === 'string');
}

function isLogin(item: unknown): item is McpAuthRequest {
  if (!isObject(item) || item['type'] !== 'mcp_auth_request') return false;
  return typeof item['server_label'] === 'string' && typeof item['login_url'] === 'string';
}
