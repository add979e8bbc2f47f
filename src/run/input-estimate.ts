import type { ChatMessage } from '../protocol/chat.ts';
import { estimateTokens } from '../protocol/token-estimate.ts';
import { messagesFor, toolsFor } from './conversation.ts';
import type { Run } from './run.ts';

/** Estimated tokens of what the next step sends to this provider. */
export function estimateInput(run: Run, provider: string): number {
  const tools = toolsFor(run);
  const described = tools.length === 0 ? 0 : textTokens(JSON.stringify(tools));
  return messagesFor(run, provider).reduce(
    (sum, message) => sum + messageTokens(message),
    described,
  );
}

function messageTokens(message: ChatMessage): number {
  const { content } = message;
  const said = typeof content === 'string' ? textTokens(content) : estimateTokens(content ?? []);
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];
  return said + (calls.length === 0 ? 0 : textTokens(JSON.stringify(calls)));
}

function textTokens(text: string): number {
  return estimateTokens([{ type: 'text', text }]);
}
