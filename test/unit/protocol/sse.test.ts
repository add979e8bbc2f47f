import { describe, expect, it } from 'vitest';
import type { SseEvent } from '../../../src/protocol/sse.ts';
import { sseDecoder } from '../../../src/protocol/sse.ts';

const plain: readonly SseEvent[] = [{ data: '{"a":1}' }, { data: '[DONE]' }];

function decode(pieces: readonly string[]): readonly SseEvent[] {
  const decoder = sseDecoder();
  return [...pieces.flatMap((piece) => decoder.feed(piece)), ...decoder.end()];
}

describe('the decoder of event streams', () => {
  const dialects: Record<string, string> = {
    'LF and a space after the colon': 'data: {"a":1}\n\ndata: [DONE]\n\n',
    CRLF: 'data: {"a":1}\r\n\r\ndata: [DONE]\r\n\r\n',
    'CR alone': 'data: {"a":1}\r\rdata: [DONE]\r\r',
    'no space after the colon': 'data:{"a":1}\n\ndata:[DONE]\n\n',
    'comments as keep-alive': ': PROCESSING\n\ndata: {"a":1}\n\n:\n\ndata: [DONE]\n\n',
    'no empty line at the end': 'data: {"a":1}\n\ndata: [DONE]',
  };
  for (const [name, text] of Object.entries(dialects)) {
    it(`takes ${name}, split at every character`, () => {
      expect(decode([text])).toEqual(plain);
      for (let at = 1; at < text.length; at += 1) {
        expect(decode([text.slice(0, at), text.slice(at)])).toEqual(plain);
      }
    });
  }

  it('keeps the name of an event', () => {
    expect(decode(['event: error\ndata: {}\n\n'])).toEqual([{ event: 'error', data: '{}' }]);
  });

  it('notices text that is no event stream', () => {
    const decoder = sseDecoder();
    decoder.feed('<html>\n<body>busy</body>\n');
    expect(decoder.foreign).toBe(true);
  });

  it('refuses an event longer than it may hold', () => {
    const decoder = sseDecoder(100);
    expect(() => decoder.feed(`data: ${'x'.repeat(200)}`)).toThrow(RangeError);
  });
});
