import { describe, expect, test } from 'vitest';
import { cutText, toolOutcome } from '../../../../src/execute/servers/mcp-content.ts';

const PNG = 'iVBORw0KGgo=';
const KILOBYTE = 1024;

function textOf(outcome: ReturnType<typeof toolOutcome>): string {
  return outcome.parts.map((part) => (part.type === 'text' ? part.text : '<image>')).join('|');
}

describe('the result of a tool', () => {
  test('texts in a row are one text', () => {
    const content = ['one', 'two'].map((text) => ({ type: 'text' as const, text }));
    expect(toolOutcome({ content })).toEqual({
      isError: false,
      parts: [{ type: 'text', text: 'one\ntwo' }],
    });
  });

  test('an error stays an error', () => {
    expect(toolOutcome({ content: [], isError: true })).toEqual({ isError: true, parts: [] });
  });

  test('an image is an image part, in its place', () => {
    const image = { type: 'image' as const, mimeType: 'image/png', data: PNG };
    expect(toolOutcome({ content: [{ type: 'text', text: 'a' }, image] }).parts).toEqual([
      { type: 'text', text: 'a' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
    ]);
  });

  test.each([
    ['image/svg+xml', PNG],
    ['text/html', PNG],
    ['image/png', '"><script>'],
    ['image/png;x', PNG],
  ])('an image of type %s with data %s never becomes a data URL', (mimeType, data) => {
    const text = textOf(toolOutcome({ content: [{ type: 'image', mimeType, data }] }));
    expect(text).toContain('image left out');
    expect(text).not.toContain(data);
  });

  test('sound and binary resources are a note with type and size', () => {
    const outcome = toolOutcome({
      content: [
        { type: 'audio', mimeType: 'audio/wav', data: 'AAAA' },
        {
          type: 'resource',
          resource: { uri: 'file:///a.zip', mimeType: 'application/zip', blob: 'AAAA' },
        },
      ],
    });
    expect(textOf(outcome)).toBe(
      '[audio, audio/wav, about 3 bytes]\n[resource file:///a.zip, application/zip, about 3 bytes]',
    );
  });

  test('a resource that is an image is one, after its address', () => {
    const resource = { uri: 'file:///a.png', mimeType: 'image/png', blob: PNG };
    expect(toolOutcome({ content: [{ type: 'resource', resource }] }).parts).toEqual([
      { type: 'text', text: '[resource file:///a.png]' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
    ]);
  });

  test('a resource is its text, a link its name and address', () => {
    const outcome = toolOutcome({
      content: [
        { type: 'resource', resource: { uri: 'note://1', text: 'inside' } },
        { type: 'resource_link', name: 'two', uri: 'note://2' },
      ],
    });
    expect(textOf(outcome)).toBe('[resource note://1]\ninside\n[resource two: note://2]');
  });

  test('structured content is kept, and given as text only when there is no other', () => {
    const structuredContent = { a: [1] };
    expect(toolOutcome({ content: [], structuredContent })).toMatchObject({
      parts: [{ type: 'text', text: '{"a":[1]}' }],
      structured: structuredContent,
    });
    const both = toolOutcome({ content: [{ type: 'text', text: 'a is 1' }], structuredContent });
    expect(textOf(both)).toBe('a is 1');
    expect(both.structured).toEqual(structuredContent);
  });
});

describe('too much', () => {
  test('text is cut at 256 KB, and a line says so', () => {
    const outcome = toolOutcome({ content: [{ type: 'text', text: 'x'.repeat(300 * KILOBYTE) }] });
    expect(outcome.cut).toBe(true);
    expect(textOf(outcome)).toContain(`x\n[cut here: ${44 * KILOBYTE} more characters`);
    expect(textOf(outcome).length).toBeLessThan(257 * KILOBYTE);
  });

  test('many small texts are cut as one long text is', () => {
    const content = Array.from({ length: 100_000 }, () => ({
      type: 'text' as const,
      text: 'abcd',
    }));
    const outcome = toolOutcome({ content });
    expect(outcome.cut).toBe(true);
    expect(textOf(outcome).includes('[cut here')).toBe(true);
    expect(textOf(outcome).length).toBeLessThan(257 * KILOBYTE);
  });

  test('text that fits exactly is whole', () => {
    const outcome = toolOutcome({ content: [{ type: 'text', text: 'x'.repeat(256 * KILOBYTE) }] });
    expect(outcome.cut).toBeUndefined();
  });

  test('images beyond the space of a result become a note', () => {
    const image = {
      type: 'image' as const,
      mimeType: 'image/png',
      data: 'A'.repeat(500 * KILOBYTE),
    };
    const outcome = toolOutcome({ content: [image, image, image] });
    expect(outcome.parts.map(({ type }) => type)).toEqual(['image_url', 'text']);
    expect(outcome.cut).toBe(true);
  });

  test('structured content over a megabyte is not kept', () => {
    const structuredContent = { text: 'x'.repeat(KILOBYTE * KILOBYTE) };
    const outcome = toolOutcome({ content: [{ type: 'text', text: 'big' }], structuredContent });
    expect(outcome).toEqual({ isError: false, parts: [{ type: 'text', text: 'big' }], cut: true });
  });

  test('a cut never leaves half a character', () => {
    expect(cutText('a😀b', 2)).toBe('a');
    expect(cutText('a😀b', 3)).toBe('a😀');
    expect(cutText('ab', 2)).toBe('ab');
  });
});
