import { describe, expect, it } from 'vitest';
import { badgeSvg } from '../../../src/publish/badge.ts';
import { elementsOf, parsePage, textOf } from './page-elements.ts';

function widthOf(svg: string): number {
  return Number(/<svg [^>]*\bwidth="(\d+)"/.exec(svg)?.[1]);
}

describe('a badge', () => {
  it('says its words to who sees it and to who hears it', () => {
    const svg = badgeSvg('Run <it> & "see"');
    expect(svg).toContain('aria-label="Run &lt;it&gt; &amp; &quot;see&quot;"');
    expect(svg).toContain('<title>Run &lt;it&gt; &amp; &quot;see&quot;</title>');
    expect(svg).toMatch(/>Run &lt;it&gt; &amp; &quot;see&quot;<\/text>/);
  });

  it.each(['', '   ', '\u202e\u200b\n'])('invites when it is told nothing: %j', (text) => {
    expect(badgeSvg(text)).toContain('<title>Prompt it</title>');
  });

  it('holds nothing that acts and asks nobody for anything, whatever it is told', () => {
    const svg = badgeSvg(`</text><script>alert(1)</script><a href="javascript:1" onload='x'>`);
    const elements = elementsOf(parsePage(svg));
    const drawn = elements.filter(({ tagName }) => !['html', 'head', 'body'].includes(tagName));
    expect(drawn.map(({ tagName }) => tagName)).toEqual(['svg', 'title', 'rect', 'path', 'text']);
    const names = drawn.flatMap(({ properties }) => Object.keys(properties));
    expect(names.filter((name) => /^(?:on|style|href|xlink|src)/i.test(name))).toEqual([]);
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
  });

  it('keeps control characters and marks of direction out', () => {
    const svg = badgeSvg('a\u0000b\u001bc\u202ed\u2066e\u200bf\nnext\u2028line\ud800');
    expect(svg).toContain('<title>abcdef next line</title>');
  });

  it('is as wide as its words, whatever they are written in', () => {
    const [narrow, wide, chinese] = ['iiiiii', 'MMMMMM', '提示提示提示'].map((words) =>
      widthOf(badgeSvg(words)),
    );
    expect(narrow).toBeLessThan(Number(wide));
    expect(wide).toBeLessThan(Number(chinese));
    expect(widthOf(badgeSvg('e\u0301'))).toBe(widthOf(badgeSvg('e')));
  });

  it('stays a badge when it is told a novel, and cuts no character in half', () => {
    const svg = badgeSvg('😀'.repeat(100_000));
    const words = textOf(
      elementsOf(parsePage(svg)).find(({ tagName }) => tagName === 'title') ??
        parsePage('<title></title>'),
    );
    expect(words).toBe(`${'😀'.repeat(59)}…`);
    expect(widthOf(svg)).toBeLessThan(900);
  });
});
