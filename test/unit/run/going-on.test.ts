import { describe, expect, it } from 'vitest';
import { answeredCalls } from '../../../src/run/conversation.ts';
import type { ChatMessage } from '../../../src/protocol/chat.ts';

const call = (id: string) =>
  ({ id, type: 'function', function: { name: 'f', arguments: '{}' } }) as const;

describe('a conversation that somebody goes on from', () => {
  it('holds no call that nobody answered: providers refuse it', () => {
    const user: ChatMessage = { role: 'user', content: 'Hi.' };
    const result: ChatMessage = { role: 'tool', tool_call_id: 'b', content: 'done' };
    const both: ChatMessage = {
      role: 'assistant',
      content: null,
      tool_calls: [call('a'), call('b')],
    };
    const lost: ChatMessage = { role: 'assistant', content: null, tool_calls: [call('c')] };
    const spoken: ChatMessage = { role: 'assistant', content: 'So.', tool_calls: [call('d')] };
    expect(answeredCalls([user, both, result, lost, spoken])).toEqual([
      user,
      { role: 'assistant', content: null, tool_calls: [call('b')] },
      result,
      { role: 'assistant', content: 'So.' },
    ]);
  });

  it('leaves messages as they came where they hold none', () => {
    const odd = { role: 'assistant', content: null, tool_calls: null } as unknown as ChatMessage;
    expect(answeredCalls([odd])).toEqual([odd]);
  });
});
