import { describe, expect, it } from 'vitest';
import { messagesMarkdown } from '../../../src/completions/messages-markdown.ts';
import type { ChatMessage } from '../../../src/protocol/chat.ts';

/** Callers send what our types do not say. */
const sent = (...messages: readonly object[]) => messagesMarkdown(messages as ChatMessage[]);

describe('messages as Markdown', () => {
  it('are the text alone of one message of the user', () => {
    expect(sent({ role: 'user', content: 'Hi.' })).toBe('Hi.');
  });

  it('stand under their roles otherwise, with calls and results', () => {
    const call = { id: 'c', type: 'function', function: { name: 'pay', arguments: '{"a":1}' } };
    const text = sent(
      { role: 'system', content: 'Be brief.' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: 'paid' }] },
    );
    expect(text).toBe(
      '## System\n\nBe brief.\n\n## Assistant\n\nCalls `pay`:\n\n```json\n{"a":1}\n```\n\n## Tool\n\npaid',
    );
  });

  it('show images by their address and nothing of their bytes', () => {
    const image = (url: string) => ({ type: 'image_url', image_url: { url } });
    const content = [image('https://a.example/cat.png'), image('data:image/png;base64,AAAA'), 7];
    const text = sent({ role: 'user', content });
    expect(text).toBe('Image: `https://a.example/cat.png`\n\n*(not shown)*\n\n*(not shown)*');
  });

  it('survive whatever else a caller sends', () => {
    expect(sent({ role: '# x' }, { role: 'assistant', tool_calls: [null, {}] })).toBe(
      '## Message\n\n## Assistant\n\n*(not shown)*\n\n*(not shown)*',
    );
  });
});
