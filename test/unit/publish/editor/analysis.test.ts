import { describe, expect, it } from 'vitest';
import { analyse } from '../../../../src/publish/page/editor/analysis.ts';
import type { Stretch } from '../../../../src/publish/page/editor/analysis.ts';

const CONTEXT = {
  providers: [{ id: 'demo', defaultModel: 'demo', models: ['demo'] }],
  ownOrigins: ['http://127.0.0.1:8787'],
};
const read = (text: string) => analyse(text, CONTEXT);
const cut = (text: string, stretch: Stretch | null | undefined) =>
  stretch === null || stretch === undefined ? null : text.slice(stretch.start, stretch.end);

describe('a problem', () => {
  it.each([
    ['---\ntemperatur: 1\n---\nHi.', 'temperatur:'],
    ['---\nmodel: demo\nmax_steps: many\n---\nHi.', 'many'],
    ['\ufeff---\ntemperatur: 1\n---\nHi.', 'temperatur:'],
    ['---\r\nmodel: demo\r\ntemperatur: 1\r\n---\r\nHi.', 'temperatur:'],
    ['Hi {{name}}, how are you?', '{{name}},'],
  ])('of %j is underlined where it stands', (text, underlined) => {
    const { problems } = read(text);
    expect(problems.map(({ stretch }) => cut(text, stretch))).toEqual([underlined]);
  });

  it('at the end of a line underlines what is before it', () => {
    const text = '---\nmodel: [demo\n---\nHi.';
    const [problem] = read(text).problems;
    expect(problem?.severity).toBe('error');
    expect(cut(text, problem?.stretch)).not.toBe('');
  });

  it('without a place has nothing to underline', () => {
    expect(read('')).toMatchObject({
      problems: [{ code: 'empty_prompt', at: null, stretch: null }],
    });
  });
});

describe('an address', () => {
  const text = `---
tools: [tools.example/mcp]
---
@/demo/mcp and [notes](https://a.example/n.md), @https://a.example/x.md and again
@https://a.example/x.md`;

  it('stands where it was written, in the settings and in the text', () => {
    const { addresses } = read(text);
    expect(
      addresses.map(({ as, url, line, stretch }) => [as, url, line, cut(text, stretch)]),
    ).toEqual([
      ['server', 'https://tools.example/mcp', 2, 'tools.example/mcp'],
      ['server', '/demo/mcp', 4, '@/demo/mcp'],
      ['ignored', 'https://a.example/n.md', 4, '[notes](https://a.example/n.md)'],
      ['context', 'https://a.example/x.md', 4, '@https://a.example/x.md'],
    ]);
  });

  it('says why it was taken for what it is', () => {
    expect(read(text).addresses.map(({ why }) => why)).not.toContain('');
  });
});

describe('what else is known', () => {
  it('is the model, the tokens and the settings with their places', () => {
    const text = '---\nmodel: demo\ntools:\n  - https://a.example/mcp\n---\nSay hello.';
    const { model, promptTokens, settings } = read(text);
    expect([model, promptTokens]).toEqual(['demo/demo', 3]);
    expect(settings).toMatchObject([
      { key: 'model', value: 'demo', at: { line: 2, column: 1 }, valueAt: { line: 2, column: 8 } },
      { key: 'tools', value: ['https://a.example/mcp'], at: { line: 3, column: 1 } },
    ]);
  });

  it('is nothing of models where the server does not tell its providers', () => {
    const told = analyse('---\nmodel: openai/gpt-9\n---\nHi.', { providers: [], ownOrigins: [] });
    expect([told.problems, told.model]).toEqual([[], null]);
  });
});
